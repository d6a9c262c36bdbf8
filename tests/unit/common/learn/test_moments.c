#include "common/base/rng.h"
#include "common/learn/moments.h"
#include <criterion/criterion.h>
#include <math.h>

enum { N = 4 };

Test(moments, known_values)
{
    static const float rows[][N] = { { 2, 1e8f, 5, NAN }, { 4, 1e8f, 5, NAN }, { 4, 1e8f + 8, NAN, NAN },
                                     { 4, 1e8f, 5, NAN }, { 5, 1e8f, 5, NAN }, { 5, 1e8f, 5, NAN },
                                     { 7, 1e8f, 5, NAN }, { 9, 1e8f, 5, NAN } };
    CLEANUP(moments_fini) struct moments m = { 0 };
    float mean[N];
    float std[N];
    cr_assert_eq(moments_init(&m, N), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) moments_add(&m, rows[i]);
    moments_finish(&m, mean, std);
    cr_expect_float_eq(mean[0], 5, 1e-6);
    cr_expect_float_eq(std[0], 2, 1e-6);
    cr_expect_eq(mean[2], 5);
    cr_expect_eq(std[2], 1, "never varies");
    cr_expect_eq(moments_counts(&m)[2], 7, "a missing value does not count");
    cr_expect_eq(mean[3], 0, "never seen");
    cr_expect_eq(std[3], 1, "never seen");
    cr_expect_eq(moments_check(&m), OK);
}

static void fill(struct moments *m, struct rng *r, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        float row[N];
        for (size_t j = 0; j < N; j++) row[j] = (float)(1000 + (double)(j + 1) * rng_normal(r));
        if (rng_below(r, 10) == 0) row[1] = NAN;
        moments_add(m, row);
    }
}

Test(moments, parts_merge_to_the_whole)
{
    static const size_t splits[][3] = { { 100, 100, 100 }, { 0, 1, 299 }, { 300, 0, 0 }, { 1, 1, 298 } };
    for (size_t s = 0; s < sizeof splits / sizeof *splits; s++) {
        CLEANUP(moments_fini) struct moments whole = { 0 };
        CLEANUP(moments_fini) struct moments merged = { 0 };
        struct rng a = rng_make(3);
        struct rng b = rng_make(3);
        cr_assert_eq(moments_init(&whole, N), OK);
        cr_assert_eq(moments_init(&merged, N), OK);
        fill(&whole, &a, 300);
        for (size_t p = 0; p < 3; p++) {
            CLEANUP(moments_fini) struct moments part = { 0 };
            cr_assert_eq(moments_init(&part, N), OK);
            fill(&part, &b, splits[s][p]);
            cr_assert_eq(moments_merge(&merged, &part), OK);
        }
        for (size_t i = 0; i < 3 * N; i++)
            cr_expect_float_eq(merged.values[i], whole.values[i], 1e-9 * fabs(whole.values[i]), "split %zu", s);
    }
}

Test(moments, hostile_values)
{
    static const struct {
        const char *name;
        double count, mean, m2;
        enum err expected;
    } rows[] = {
        { "fine", 3, -1, 2, OK },
        { "nobody", 0, 0, 0, OK },
        { "negative count", -1, 0, 0, ERR_INPUT },
        { "half a row", 1.5, 0, 0, ERR_INPUT },
        { "NaN count", NAN, 0, 0, ERR_INPUT },
        { "infinite mean", 1, INFINITY, 0, ERR_INPUT },
        { "negative spread", 2, 0, -1, ERR_INPUT },
        { "NaN spread", 2, 0, NAN, ERR_INPUT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(moments_fini) struct moments m = { 0 };
        cr_assert_eq(moments_init(&m, 1), OK);
        m.values[0] = rows[i].count;
        m.values[1] = rows[i].mean;
        m.values[2] = rows[i].m2;
        cr_expect_eq(moments_check(&m), rows[i].expected, "%s", rows[i].name);
    }
}

Test(moments, sizes_must_agree)
{
    CLEANUP(moments_fini) struct moments a = { 0 };
    CLEANUP(moments_fini) struct moments b = { 0 };
    cr_assert_eq(moments_init(&a, 1), OK);
    cr_assert_eq(moments_init(&b, 2), OK);
    cr_expect_eq(moments_merge(&a, &b), ERR_INPUT);
    cr_expect_eq(moments_init(&a, MOMENTS_MAX_FEATURES + 1), ERR_LIMIT);
}
