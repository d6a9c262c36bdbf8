#include "common/base/json.h"
#include <criterion/criterion.h>
#include <float.h>
#include <stdlib.h>

Test(json, numbers_read_back_as_themselves)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        { 0, "0" },
        { -1, "-1" },
        { 42, "42" },
        { 0.1, "0.1" },
        { -2.5, "-2.5" },
        { 1767225600000, "1767225600000" },
        { 9007199254740991, "9007199254740991" },
        { 1e300, "1e+300" },
        { 1.0 / 3, "0.33333333333333331" },
        { DBL_MIN, "2.2250738585072014e-308" },
        { DBL_MAX, "1.7976931348623157e+308" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out CLEANUP(buf_free) = buf_make(64);
        json_add_number(&out, rows[i].value);
        cr_expect_str_eq((const char *)out.p, rows[i].text, "%s", rows[i].text);
        double back = strtod((const char *)out.p, NULL);
        cr_expect(back >= rows[i].value && back <= rows[i].value, "%s reads back", rows[i].text);
    }
}

Test(json, text_is_escaped_where_it_must_be)
{
    static const struct {
        const char *text;
        const char *json;
    } rows[] = {
        { "", "\"\"" },
        { "plain", "\"plain\"" },
        { "a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\"" },
        { "line\nand\ttab\r\b\f", "\"line\\nand\\ttab\\r\\b\\f\"" },
        { "\x01\x1f", "\"\\u0001\\u001f\"" },
        { "S\xc3\xa3o Paulo", "\"S\xc3\xa3o Paulo\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out CLEANUP(buf_free) = buf_make(64);
        json_add_text(&out, str_of(rows[i].text));
        cr_expect_str_eq((const char *)out.p, rows[i].json, "%s", rows[i].json);
    }
}
