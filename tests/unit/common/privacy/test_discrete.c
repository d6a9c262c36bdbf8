#include "common/privacy/discrete.h"
#include "tests/support/dice.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
enum { DRAWS = 200000, REACH = 400 };

typedef int64_t draw_fn(struct discrete *d, struct ratio scale);
static const struct law {
    const char *name;
    draw_fn *draw;
    struct ratio scale;
    double p0, variance; /* of the paper's script, where it states them; 0 otherwise */
} laws[] = {
    { "gaussian 1/2", discrete_gaussian, { 1, 2 }, .78657070704194, .21501267508814 },
    { "gaussian 1", discrete_gaussian, { 1, 1 }, .39894227826686, .99999978876773 },
    { "gaussian 2", discrete_gaussian, { 2, 1 }, .19947114020072, 4 },
    { "gaussian 7/3", discrete_gaussian, { 7, 3 }, 0, 0 },
    { "gaussian 10", discrete_gaussian, { 10, 1 }, 0, 100 },
    { "gaussian 10, unreduced", discrete_gaussian, { (uint64_t)10 << 30, (uint64_t)1 << 30 }, 0, 100 },
    { "laplace 1/2", discrete_laplace, { 1, 2 }, 0, 0 },
    { "laplace 1", discrete_laplace, { 1, 1 }, 0, 0 },
    { "laplace 5/2", discrete_laplace, { 5, 2 }, 0, 0 },
    { "laplace 10", discrete_laplace, { 10, 1 }, 0, 0 },
};

static double weight(const struct law *l, int64_t y)
{
    double x = fabs((double)y) * (double)l->scale.den / (double)l->scale.num;
    return exp(l->draw == discrete_gaussian ? -x * x / 2 : -x);
}

/* Exact probabilities by summing the definition; the reach is beyond 40 scales of every row. */
static void tabulate(const struct law *l, double p[2 * REACH + 1])
{
    double sum = 0;
    for (int y = -REACH; y <= REACH; y++) sum += p[y + REACH] = weight(l, y);
    for (int i = 0; i <= 2 * REACH; i++) p[i] /= sum;
}

static struct discrete *seeded(uint64_t seed)
{
    struct rng r = rng_make(seed);
    struct discrete *d = NULL;
    cr_assert_eq(discrete_new(dice_random, &r, &d), OK);
    return d;
}

static void draw_all(const struct law *l, uint64_t seed, size_t seen[2 * REACH + 1])
{
    struct discrete *d CLEANUP(discrete_drop) = seeded(seed);
    for (int i = 0; i < DRAWS; i++) {
        int64_t y = l->draw(d, l->scale);
        cr_assert(y >= -REACH && y <= REACH, "%s: %lld", l->name, (long long)y);
        seen[y + REACH]++;
    }
    cr_assert_eq(discrete_err(d), OK);
}

/* The quantile of chi-square that is passed once in 10^6 by chance (Wilson & Hilferty 1931); the seed is fixed. */
static double chi_square_limit(int freedom)
{
    double f = 2 / (9. * freedom);
    return freedom * pow(1 - f + 4.753 * sqrt(f), 3);
}

Test(discrete, frequencies_are_as_defined)
{
    for (size_t row = 0; row < COUNT(laws); row++) {
        double p[2 * REACH + 1], chi = 0, rest = DRAWS, rest_seen = DRAWS;
        size_t seen[2 * REACH + 1] = { 0 };
        int bins = 0;
        tabulate(&laws[row], p);
        draw_all(&laws[row], 100 + row, seen);
        for (int i = 0; i <= 2 * REACH; i++) {
            double wanted = p[i] * DRAWS;
            if (wanted < 10) continue;
            chi += ((double)seen[i] - wanted) * ((double)seen[i] - wanted) / wanted;
            rest -= wanted;
            rest_seen -= (double)seen[i];
            bins++;
        }
        if (rest > 1) chi += (rest_seen - rest) * (rest_seen - rest) / rest;
        cr_expect(chi < chi_square_limit(bins), "%s: chi-square %g of %d bins", laws[row].name, chi, bins);
    }
}

