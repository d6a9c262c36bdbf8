#include "common/runtime/check.h"
#include <criterion/criterion.h>
#include <string.h>

static enum err fine(const struct settings *s, const char *against, struct buf *said, struct why *why)
{
    (void)s;
    (void)why;
    buf_addf(said, "two\nlines of %s\n", against);
    return OK;
}

static enum err silent(const struct settings *s, const char *against, struct buf *said, struct why *why)
{
    (void)s;
    (void)against;
    (void)said;
    (void)why;
    return ERR_DATA;
}

static enum err worded(const struct settings *s, const char *against, struct buf *said, struct why *why)
{
    (void)s;
    (void)against;
    (void)said;
    return why_say(why, ERR_POLICY, "there is none");
}

Test(check, every_check_is_a_line_and_the_first_failure_is_told)
{
    static const struct agent_check checks[] = { { "a", fine }, { "b", silent }, { "c", worded }, { 0 } };
    const struct agent_def def = { .name = "toy", .checks = checks };
    const struct agent_def bare = { .name = "bare" };
    struct buf out CLEANUP(buf_free) = buf_make(4096);
    cr_expect_eq(check_agent(&bare, NULL, NULL, &out), OK);
    cr_expect_eq(out.n, 0);
    cr_expect_eq(check_agent(&def, NULL, "x", &out), ERR_DATA);
    cr_assert_eq(buf_err(&out), OK);
    cr_expect_str_eq((const char *)out.p,
                     "a OK two lines of x\nb ERR_DATA the data do not fit their declared schema\nc ERR_POLICY there is "
                     "none\n");
}

Test(check, lines_are_read_back)
{
    static const struct {
        const char *line;
        enum err e, code;
        const char *name, *sentence;
    } rows[] = {
        { "policy ERR_POLICY none is set", OK, ERR_POLICY, "policy", "none is set" },
        { "records OK ", OK, OK, "records", "" },
        { "himas-trainer: jid must be set", ERR_INPUT, OK, "", "" },
        { "", ERR_INPUT, OK, "", "" },
        { " OK x", ERR_INPUT, OK, "", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct check_row row = { .code = OK };
        cr_assert_eq(check_parse(str_of(rows[i].line), &row), rows[i].e, "%s", rows[i].line);
        if (rows[i].e != OK) continue;
        cr_expect(row.code == rows[i].code && str_is(row.name, rows[i].name), "%s", rows[i].line);
        cr_expect(str_is(row.sentence, rows[i].sentence), "%s", rows[i].line);
    }
}
