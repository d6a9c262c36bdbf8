#include "common/learn/sample.h"
#include <criterion/criterion.h>
#include <math.h>

Test(sample, an_order_holds_each_once)
{
    static const size_t sizes[] = { 0, 1, 2, 100 };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct rng r = rng_make(s);
        uint32_t order[100];
        size_t seen[100] = { 0 };
        sample_order(&r, order, sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++) seen[order[i]]++;
        for (size_t i = 0; i < sizes[s]; i++) cr_expect_eq(seen[i], 1, "size %zu", sizes[s]);
    }
}

/* Six orders of three items, 6000 draws: chi-square with 5 degrees of freedom is below 20.5 in 99.9 % of seeds. */
Test(sample, orders_are_as_likely)
{
    struct rng r = rng_make(5);
    double seen[27] = { 0 };
    double chi2 = 0;
    for (size_t i = 0; i < 6000; i++) {
        uint32_t o[3];
        sample_order(&r, o, 3);
        seen[o[0] * 9 + o[1] * 3 + o[2]] += 1;
    }
    for (size_t i = 0; i < 27; i++)
        if (seen[i] > 0) chi2 += (seen[i] - 1000) * (seen[i] - 1000) / 1000;
    cr_expect_lt(chi2, 20.5);
}

/* Mean and variance of a gamma are both its shape; 5 standard errors. */
Test(sample, gamma_has_its_moments)
{
    static const double shapes[] = { 1, 1.5, 4, 100 };
    enum { DRAWS = 20000 };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct rng r = rng_make(11 + s);
        double k = shapes[s];
        double sum = 0;
        double squares = 0;
        for (size_t i = 0; i < DRAWS; i++) {
            double x = sample_gamma(&r, k);
            sum += x;
            squares += (x - k) * (x - k);
        }
        cr_expect_float_eq(sum / DRAWS, k, 5 * sqrt(k / DRAWS), "shape %g", k);
        cr_expect_float_eq(squares / DRAWS, k, 5 * sqrt((2 * k * k + 6 * k) / DRAWS), "shape %g", k);
    }
}

/* A share of n has mean 1/n and variance (1/n)(1-1/n)/(n alpha + 1); 5 standard errors, roughly. */
Test(sample, dirichlet_has_its_moments)
{
    static const double alphas[] = { 0.001, 0.1, 1, 50 };
    enum { DRAWS = 4000, PARTS = 4 };
    for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++) {
        struct rng r = rng_make(17 + a);
        double variance = 0.25 * 0.75 / (PARTS * alphas[a] + 1);
        double squares = 0;
        for (size_t i = 0; i < DRAWS; i++) {
            double share[PARTS];
            double sum = 0;
            sample_dirichlet(&r, alphas[a], PARTS, share);
            for (size_t p = 0; p < PARTS; p++) sum += share[p];
            cr_assert_float_eq(sum, 1, 1e-12);
            squares += (share[0] - 0.25) * (share[0] - 0.25);
        }
        cr_expect_float_eq(squares / DRAWS, variance, 0.1 * variance, "alpha %g", alphas[a]);
    }
}
