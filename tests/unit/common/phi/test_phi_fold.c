#include "common/phi/phi_fold.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *text, *folded;
} rows[] = {
    { "plain ASCII stays", "plain ASCII stays" },
    { "", "" },
    { "a\tb\r\nc", "a b \nc" },
    { "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93", "123" }, /* full width */
    { "\xd9\xa1\xd9\xa2", "12" },                      /* Arabic-Indic */
    { "\xe0\xa5\xa7\xe0\xa5\xa8", "12" },              /* Devanagari */
    { "\xf0\x9d\x9f\x8f\xf0\x9d\x9f\x90", "12" },      /* mathematical bold */
    { "1\xe2\x80\x8b"
      "2\xc2\xad"
      "3\xef\xbb\xbf",
      "123" }, /* zero width, soft hyphen, byte order mark */
    { "1\xe2\x80\xaf"
      "2\xc2\xa0"
      "3",
      "1 2 3" }, /* blanks */
    { "1\xe2\x80\x93"
      "2\xe2\x88\x92"
      "3\xe2\x80\x91"
      "4",
      "1-2-3-4" }, /* dashes */
    { "Jos\xc3\xa9 Mu\xc3\xb1oz", "Jose Munoz" },
    { "\xc3\x98rsted Stra\xc3\x9f"
      "e",
      "Orsted Strasse" },
    { "\xd0\x90\xd0\x92\xd0\xa1 \xce\x91\xce\x92", "ABC AB" }, /* Cyrillic, Greek */
    { "\xe2\x84\xab \xef\xac\x81", "A fi" },                   /* the sign for angstrom, a ligature */
    { "\xe2\x91\xa0", "1" },                                   /* a circled digit */
    { "\xe4\xb8\xad", "\xe4\xb8\xad" },
    { "1\xef\xb8\x8f\xe2\x83\xa3\xe2\x9d\xb7", "12" }, /* a keycap, a circled digit of another kind */
    { "1\x01\x7f\xc2\x81\xef\xbf\xb9"
      "2",
      "12" }, /* controls, and what only formats */
    { "1\v2\xe2\x80\xa8"
      "3\xc2\x85"
      "4",
      "1 2\n3\n4" },
    { "1\xe2\x80\xa2"
      "2\xc2\xb7"
      "3\xe2\x81\x84"
      "4\xe2\xa0\x80"
      "5",
      "1-2-3/4 5" }, /* what separates */
};

Test(phi_fold, as_a_reader_sees_it)
{
    struct phi_view v CLEANUP(phi_view_free) = phi_view_make();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(phi_fold(str_of(rows[i].text), NULL, &v), OK, "row %zu", i);
        cr_expect(str_is(buf_str(&v.text), rows[i].folded), "row %zu: " STR_F, i, STR_ARG(buf_str(&v.text)));
        const uint32_t *at = phi_view_at(&v);
        cr_expect_eq(at[v.text.n], strlen(rows[i].text), "row %zu", i);
        for (size_t k = 0; k < v.text.n; k++) cr_expect(at[k] <= at[k + 1], "row %zu byte %zu", i, k);
        cr_expect_eq(v.lower.n, v.text.n);
    }
}

Test(phi_fold, remembers_where_it_came_from)
{
    struct phi_view v CLEANUP(phi_view_free) = phi_view_make();
    const uint32_t origin[] = { 10, 20, 30, 40, 50 };
    cr_assert_eq(phi_fold(STR("a\xc3\xa9Z"), NULL, &v), OK);
    cr_expect(phi_view_at(&v)[0] == 0 && phi_view_at(&v)[1] == 1 && phi_view_at(&v)[2] == 3 && phi_view_at(&v)[3] == 4);
    cr_expect(str_is(buf_str(&v.lower), "aez"));
    cr_assert_eq(phi_fold(STR("a\xc3\xa9Z"), origin, &v), OK);
    cr_expect(phi_view_at(&v)[0] == 10 && phi_view_at(&v)[1] == 20 && phi_view_at(&v)[2] == 40 &&
              phi_view_at(&v)[3] == 50);
}

Test(phi_fold, no_text_no_view)
{
    struct phi_view v CLEANUP(phi_view_free) = phi_view_make();
    static const char *const bad[] = { "\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", "a\xe2\x80\xae", "\xe2\x80\xad" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(phi_fold(str_of(bad[i]), NULL, &v), ERR_INPUT, "%zu", i);
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct phi_view w CLEANUP(phi_view_free) = phi_view_make();
        enum err e = phi_fold(STR("Jos\xc3\xa9"), NULL, &w);
        cr_expect(e == OK || e == ERR_MEMORY);
        done = e == OK;
    }
}