/* Five standard errors: false alarm once in 1.7 million. */
Test(discrete, moments)
{
    for (size_t row = 0; row < COUNT(laws); row++) {
        const struct law *l = &laws[row];
        double p[2 * REACH + 1], m2 = 0, m4 = 0, mean = 0, square = 0;
        size_t seen[2 * REACH + 1] = { 0 };
        tabulate(l, p);
        draw_all(l, 200 + row, seen);
        for (int y = -REACH; y <= REACH; y++) {
            m2 += p[y + REACH] * y * y;
            m4 += p[y + REACH] * pow(y, 4);
            mean += (double)seen[y + REACH] * y / DRAWS;
            square += (double)seen[y + REACH] * y * y / DRAWS;
        }
        cr_expect(fabs(mean) < 5 * sqrt(m2 / DRAWS), "%s: mean %g", l->name, mean);
        cr_expect(fabs(square - m2) < 5 * sqrt((m4 - m2 * m2) / DRAWS), "%s: variance %g for %g", l->name, square, m2);
        if (l->variance > 0) cr_expect_float_eq(m2, l->variance, 1e-11, "%s: %.14g", l->name, m2);
        if (l->p0 > 0) cr_expect_float_eq(p[REACH], l->p0, 1e-13, "%s", l->name);
        double error = 5 * sqrt(p[REACH] * (1 - p[REACH]) / DRAWS), zero = (double)seen[REACH] / DRAWS;
        cr_expect(fabs(zero - p[REACH]) < error, "%s: P[0] %g for %g", l->name, zero, p[REACH]);
    }
}

Test(discrete, largest_and_smallest_scales)
{
    const struct ratio rows[] = { { DISCRETE_RATIO_MAX, 1 },
                                  { 1, DISCRETE_RATIO_MAX },
                                  { DISCRETE_RATIO_MAX, DISCRETE_RATIO_MAX },
                                  { DISCRETE_RATIO_MAX - 1, DISCRETE_RATIO_MAX } };
    struct discrete *d CLEANUP(discrete_drop) = seeded(3);
    for (size_t row = 0; row < COUNT(rows); row++) {
        double scale = (double)rows[row].num / (double)rows[row].den;
        double gaussian = 0, laplace = 0;
        for (int i = 0; i < 20000; i++) {
            gaussian += pow((double)discrete_gaussian(d, rows[row]), 2) / 20000;
            laplace += fabs((double)discrete_laplace(d, rows[row])) / 20000;
        }
        cr_expect(gaussian <= scale * scale * 1.06 && (scale <= 1 || gaussian >= scale * scale * .94), "row %zu", row);
        cr_expect(laplace <= scale * 1.04 && (scale <= 1 || laplace >= scale * .96), "row %zu", row);
    }
    cr_expect_eq(discrete_err(d), OK);
}

Test(discrete, bad_ratios_stop_it)
{
    const struct ratio rows[] = { { 0, 1 }, { 1, 0 }, { DISCRETE_RATIO_MAX + 1, 1 }, { 1, DISCRETE_RATIO_MAX + 1 } };
    for (size_t row = 0; row < COUNT(rows); row++)
        for (int which = 0; which < 2; which++) {
            struct discrete *d CLEANUP(discrete_drop) = seeded(4);
            draw_fn *draw = which ? discrete_gaussian : discrete_laplace;
            cr_expect_eq(draw(d, rows[row]), 0, "row %zu", row);
            cr_expect_eq(draw(d, (struct ratio){ 1000, 1 }), 0, "row %zu", row);
            cr_expect_eq(discrete_err(d), ERR_BUG, "row %zu", row);
        }
}

Test(discrete, seeds_decide_and_failures_are_told)
{
    struct discrete *a CLEANUP(discrete_drop) = seeded(5), *b CLEANUP(discrete_drop) = seeded(5);
    struct discrete *none = NULL;
    for (int i = 0; i < 1000; i++)
        cr_expect_eq(discrete_gaussian(a, (struct ratio){ 999, 1 }), discrete_gaussian(b, (struct ratio){ 999, 1 }));
    cr_expect_eq(discrete_new(dice_broken, NULL, &none), ERR_IO);
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct rng r = rng_make(6);
        enum err e = discrete_new(dice_random, &r, &none);
        cr_expect(e == OK || (e == ERR_MEMORY && none == NULL));
        done = e == OK;
    }
    discrete_free(none);
    discrete_free(NULL);
}
