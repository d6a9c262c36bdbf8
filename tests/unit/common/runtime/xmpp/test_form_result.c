#include "common/runtime/xmpp/form.h"
#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <string.h>

/* Writes, parses, reads: what arrives at the caller. */
static void travel(const struct result *in, struct result *out, enum err expected)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    buf_add_z(&text, "<command xmlns='" NS_COMMANDS "'>");
    form_write_result(&text, in);
    buf_add_z(&text, "</command>");
    cr_assert_eq(buf_err(&text), OK);
    cr_assert(text.n < STANZA_MAX_OUT_BYTES, "%zu bytes", text.n);
    struct reading r CLEANUP(reading_end) = reading_of((const char *)text.p);
    result_init(out);
    cr_expect_eq(form_read_result(r.stanza, out), expected);
}

static void expect_same(const struct result *a, const struct result *b)
{
    struct buf x CLEANUP(buf_free) = buf_make(1 << 20), y CLEANUP(buf_free) = buf_make(1 << 20);
    result_print_json(a, &x);
    result_print_json(b, &y);
    cr_expect_str_eq((const char *)x.p, (const char *)y.p);
}

Test(form_result, everything_survives)
{
    struct result in CLEANUP(result_free), out CLEANUP(result_free);
    result_init(&in);
    result_say(&in, "Round %d of %d.", 3, 10);
    result_say(&in, "<&> it goes \"well\".");
    result_field(&in, "code", "%s", "not an error's code");
    result_field(&in, "empty", "%s", "");
    result_columns(&in, (const char *const[]){ "site", "loss <1>", "site", NULL });
    result_row(&in, (const char *const[]){ "a", "0.5", "", NULL });
    result_row(&in, (const char *const[]){ "b & c", NULL });
    travel(&in, &out, OK);
    expect_same(&in, &out);
}

Test(form_result, codes)
{
    static const enum err codes[] = { OK, ERR_ROLE, ERR_BUDGET, ERR_BUG };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct result in CLEANUP(result_free), out CLEANUP(result_free);
        result_init(&in);
        in.code = codes[i];
        travel(&in, &out, OK);
        cr_expect_eq(out.code, codes[i], "%s", err_name(codes[i]));
        cr_expect_eq(out.text.n > 0, codes[i] != OK, "an error always says something");
    }
}

Test(form_result, a_long_table_is_cut_and_says_so)
{
    struct result in CLEANUP(result_free), out CLEANUP(result_free);
    result_init(&in);
    result_columns(&in, (const char *const[]){ "one", "two", NULL });
    for (int i = 0; i < RESULT_MAX_ROWS; i++)
        result_row(&in, (const char *const[]){ "a cell with words", "<<<<", NULL });
    cr_assert_eq(result_err(&in), OK);
    travel(&in, &out, OK);
    cr_expect(out.nrows > 100 && out.nrows < RESULT_MAX_ROWS, "%zu", out.nrows);
    cr_expect(strstr((const char *)out.text.p, "of 10000 rows are shown"), "%s", (const char *)out.text.p);
}

Test(form_result, foreign_answers)
{
    static const struct {
        const char *name, *text;
        enum err e, code;
        size_t rows;
    } rows[] = {
        { "nothing", "", OK, OK, 0 },
        { "unknown code",
          "<x xmlns='jabber:x:data' type='result'><field var='code' type='hidden'><value>ERR_NEW</value>"
          "</field></x>",
          OK, ERR_PROTO, 0 },
        { "row without columns", "<x xmlns='jabber:x:data'><item><field><value>1</value></field></item></x>", OK, OK,
          1 },
        { "17 columns",
          "<x xmlns='jabber:x:data'><reported><field/><field/><field/><field/><field/><field/><field/>"
          "<field/><field/><field/><field/><field/><field/><field/><field/><field/><field/></reported></x>",
          ERR_LIMIT, OK, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
        struct result out CLEANUP(result_free);
        buf_addf(&text, "<command xmlns='" NS_COMMANDS "'>%s</command>", rows[i].text);
        struct reading r CLEANUP(reading_end) = reading_of((const char *)text.p);
        result_init(&out);
        cr_expect_eq(form_read_result(r.stanza, &out), rows[i].e, "%s", rows[i].name);
        cr_expect_eq(out.code, rows[i].code, "%s", rows[i].name);
        cr_expect_eq(out.nrows, rows[i].rows, "%s: %zu", rows[i].name, out.nrows);
    }
}
