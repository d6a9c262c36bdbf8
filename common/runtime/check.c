#include "common/runtime/check.h"

enum { SAID_MAX_BYTES = 8192 };

void check_line(const char *name, enum err e, struct str sentence, struct buf *out)
{
    buf_addf(out, "%s %s ", name, err_name(e));
    for (size_t i = 0; i < sentence.n; i++) {
        char c = sentence.p[i] == '\n' || sentence.p[i] == '\r' || sentence.p[i] == '\t' ? ' ' : sentence.p[i];
        buf_add(out, &c, 1);
    }
    buf_add_z(out, "\n");
}

enum err check_agent(const struct agent_def *def, const struct settings *s, const char *against, struct buf *out)
{
    enum err first = OK;
    for (const struct agent_check *c = def->checks; c && c->name; c++) {
        struct why why = { "" };
        struct buf said CLEANUP(buf_free) = buf_make(SAID_MAX_BYTES);
        enum err e = c->run(s, against, &said, &why);
        struct str sentence = e == OK ? str_trim(buf_str(&said)) : str_of(why.text[0] ? why.text : err_text(e));
        check_line(c->name, e, sentence, out);
        if (first == OK) first = e;
    }
    return first;
}

static enum err code_named(struct str name, enum err *out)
{
    for (int i = OK; i < ERR_COUNT; i++)
        if (str_is(name, err_name((enum err)i))) {
            *out = (enum err)i;
            return OK;
        }
    return ERR_INPUT;
}

enum err check_parse(struct str line, struct check_row *out)
{
    struct check_row row = { .name = str_next(&line, ' ') };
    TRY(code_named(str_next(&line, ' '), &row.code));
    row.sentence = str_trim(line);
    *out = row;
    return row.name.n ? OK : ERR_INPUT;
}
