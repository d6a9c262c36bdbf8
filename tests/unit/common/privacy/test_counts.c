#include "common/privacy/counts.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { H = -1 }; /* hidden */

static const struct {
    const char *name;
    size_t n;
    double numbers[9];
    enum err err;
} rows[] = {
    { "all shown", 9, { 20, 30, 50, 40, 0, 40, 60, 30, 90 }, OK },
    { "some hidden", 9, { H, H, 50, H, H, 40, 60, 30, 90 }, OK },
    { "all hidden", 9, { H, H, H, H, H, H, H, H, H }, OK },
    { "too few numbers", 8, { 20, 30, 50, 40, 0, 40, 60, 30 }, ERR_INPUT },
    { "a small count", 9, { 20, 5, 25, 40, 0, 40, 60, 5, 65 }, ERR_INPUT },
    { "half a record", 9, { 20.5, 30, 50.5, 40, 0, 40, 60.5, 30, 90.5 }, ERR_INPUT },
    { "no number", 9, { NAN, 30, 50, 40, 0, 40, 60, 30, 90 }, ERR_INPUT },
    { "less than hidden", 9, { -2, 30, 50, 40, 0, 40, 60, 30, 90 }, ERR_INPUT },
    { "another total", 9, { 20, 30, 51, 40, 0, 40, 60, 30, 91 }, ERR_INPUT },
    { "more than its total", 9, { H, 60, 50, H, 0, 40, 60, 60, 90 }, ERR_INPUT },
    { "too many", 9, { 1e300, 30, 50, 40, 0, 40, 60, 30, 90 }, ERR_INPUT },
};

Test(counts, only_tables_with_their_small_cells_hidden_are_added)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct counts c;
        cr_assert_eq(counts_init(&c, 2, 2), OK);
        cr_expect_eq(counts_add(&c, rows[i].numbers, rows[i].n), rows[i].err, "%s", rows[i].name);
        cr_expect_eq(c.hospitals, rows[i].err == OK, "%s", rows[i].name);
    }
}

Test(counts, a_cell_that_somebody_hid_is_known_from_below)
{
    static struct counts c;
    char text[COUNTS_CELL_BYTES];
    cr_assert_eq(counts_init(&c, 2, 2), OK);
    cr_expect_str_eq(counts_cell(&c, 0, 0, text), "-");
    cr_assert_eq(counts_add(&c, rows[2].numbers, 9), OK);
    cr_expect_str_eq(counts_cell(&c, 0, 0, text), "hidden");
    cr_assert_eq(counts_add(&c, rows[0].numbers, 9), OK);
    cr_expect_str_eq(counts_cell(&c, 0, 0, text), "at least 20");
    cr_expect_not(counts_all_shown(&c));
    cr_assert_eq(counts_init(&c, 2, 2), OK);
    cr_assert_eq(counts_add(&c, rows[0].numbers, 9), OK);
    cr_assert_eq(counts_add(&c, rows[0].numbers, 9), OK);
    cr_expect_str_eq(counts_cell(&c, 2, 2, text), "180");
    cr_expect_str_eq(counts_cell(&c, 1, 1, text), "0");
    cr_expect(counts_all_shown(&c));
    cr_expect_eq(counts_init(&c, 0, 2), ERR_INPUT);
    cr_expect_eq(counts_init(&c, 2, CELLS_SIDE_MAX + 1), ERR_INPUT);
}

Test(counts, what_a_hospital_writes_is_taken)
{
    static struct cells t;
    static struct counts c;
    static const uint64_t body[] = { 20, 5, 40, 30 };
    double numbers[COUNTS_MAX];
    cr_assert_eq(cells_fill(&t, 2, 2, body), OK);
    cells_hide(&t);
    size_t n = counts_write(&t, numbers);
    cr_assert_eq(n, 9);
    cr_expect(numbers[1] < 0, "the small cell is hidden");
    cr_assert_eq(counts_init(&c, 2, 2), OK);
    cr_expect_eq(counts_add(&c, numbers, n), OK);
    cr_expect_eq(c.hid[1], 1);
    cr_expect_eq(c.shown[8], 95);
}
