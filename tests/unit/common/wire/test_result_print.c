#include "common/wire/result.h"
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <string.h>

typedef void fill_fn(struct result *r);

static void nothing(struct result *r) { (void)r; }
static void sentences(struct result *r)
{
    result_say(r, "two lines\nin one");
    result_say(r, "bell \a and %s", "\x1b[31mred");
}
static void fields(struct result *r)
{
    result_field(r, "run", "%d", 7);
    result_field(r, "waits for", "%s", "hospital-b\nhospital-c");
}
static void table(struct result *r)
{
    static const char *const columns[] = { "hospital", "loss", "note", NULL };
    static const char *const rows[][4] = { { "K\xc3\xb6ln", "0.5", "", NULL },
                                           { "b", "10.25", "late\x1b", NULL },
                                           { "c", NULL } };
    result_columns(r, columns);
    for (size_t i = 0; i < 3; i++) result_row(r, rows[i]);
}
static void last_words(struct result *r)
{
    static const char *const columns[] = { "id", "why", NULL }, *const row[] = { "7", "because it took too long",
                                                                                 NULL };
    result_columns(r, columns);
    result_row(r, row);
}
static void last_numbers(struct result *r)
{
    static const char *const columns[] = { "id", "loss", NULL }, *const row[] = { "7", "0.12345678901", NULL };
    result_columns(r, columns);
    result_row(r, row);
}
static void no_rows(struct result *r)
{
    static const char *const columns[] = { "id", "why", NULL };
    result_columns(r, columns);
}
static void none_said(struct result *r)
{
    result_say(r, "none");
    no_rows(r);
}
static void everything(struct result *r)
{
    result_say(r, "Two answered.");
    fields(r);
    table(r);
}
static void refused(struct result *r)
{
    result_say(r, "no such \"task\" \xff");
    r->code = ERR_ABSENT;
}

Test(result_print, text)
{
    static const struct {
        const char *name;
        fill_fn *fill;
        const char *expected;
    } rows[] = {
        { "nothing", nothing, "" },
        { "sentences", sentences, "two lines\nin one\nbell \\x07 and \\x1b[31mred\n" },
        { "fields", fields, "run:       7\nwaits for: hospital-b\\nhospital-c\n" },
        { "table", table, "hospital   loss  note\nK\xc3\xb6ln        0.5\nb         10.25  late\\x1b\nc\n" },
        { "everything", everything,
          "Two answered.\nrun:       7\nwaits for: hospital-b\\nhospital-c\n\n"
          "hospital   loss  note\nK\xc3\xb6ln        0.5\nb         10.25  late\\x1b\nc\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result r CLEANUP(result_free);
        struct buf out CLEANUP(buf_free) = buf_make(10000);
        result_init(&r);
        rows[i].fill(&r);
        buf_add_z(&out, "");
        result_print_text(&r, &out);
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s:\n%s", rows[i].name, (const char *)out.p);
    }
}

Test(result_print, within)
{
    static const char long_table[] = "hospital   loss  note\nK\xc3\xb6ln        0.5\nb         10.25  late\\x1b\nc\n";
    static const struct {
        const char *name;
        fill_fn *fill;
        size_t columns;
        const char *expected;
    } rows[] = {
        { "it fits", table, 25, long_table },
        { "a list", table, 24,
          "hospital: K\xc3\xb6ln\nloss:     0.5\n\nhospital: b\nloss:     10.25\nnote:     late\\x1b\n\n"
          "hospital: c\n" },
        { "any width", table, 0, long_table },
        { "a last column of words", last_words, 24, "id  why\n 7  because it took too long\n" },
        { "a last column of numbers", last_numbers, 16, "id:   7\nloss: 0.12345678901\n" },
        { "nothing in it", no_rows, 4, "id  why\n" },
        { "nothing in it, as was said", none_said, 0, "none\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result r CLEANUP(result_free);
        struct buf out CLEANUP(buf_free) = buf_make(10000);
        result_init(&r);
        rows[i].fill(&r);
        result_print_within(&r, rows[i].columns, &out);
        buf_add_z(&out, "");
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s:\n%s", rows[i].name, (const char *)out.p);
    }
}

Test(result_print, json)
{
    static const struct {
        const char *name;
        fill_fn *fill;
        const char *expected;
    } rows[] = {
        { "nothing", nothing, "{\"ok\":true,\"code\":\"OK\",\"text\":\"\",\"fields\":{},\"rows\":[]}" },
        { "sentences", sentences,
          "{\"ok\":true,\"code\":\"OK\",\"text\":\"two lines\\nin one\\nbell \\u0007 and \\u001b[31mred\","
          "\"fields\":{},\"rows\":[]}" },
        { "fields", fields,
          "{\"ok\":true,\"code\":\"OK\",\"text\":\"\",\"fields\":{\"run\":\"7\","
          "\"waits for\":\"hospital-b\\nhospital-c\"},\"rows\":[]}" },
        { "table", table,
          "{\"ok\":true,\"code\":\"OK\",\"text\":\"\",\"fields\":{},\"rows\":["
          "{\"hospital\":\"K\xc3\xb6ln\",\"loss\":\"0.5\",\"note\":\"\"},"
          "{\"hospital\":\"b\",\"loss\":\"10.25\",\"note\":\"late\\u001b\"},"
          "{\"hospital\":\"c\",\"loss\":\"\",\"note\":\"\"}]}" },
        { "refused", refused,
          "{\"ok\":false,\"code\":\"ERR_ABSENT\",\"text\":\"no such \\\"task\\\" \xef\xbf\xbd\",\"fields\":{},"
          "\"rows\":[]}" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result r CLEANUP(result_free);
        struct buf out CLEANUP(buf_free) = buf_make(10000);
        result_init(&r);
        rows[i].fill(&r);
        result_print_json(&r, &out);
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s:\n%s", rows[i].name, (const char *)out.p);
        cJSON *back = cJSON_Parse((const char *)out.p);
        cr_expect(back != NULL, "%s", rows[i].name);
        cJSON_Delete(back);
    }
}
