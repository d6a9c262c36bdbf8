#include "common/base/str.h"
#include <criterion/criterion.h>
#include <string.h>

Test(str, equality)
{
    static const struct {
        const char *a, *b;
        bool same, same_nocase, starts;
    } rows[] = {
        { "", "", true, true, true },
        { "round", "round", true, true, true },
        { "round", "Round", false, true, false },
        { "round", "roun", false, false, true },
        { "roun", "round", false, false, false },
        { "", "r", false, false, false },
        { "r", "", false, false, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str a = str_of(rows[i].a);
        cr_expect_eq(str_is(a, rows[i].b), rows[i].same, "%s %s", rows[i].a, rows[i].b);
        cr_expect_eq(str_eq(a, str_of(rows[i].b)), rows[i].same, "%s %s", rows[i].a, rows[i].b);
        cr_expect_eq(str_is_nocase(a, rows[i].b), rows[i].same_nocase, "%s %s", rows[i].a, rows[i].b);
        cr_expect_eq(str_starts(a, rows[i].b), rows[i].starts, "%s %s", rows[i].a, rows[i].b);
    }
}

Test(str, empty_views_need_no_memory)
{
    struct str none = str_of(NULL);
    cr_expect_eq(none.n, 0);
    cr_expect(str_eq(none, STR("")));
    cr_expect(str_starts(none, ""));
    cr_expect(str_is_nocase(none, ""));
    cr_expect_eq(str_trim(none).n, 0);
    cr_expect_eq(str_next(&none, ',').n, 0);
    cr_expect_eq(bytes_str(str_bytes(STR("ab"))).n, 2);
    cr_expect_eq(bytes_of("abc", 3).n, 3);
}

Test(str, trim)
{
    static const struct {
        const char *input, *expected;
    } rows[] = { { "", "" }, { " ", "" }, { "\t a b\r\n", "a b" }, { "a", "a" }, { "a ", "a" }, { " a", "a" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(str_is(str_trim(str_of(rows[i].input)), rows[i].expected), "'%s'", rows[i].input);
}

Test(str, find)
{
    static const struct {
        const char *input, *part;
        size_t at;
    } rows[] = { { "abc", "b", 1 }, { "abc", "", 0 },   { "abc", "bd", 3 },
                 { "", "a", 0 },    { "aab", "ab", 1 }, { "a", "ab", 1 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(str_find(str_of(rows[i].input), rows[i].part), rows[i].at, "'%s'", rows[i].input);
}

Test(str, next_cuts_and_keeps_the_rest)
{
    static const struct {
        const char *input, *head, *rest;
    } rows[] = { { "a,b,c", "a", "b,c" }, { "abc", "abc", "" }, { ",b", "", "b" }, { "a,", "a", "" }, { "", "", "" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str rest = str_of(rows[i].input);
        struct str head = str_next(&rest, ',');
        cr_expect(str_is(head, rows[i].head), "'%s'", rows[i].input);
        cr_expect(str_is(rest, rows[i].rest), "'%s'", rows[i].input);
    }
}

Test(str, u64)
{
    static const struct {
        const char *input;
        enum err expected;
        uint64_t value;
    } rows[] = {
        { "0", OK, 0 },
        { "007", OK, 7 },
        { "18446744073709551615", OK, UINT64_MAX },
        { "18446744073709551616", ERR_INPUT, 0 },
        { "99999999999999999999", ERR_INPUT, 0 },
        { "", ERR_INPUT, 0 },
        { "-1", ERR_INPUT, 0 },
        { "+1", ERR_INPUT, 0 },
        { " 1", ERR_INPUT, 0 },
        { "1 ", ERR_INPUT, 0 },
        { "1.0", ERR_INPUT, 0 },
        { "0x1", ERR_INPUT, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t value = 42;
        cr_expect_eq(str_u64(str_of(rows[i].input), &value), rows[i].expected, "'%s'", rows[i].input);
        cr_expect_eq(value, rows[i].expected == OK ? rows[i].value : 42, "'%s'", rows[i].input);
    }
}

Test(str, f64)
{
    static const struct {
        const char *input;
        enum err expected;
        double value;
    } rows[] = {
        { "0", OK, 0 },
        { "-2.5", OK, -2.5 },
        { "+1e3", OK, 1000 },
        { ".5", OK, 0.5 },
        { "5e-324", OK, 0x1p-1074 },
        { "1e309", ERR_INPUT, 0 },
        { "inf", ERR_INPUT, 0 },
        { "nan", ERR_INPUT, 0 },
        { "0x10", ERR_INPUT, 0 },
        { "", ERR_INPUT, 0 },
        { " 1", ERR_INPUT, 0 },
        { "1 ", ERR_INPUT, 0 },
        { "1,5", ERR_INPUT, 0 },
        { "1e", ERR_INPUT, 0 },
        { "0.00000000000000000000000000000000000000000000000000000000000000001", ERR_INPUT,
          0 }, /* over 63 characters */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value = 42;
        cr_expect_eq(str_f64(str_of(rows[i].input), &value), rows[i].expected, "'%s'", rows[i].input);
        cr_expect_eq(value, rows[i].expected == OK ? rows[i].value : 42, "'%s'", rows[i].input);
    }
    double value = 42;
    cr_expect_eq(str_f64(STR("1\0002"), &value), ERR_INPUT, "a NUL inside");
}

Test(str, copy_fits_or_leaves_alone)
{
    char out[4] = "xyz";
    cr_expect_eq(str_copy(STR("abcd"), out, sizeof out), ERR_LIMIT);
    cr_expect_str_eq(out, "xyz");
    cr_expect_eq(str_copy(STR("abc"), out, sizeof out), OK);
    cr_expect_str_eq(out, "abc");
    cr_expect_eq(str_copy(str_of(NULL), out, sizeof out), OK);
    cr_expect_str_eq(out, "");
}

Test(str, distance)
{
    static const struct {
        const char *a, *b;
        size_t expected;
    } rows[] = {
        { "", "", 0 },
        { "", "abc", 3 },
        { "status", "status", 0 },
        { "Status", "sTATUS", 0 },
        { "staus", "status", 1 },
        { "sttaus", "status", 1 }, /* neighbours swapped */
        { "kitten", "sitting", 3 },
        { "ca", "abc", 3 }, /* optimal string alignment; unrestricted Damerau-Levenshtein says 2 */
        { "ABCDEFGH", "", 8 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str a = str_of(rows[i].a);
        struct str b = str_of(rows[i].b);
        cr_expect_eq(str_distance(a, b), rows[i].expected, "%s %s", rows[i].a, rows[i].b);
        cr_expect_eq(str_distance(b, a), rows[i].expected, "%s %s", rows[i].b, rows[i].a);
    }
    char longer[65];
    memset(longer, 'x', sizeof longer);
    cr_expect_eq(str_distance((struct str){ longer, 64 }, STR("x")), 63);
    cr_expect_eq(str_distance((struct str){ longer, 65 }, STR("x")), SIZE_MAX);
}
