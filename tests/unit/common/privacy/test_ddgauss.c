#include "common/privacy/accountant.h"
#include "common/privacy/ddgauss.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t seed[HADAMARD_SEED_BYTES] = { 4 };

Test(ddgauss, rounded_norms)
{
    static const struct {
        double clip, dim, beta, expected;
    } rows[] = {
        { 10, 1024, DDGAUSS_BETA, 19.544820 },
        { 100, 1024, DDGAUSS_BETA, 101.843016 },
        { 1000, 1 << 20, DDGAUSS_BETA, 1124.124548 },
        { 1000, 1 << 20, 0, 2024 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_float_eq(ddgauss_rounded_norm(rows[i].clip, rows[i].dim, rows[i].beta), rows[i].expected, 1e-6);
}

Test(ddgauss, gaps_to_one_discrete_gaussian)
{
    static const struct {
        double share;
        uint64_t n;
        double expected, tolerance; /* the last digit printed */
    } rows[] = {
        { .5, 10, 2.345, 1e-3 },     { 1, 10, 5.435e-4, 1e-7 },   { 1, 100, 5.478e-4, 1e-7 },
        { 2, 100, 7.16e-17, 1e-19 }, { 3, 1000, 2.6e-38, 1e-39 }, { 1, 1, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double tau = ddgauss_tau(rows[i].share, rows[i].n);
        cr_expect(fabs(tau - rows[i].expected) <= rows[i].tolerance, "row %zu: %g", i, tau);
    }
}

/* With shares of some units the cost is that of one Gaussian; with small ones it is more, and never less. */
Test(ddgauss, cost)
{
    for (double share = .3; share < 20; share *= 1.5)
        for (double order = 1.5; order < 70; order *= 2) {
            struct ddgauss_sum s = { 100, share, 10, 1024 };
            double gaussian = accountant_rdp_gaussian(order, sqrt(10) * share / 100);
            double rdp = ddgauss_rdp(order, &s);
            cr_expect_geq(rdp, gaussian * (1 - 1e-12), "share %g order %g", share, order);
            if (share > 3) cr_expect_float_eq(rdp, gaussian, 1e-9 * gaussian, "share %g order %g", share, order);
        }
    struct ddgauss_sum nobody = { 100, 5, 0, 1024 };
    cr_expect(isinf(ddgauss_rdp(2, &nobody)) && isinf(ddgauss_share(1, 0)));
    cr_expect_float_eq(ddgauss_share(6, 9), 2, 1e-15);
}

/* The scale is where k standard deviations of a coordinate of the sum are half the ring: rounding counts a quarter a
 * vector. */
Test(ddgauss, scales)
{
    static const struct {
        unsigned bits;
        double n, k, rho, dim, clip, sigma;
    } rows[] = { { 16, 100, 4, 1, 1024, 1, .01 }, { 20, 1000, 3, 1, 1 << 20, 5, .1 }, { 32, 10, 4, 2, 64, 1, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double s =
            ddgauss_scale(rows[i].bits, rows[i].n, rows[i].k, rows[i].rho, rows[i].dim, rows[i].clip, rows[i].sigma);
        double spread =
            rows[i].rho / rows[i].dim * pow(rows[i].clip * rows[i].n, 2) + rows[i].n * rows[i].sigma * rows[i].sigma;
        double reach = rows[i].k * sqrt(s * s * spread + rows[i].n / 4);
        cr_expect_float_eq(reach, exp2(rows[i].bits - 1), 1e-9 * reach, "row %zu", i);
    }
    cr_expect_eq(ddgauss_scale(8, 1e6, 4, 1, 1, 1, 1), 0);
}

static struct ddgauss_rule rule_of(double share) { return (struct ddgauss_rule){ 1, 1000, DDGAUSS_BETA, share, 256 }; }

static void fill(struct rng *r, double size, double *v)
{
    for (size_t i = 0; i < 256; i++) v[i] = size * rng_normal(r) / 16;
}

Test(ddgauss, without_noise_the_sum_comes_back)
{
    enum { N = 20 };
    struct rng r = rng_make(1);
    struct ddgauss_rule rule = rule_of(0);
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 }, one CLEANUP(secagg_vec_fini) = { 0 };
    double plain[256] = { 0 }, v[256], back[256], error = 0;
    cr_assert(secagg_vec_init(&sum, 24, 300) == OK && secagg_vec_init(&one, 24, 300) == OK);
    for (size_t k = 0; k < N; k++) {
        fill(&r, .5, v);
        for (size_t i = 0; i < 256; i++) plain[i] += v[i];
        cr_assert_eq(ddgauss_put(&rule, seed, v, dice_random, &r), OK);
        for (size_t i = 0; i < 256; i++) secagg_vec_put(&one, 8 + i, (int64_t)v[i]);
        cr_assert_eq(secagg_vec_add(&sum, &one), OK);
    }
    cr_assert_eq(ddgauss_get(&rule, seed, &sum, 8, back), OK);
    for (size_t i = 0; i < 256; i++) error += pow(back[i] - plain[i], 2);
    /* Each rounding adds at most a quarter of a unit to the variance. */
    cr_expect_lt(sqrt(error / 256), 1.2 * sqrt(N / 4.0) / 1000);
    cr_expect(secagg_vec_get(&sum, 0) == 0 && secagg_vec_get(&sum, 264) == 0);
}

Test(ddgauss, norms_are_bounded_whatever_comes)
{
    static const double sizes[] = { 0, 1e-9, .9, 1.5, 1e9, 1e300 };
    struct rng r = rng_make(2);
    struct ddgauss_rule rule = rule_of(0);
    double most = ddgauss_rounded_norm(1000, 256, DDGAUSS_BETA);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        double v[256], square = 0;
        fill(&r, sizes[k], v);
        cr_assert_eq(ddgauss_put(&rule, seed, v, dice_random, &r), OK);
        for (size_t i = 0; i < 256; i++) square += v[i] == rint(v[i]) ? v[i] * v[i] : INFINITY;
        cr_expect_leq(sqrt(square), most, "size %g", sizes[k]);
        if (sizes[k] > 1.2) cr_expect_gt(sqrt(square), 990, "size %g", sizes[k]);
    }
}

/* 10 shares on zeros: the variance of 2560 elements is within 5 standard errors. */
Test(ddgauss, noise_has_its_size)
{
    struct rng r = rng_make(3);
    struct ddgauss_rule rule = rule_of(40);
    double sum = 0, square = 0;
    for (size_t k = 0; k < 10; k++) {
        double v[256] = { 0 };
        cr_assert_eq(ddgauss_put(&rule, seed, v, dice_random, &r), OK);
        for (size_t i = 0; i < 256; i++) sum += v[i];
        for (size_t i = 0; i < 256; i++) square += v[i] * v[i];
    }
    cr_expect_float_eq(square / 2560, 1600, 5 * 1600 * sqrt(2 / 2560.0));
    cr_expect_float_eq(sum / 2560, 0, 5 * 40 / sqrt(2560));
}

Test(ddgauss, refuses)
{
    static const struct {
        const char *name;
        struct ddgauss_rule rule;
        double number;
    } rows[] = {
        { "no clip", { 0, 1000, .5, 10, 256 }, 1 },
        { "infinite scale", { 1, INFINITY, .5, 10, 256 }, 1 },
        { "beta 1", { 1, 1000, 1, 10, 256 }, 1 },
        { "share too small", { 1, 1000, .5, 1, 256 }, 1 },
        { "share too large", { 1, 1000, .5, 1e9, 256 }, 1 },
        { "odd length", { 1, 1000, .5, 10, 255 }, 1 },
        { "too long", { 1, 1000, .5, 10, 2 * HADAMARD_MAX_LENGTH }, 1 },
        { "beyond what is exact", { 1, 0x1p50, .5, 10, 256 }, 1 },
        { "NaN", { 1, 1000, .5, 10, 256 }, NAN },
    };
    struct rng r = rng_make(4);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        double v[256] = { rows[k].number };
        cr_expect_eq(ddgauss_put(&rows[k].rule, seed, v, dice_random, &r), ERR_INPUT, "%s", rows[k].name);
    }
    struct ddgauss_rule rule = rule_of(10);
    double v[256] = { 1 };
    cr_expect_eq(ddgauss_put(&rule, seed, v, dice_broken, NULL), ERR_IO);
    for (size_t i = 0; i < 256; i++) cr_expect_eq(v[i], 0, "what failed is wiped");
}

Test(ddgauss, shares_alone)
{
    static const struct {
        const char *name;
        double share;
        enum err expected;
    } rows[] = {
        { "none", 0, OK },
        { "some", 10, OK },
        { "too small", 1, ERR_INPUT },
        { "too large", 2 * DDGAUSS_SHARE_MAX, ERR_INPUT },
        { "not a number", NAN, ERR_INPUT },
    };
    struct rng r = rng_make(9);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double v[4] = { 1, 2, 3, 4 };
        size_t moved = 0;
        cr_expect_eq(ddgauss_add_share(rows[i].share, dice_random, &r, v, 3), rows[i].expected, "%s", rows[i].name);
        for (size_t k = 0; k < 4; k++) moved += v[k] != (double)(k + 1);
        cr_expect((moved > 0) == (rows[i].expected == OK && rows[i].share > 0), "%s", rows[i].name);
        cr_expect(v[0] == rint(v[0]) && v[3] == 4, "%s", rows[i].name);
    }
    /* What the accountant relies on, for the largest sum there is. */
    cr_expect_lt(ddgauss_tau(DDGAUSS_SHARE_SURE, 1024) * (double)HADAMARD_MAX_LENGTH, DDGAUSS_GAP);
}
