#include "cli/fold.h"
#include <criterion/criterion.h>

Test(fold, lines)
{
    static const struct {
        const char *name, *text;
        size_t columns;
        const char *expected;
    } rows[] = {
        { "what fits stays", "one two\n", 7, "one two\n" },
        { "no width", "one two three four\n", 0, "one two three four\n" },
        { "no line end", "one two", 5, "one\n  two" },
        { "empty lines", "\n\na\n", 5, "\n\na\n" },
        { "a sentence", "one two three four five\n", 11, "one two\n  three\n  four five\n" },
        { "exactly as long", "abc def ghi\n", 11, "abc def ghi\n" },
        { "further in than the line", "  ab cd ef gh\n", 11, "  ab cd ef\n    gh\n" },
        { "under the last column", "  up  make and start it\n", 16, "  up  make and\n      start it\n" },
        { "a column of the right half does not count", "aa bb cc dd  ee\n", 12, "aa bb cc dd\n  ee\n" },
        { "a word too long stays whole", "see /a/very/long/path there\n", 10, "see\n  /a/very/long/path\n  there\n" },
        { "nothing but a word", "/a/very/long/path\n", 10, "/a/very/long/path\n" },
        { "colours take no room", "\033[31mab\033[0m cd ef\n", 8, "\033[31mab\033[0m cd ef\n" },
        { "two bytes are one character", "\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4 b\n", 7,
          "\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4 b\n" },
        { "a colour cut off", "ab cd \033[", 5, "ab cd\n  \033[" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(buf_free) struct buf out = buf_make(1000);
        fold_text(str_of(rows[i].text), rows[i].columns, &out);
        buf_add_z(&out, "");
        cr_assert_eq(buf_err(&out), OK);
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s:\n%s", rows[i].name, (const char *)out.p);
    }
}

Test(fold, paragraphs)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *expected;
    } rows[] = {
        { "one two\nthree four\nfive", 9, "one two\nthree\nfour five" },
        { "one two\nthree four\nfive", 0, "one two\nthree four\nfive" },
        { "", 9, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(buf_free) struct buf out = buf_make(1000);
        fold_paragraph(str_of(rows[i].text), rows[i].columns, &out);
        buf_add_z(&out, "");
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%zu:\n%s", i, (const char *)out.p);
    }
}
