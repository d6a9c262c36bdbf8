#include "common/privacy/quantise.h"
#include <criterion/criterion.h>
#include <math.h>

Test(quantise, plans)
{
    static const struct {
        const char *name;
        struct quantise_want want;
        enum err expected;
        unsigned bits;
        double scale;
        int64_t bound, total;
    } rows[] = {
        { "one bit of sign", { 1, 1, 1, 0, 0, 62 }, OK, 8, 1, 1, 1 },
        { "just in 8", { 127, 1, 1, 0, 0, 8 }, OK, 8, 1, 1, 127 },
        { "just not in 8", { 128, 1, 1, 0, 0, 8 }, ERR_LIMIT, 0, 0, 0, 0 },
        { "then in 9", { 128, 1, 1, 0, 0, 9 }, OK, 9, 1, 1, 128 },
        { "with headroom", { 120, 1, 1, 1, 7, 8 }, OK, 8, 1, 1, 127 },
        { "with too much", { 120, 1, 1, 1, 8, 8 }, ERR_LIMIT, 0, 0, 0, 0 },
        { "step .3", { 10, 8, .3, 0, 0, 32 }, OK, 10, 4, 32, 320 },
        { "step .25", { 10, 8, .25, 0, 0, 32 }, OK, 10, 4, 32, 320 },
        { "1024 of 22 bits in 32", { 1023, 2097151, 1, 0, 0, 32 }, OK, 32, 1, 2097151, 2145385473 },
        { "the widest ring", { 1, 0x1p60, 1, 0, 0, 62 }, OK, 62, 1, 1LL << 60, 1LL << 60 },
        { "too wide for any", { 2, 0x1p60, 1, 0, 0, 62 }, ERR_LIMIT, 0, 0, 0, 0 },
        { "far too wide", { 1u << 20, 1e300, 1e-300, 0, 0, 62 }, ERR_LIMIT, 0, 0, 0, 0 },
        { "nobody", { 0, 1, 1, 0, 0, 62 }, ERR_INPUT, 0, 0, 0, 0 },
        { "no bound", { 1, 0, 1, 0, 0, 62 }, ERR_INPUT, 0, 0, 0, 0 },
        { "bound NaN", { 1, NAN, 1, 0, 0, 62 }, ERR_INPUT, 0, 0, 0, 0 },
        { "step infinite", { 1, 1, INFINITY, 0, 0, 62 }, ERR_INPUT, 0, 0, 0, 0 },
        { "noise without headroom", { 1, 1, 1, 1, 0, 62 }, ERR_INPUT, 0, 0, 0, 0 },
        { "negative noise", { 1, 1, 1, -1, 8, 62 }, ERR_INPUT, 0, 0, 0, 0 },
        { "ring of 63", { 1, 1, 1, 0, 0, 63 }, ERR_INPUT, 0, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quantise q = { 0 };
        struct why why = { "" };
        cr_expect_eq(quantise_plan(&rows[i].want, &q, &why), rows[i].expected, "%s: %s", rows[i].name, why.text);
        cr_expect(q.bits == rows[i].bits && q.scale == rows[i].scale, "%s: %u, %g", rows[i].name, q.bits, q.scale);
        cr_expect(q.bound == rows[i].bound && q.total == rows[i].total, "%s: %ld", rows[i].name, (long)q.total);
        cr_expect((rows[i].expected == OK) == (why.text[0] == '\0'), "%s", rows[i].name);
    }
}

/* At the bound, all of one sign, in the least ring: the sum is exact. */
Test(quantise, sums_do_not_wrap)
{
    for (size_t n = 1; n <= 40; n++) {
        struct quantise_want want = { n, 3.7, .01, 0, 0, 62 };
        struct quantise q;
        struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 }, one CLEANUP(secagg_vec_fini) = { 0 };
        const double numbers[] = { 3.7, -3.7, 1.234 };
        double back[3];
        cr_assert_eq(quantise_plan(&want, &q, NULL), OK);
        cr_assert(secagg_vec_init(&sum, q.bits, 5) == OK && secagg_vec_init(&one, q.bits, 5) == OK);
        cr_assert_eq(quantise_put(&q, numbers, 3, &one, 2), OK);
        for (size_t i = 0; i < n; i++) cr_assert_eq(secagg_vec_add(&sum, &one), OK);
        cr_assert_eq(quantise_get(&q, &sum, 2, back, 3), OK);
        for (size_t i = 0; i < 3; i++)
            cr_expect_float_eq(back[i], (double)n * numbers[i], (double)n * .5 / q.scale, "%zu", n);
    }
}

Test(quantise, bad_numbers_are_refused)
{
    static const struct {
        const char *name;
        double number;
        enum err expected;
    } rows[] = {
        { "inside", 1, OK },         { "rounds to the bound", 1.001, OK },
        { "above", 1.1, ERR_INPUT }, { "below", -1.1, ERR_INPUT },
        { "NaN", NAN, ERR_INPUT },   { "infinite", -INFINITY, ERR_INPUT },
    };
    struct quantise_want want = { 3, 1, .01, 0, 0, 62 };
    struct quantise q;
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 }, narrow CLEANUP(secagg_vec_fini) = { 0 };
    double back[2] = { 5, 5 };
    double zero[2] = { 0 };
    cr_assert_eq(quantise_plan(&want, &q, NULL), OK);
    cr_assert(secagg_vec_init(&v, 32, 2) == OK && secagg_vec_init(&narrow, 8, 2) == OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double numbers[2] = { 1, rows[i].number };
        cr_assert_eq(quantise_put(&q, zero, 2, &v, 0), OK);
        cr_expect_eq(quantise_put(&q, numbers, 2, &v, 0), rows[i].expected, "%s", rows[i].name);
        cr_expect(secagg_vec_get(&v, 0) == (rows[i].expected == OK ? 128 : 0), "%s", rows[i].name);
    }
    cr_expect_eq(quantise_put(&q, zero, 2, &v, 1), ERR_INPUT, "no room");
    cr_expect_eq(quantise_put(&q, zero, 2, &narrow, 0), ERR_INPUT, "narrow ring");
    secagg_vec_put(&v, 1, q.total + 1);
    cr_expect_eq(quantise_get(&q, &v, 0, back, 2), ERR_DATA);
    secagg_vec_put(&v, 1, -q.total);
    cr_expect(back[0] == 5 && quantise_get(&q, &v, 0, back, 2) == OK);
}
