#include "common/runtime/xmpp/form.h"
#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *const sizes[] = { "small", "large", NULL };
static const struct argument args[] = {
    { "rounds", ARG_COUNT, ARG_REQUIRED, 1, 500, "rounds", NULL, "10", "how many" },
    { "rate", ARG_REAL, ARG_OPTIONAL, 0, 1.5, NULL, NULL, NULL, "how <fast>" },
    { "size", ARG_CHOICE, ARG_OPTIONAL, 0, 0, NULL, sizes, NULL, "which" },
    { "note", ARG_TEXT, ARG_OPTIONAL, 0, 40, NULL, NULL, NULL, "what for" },
    { "day", ARG_DATE, ARG_OPTIONAL, 0, 0, NULL, NULL, NULL, "when" },
    { NULL },
};
static const struct command start = { "start it", ROLE_OPERATOR, args, "starts a run", NULL, NULL };

Test(form, arguments)
{
    static const char *const parts[] = {
        "<title>start it</title><instructions>starts a run</instructions>",
        "<field type='text-single' var='rounds' label='rounds, in rounds'><desc>how many (1 to 500)</desc>",
        "datatype='xs:integer'><range min='1' max='500'/></validate><required/><value>10</value></field>",
        "<desc>how &lt;fast&gt; (0 to 1.5)</desc>",
        "<desc>which</desc><option label='small'><value>small</value></option><option label='large'>",
        "<field type='list-single' var='size' label='size'>",
        "<desc>what for (0 to 40 characters)</desc></field>",
        "<desc>when (YYYY-MM-DD)</desc><validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:date'>",
    };
    struct buf out CLEANUP(buf_free) = buf_make(1 << 16);
    form_write_arguments(&out, &start);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect(strstr((const char *)out.p, parts[i]), "%s\nis not in\n%s", parts[i], (const char *)out.p);
    struct reading r CLEANUP(reading_end) = reading_of((const char *)out.p);
    (void)r;
}

Test(form, pairs)
{
    static const struct {
        const char *name, *text;
        enum err e;
        size_t n;
    } rows[] = {
        { "two",
          "<x xmlns='jabber:x:data' type='submit'><field var='a'><value>1</value></field><field var='b'>"
          "<value>x y</value><value>z</value></field></x>",
          OK, 2 },
        { "empty ones",
          "<x xmlns='jabber:x:data' type='submit'><field var='a'/><field var='b'><value/></field><field>"
          "<value>1</value></field></x>",
          OK, 0 },
        { "FORM_TYPE", "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>u</value></field></x>", OK,
          0 },
        { "not submitted", "<x xmlns='jabber:x:data' type='form'/>", ERR_PROTO, 0 },
        { "not a form", "<x xmlns='other' type='submit'/>", ERR_PROTO, 0 },
        { "odd children",
          "<x xmlns='jabber:x:data' type='submit'>text<item/><field var='a'>t<value>1</value></field></x>", OK, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading r CLEANUP(reading_end) = reading_of(rows[i].text);
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct arg_pair pairs[FORM_MAX_FIELDS];
        size_t n = 0;
        cr_expect_eq(form_read_pairs(r.stanza, &arena, pairs, &n), rows[i].e, "%s", rows[i].name);
        cr_expect_eq(n, rows[i].n, "%s: %zu", rows[i].name, n);
    }
}

Test(form, too_many_fields_and_too_long_values_are_refused)
{
    static const struct {
        size_t fields, bytes;
        enum err e;
    } rows[] = { { FORM_MAX_FIELDS, 1, OK },
                 { FORM_MAX_FIELDS + 1, 1, ERR_LIMIT },
                 { 1, FORM_MAX_VALUE, OK },
                 { 1, FORM_MAX_VALUE + 1, ERR_LIMIT } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct arg_pair pairs[FORM_MAX_FIELDS];
        size_t n;
        buf_add_z(&text, "<x xmlns='jabber:x:data' type='submit'>");
        for (size_t f = 0; f < rows[i].fields; f++) {
            buf_add_z(&text, "<field var='a'><value>");
            memset(buf_grow(&text, rows[i].bytes), 'v', rows[i].bytes);
            buf_add_z(&text, "</value></field>");
        }
        buf_add_z(&text, "</x>");
        struct reading r CLEANUP(reading_end) = reading_of((const char *)text.p);
        cr_expect_eq(form_read_pairs(r.stanza, &arena, pairs, &n), rows[i].e, "%zu x %zu", rows[i].fields,
                     rows[i].bytes);
    }
}

Test(form, written_pairs_are_read_again)
{
    const struct arg_pair in[] = { { STR("a"), STR("<1>") }, { STR("b c"), STR("\u00e9") } };
    struct buf out CLEANUP(buf_free) = buf_make(4096);
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct arg_pair pairs[FORM_MAX_FIELDS];
    size_t n = 0;
    form_write_pairs(&out, in, 2);
    struct reading r CLEANUP(reading_end) = reading_of((const char *)out.p);
    cr_assert_eq(form_read_pairs(r.stanza, &arena, pairs, &n), OK);
    cr_assert_eq(n, 2);
    for (size_t i = 0; i < 2; i++) cr_expect(str_eq(pairs[i].name, in[i].name) && str_eq(pairs[i].value, in[i].value));
}
