#include "common/base/text.h"
#include <criterion/criterion.h>

enum { OUT_MAX = 4096 };

Test(text, shown_and_width)
{
    static const struct {
        const char *name;
        struct str input;
        const char *expected;
        size_t width;
    } rows[] = {
        { "empty", { NULL, 0 }, "", 0 },
        { "plain", { "mean radius", 11 }, "mean radius", 11 },
        { "umlaut is one column", { "K\xc3\xb6ln", 5 }, "K\xc3\xb6ln", 4 },
        { "newline", { "a\nb", 3 }, "a\\nb", 4 },
        { "tab and return", { "\t\r", 2 }, "\\t\\r", 4 },
        { "escape", { "\x1b[2J", 4 }, "\\x1b[2J", 7 },
        { "NUL", { "\0", 1 }, "\\x00", 4 },
        { "C1 control", { "\xc2\x9b", 2 }, "\\u009b", 6 },
        { "right-to-left override", { "\xe2\x80\xae", 3 }, "\\u202e", 6 },
        { "stray byte", { "\xff", 1 }, "\\xff", 4 },
        { "overlong slash", { "\xc0\xaf", 2 }, "\\xc0\\xaf", 8 },
        { "cut sequence", { "\xe2\x82", 2 }, "\\xe2\\x82", 8 },
        { "four bytes", { "\xf0\x9f\x8f\xa5", 4 }, "\xf0\x9f\x8f\xa5", 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out CLEANUP(buf_free) = buf_make(OUT_MAX);
        buf_add_z(&out, "");
        text_add_shown(&out, rows[i].input);
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s", rows[i].name);
        cr_expect_eq(text_width(rows[i].input), rows[i].width, "%s", rows[i].name);
    }
}

Test(text, show_cuts)
{
    static const struct {
        const char *name;
        const char *input;
        const char *expected;
    } rows[] = {
        { "fits exactly", "123456789012345", "123456789012345" },
        { "one too many", "1234567890123456", "123456789012..." },
        { "cut before a long escape", "12345678901\x1b\x1b", "12345678901..." },
        { "never half a character", "12345678901\xc3\xb6\xc3\xb6\xc3\xb6", "12345678901..." },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[16];
        cr_expect_str_eq(text_show(str_of(rows[i].input), out, sizeof out), rows[i].expected, "%s", rows[i].name);
    }
}

Test(text, utf8)
{
    struct buf out CLEANUP(buf_free) = buf_make(OUT_MAX);
    text_add_utf8(&out, (struct str){ "a\xff\0\xc3\xb6", 5 });
    cr_expect_str_eq((const char *)out.p, "a\xef\xbf\xbd\xef\xbf\xbd\xc3\xb6");
}

Test(text, near)
{
    static const struct {
        const char *name;
        const char *word;
        const char *expected;
    } rows[] = {
        { "swapped letters", "statsu", "status" },
        { "missing letter", "star", "start" },
        { "other case", "STATUS", "status" },
        { "too far", "weather", NULL },
        { "empty", "", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text_near n = { .word = str_of(rows[i].word) };
        text_near_try(&n, "status");
        text_near_try(&n, "start");
        const char *best = n.best ? n.best : "(none)";
        cr_expect_str_eq(best, rows[i].expected ? rows[i].expected : "(none)", "%s", rows[i].name);
    }
}
