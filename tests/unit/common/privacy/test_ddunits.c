#include "common/base/rng.h"
#include "common/privacy/accountant.h"
#include "common/privacy/ddunits.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { DIM_MAX = 64, TRIALS = 4000 };
static const uint8_t seed[HADAMARD_SEED_BYTES] = { 3 };

static struct ddunits_rule rule_of(double scale, size_t dim)
{
    return (struct ddunits_rule){ .clip = 1, .scale = scale, .reach = 1000, .dim = dim };
}

/* A unit's numbers of just the clip's length, on the grid: along one rotated axis, along all, or anywhere. */
static void unit(struct rng *r, const struct ddunits_rule *rule, double *v)
{
    double norm = 0;
    size_t kind = rng_below(r, 3);
    for (size_t i = 0; i < rule->dim; i++) v[i] = kind == 0 ? i == 0 : kind == 1 ? 1 : rng_normal(r);
    if (kind < 2) cr_assert_eq(hadamard_back_64(seed, v, rule->dim), OK);
    for (size_t i = 0; i < rule->dim; i++) norm += v[i] * v[i];
    double to = rule->clip * (rng_below(r, 2) ? 1 : rng_unit(r)) / sqrt(norm);
    for (size_t i = 0; i < rule->dim; i++) v[i] = ddunits_on_grid(v[i] * to, ddunits_grid(rule->clip));
}

static void whole(const struct ddunits_rule *rule, const double *sum, uint64_t dither, double *v)
{
    struct rng r = rng_make(dither);
    memcpy(v, sum, rule->dim * sizeof *v);
    cr_assert_eq(ddunits_put(rule, seed, v, dice_random, &r), OK);
}

/* What one unit more moves the rounded sum, with the same dither or another. */
static double moved(struct rng *r, const struct ddunits_rule *rule, bool coupled)
{
    double sum[DIM_MAX], more[DIM_MAX], a[DIM_MAX], b[DIM_MAX], square = 0;
    uint64_t dither = rng_u64(r);
    memset(sum, 0, sizeof sum);
    for (size_t k = rng_below(r, 5); k > 0; k--) {
        unit(r, rule, more);
        for (size_t i = 0; i < rule->dim; i++) sum[i] += more[i];
    }
    whole(rule, sum, dither, a);
    unit(r, rule, more);
    for (size_t i = 0; i < rule->dim; i++) sum[i] += more[i];
    whole(rule, sum, coupled ? dither : dither + 1, b);
    for (size_t i = 0; i < rule->dim; i++) square += pow(a[i] - b[i], 2);
    return sqrt(square);
}

/* Never above the bound; which is not far from what happens, and without the dither's coupling is broken. */
Test(ddunits, one_unit_moves_the_sum_by_at_most_its_sensitivity)
{
    static const struct {
        double scale;
        size_t dim;
        double met; /* share of the bound that some pair reaches */
    } rows[] = { { 0.25, 1, .7 }, { 1, 1, .49 },  { 2, 4, .7 },   { 16, 1, .94 },  { 8, 16, .6 },
                 { 64, 16, .9 },  { 1, 64, .45 }, { 32, 64, .7 }, { 1024, 64, .9 } };
    struct rng r = rng_make(1);
    size_t broken = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ddunits_rule rule = rule_of(rows[i].scale, rows[i].dim);
        double bound = ddunits_sensitivity(&rule);
        double most = 0;
        cr_expect_float_eq(bound, rows[i].scale + sqrt((double)rows[i].dim), 1e-6 * bound);
        for (size_t k = 0; k < TRIALS; k++) most = fmax(most, moved(&r, &rule, true));
        cr_expect(most <= bound && most >= rows[i].met * bound, "row %zu: %g of %g", i, most, bound);
        for (size_t k = 0; k < TRIALS && rows[i].dim == 1; k++) broken += moved(&r, &rule, false) > bound;
    }
    cr_expect_gt(broken, 0, "the control: another dither");
}

/* In whatever order and company, the sum is the same to the last bit. */
Test(ddunits, sums_on_the_grid_are_exact)
{
    struct rng r = rng_make(2);
    static const double clips[] = { 1e-12, 0.3, 1, 7.7, 1e9 };
    for (size_t c = 0; c < sizeof clips / sizeof *clips; c++) {
        double grid = ddunits_grid(clips[c]), x[1000], forward = 0, backward = 0;
        cr_expect(grid <= clips[c] * 0x1p-30 && grid > clips[c] * 0x1p-32);
        for (size_t i = 0; i < 1000; i++) {
            double plain = clips[c] * (2 * rng_unit(&r) - 1);
            x[i] = ddunits_on_grid(plain, grid);
            cr_expect(fabs(x[i] - plain) <= grid / 2 && fmod(x[i], grid) == 0);
        }
        for (size_t i = 0; i < 1000; i++) forward += x[i], backward += x[999 - i];
        cr_expect(forward == backward);
    }
}

Test(ddunits, the_sum_comes_back)
{
    struct rng r = rng_make(3);
    struct ddunits_rule rule = rule_of(1 << 20, DIM_MAX);
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 }, one CLEANUP(secagg_vec_fini) = { 0 };
    double plain[DIM_MAX] = { 0 }, v[DIM_MAX], back[DIM_MAX];
    cr_assert(secagg_vec_init(&sum, 40, DIM_MAX + 2) == OK && secagg_vec_init(&one, 40, DIM_MAX + 2) == OK);
    for (size_t k = 0; k < 20; k++) {
        unit(&r, &rule, v);
        for (size_t i = 0; i < DIM_MAX; i++) plain[i] += v[i];
        cr_assert_eq(ddunits_put(&rule, seed, v, dice_random, &r), OK);
        for (size_t i = 0; i < DIM_MAX; i++) secagg_vec_put(&one, 1 + i, (int64_t)v[i]);
        cr_assert_eq(secagg_vec_add(&sum, &one), OK);
    }
    cr_assert_eq(ddunits_get(&rule, seed, &sum, 1, back), OK);
    for (size_t i = 0; i < DIM_MAX; i++) cr_expect_float_eq(back[i], plain[i], 20.0 / (1 << 20));
    cr_expect(secagg_vec_get(&sum, 0) == 0 && secagg_vec_get(&sum, DIM_MAX + 1) == 0);
}

/* 10 shares on zeros: the variance of 640 elements is within 5 standard errors. */
Test(ddunits, noise_has_its_size)
{
    struct rng r = rng_make(4);
    struct ddunits_rule rule = rule_of(1, DIM_MAX);
    double square = 0;
    rule.share = 40;
    for (size_t k = 0; k < 10; k++) {
        double v[DIM_MAX] = { 0 };
        cr_assert_eq(ddunits_put(&rule, seed, v, dice_random, &r), OK);
        for (size_t i = 0; i < DIM_MAX; i++) square += v[i] == rint(v[i]) ? v[i] * v[i] : INFINITY;
    }
    cr_expect_float_eq(square / 640, 1600, 5 * 1600 * sqrt(2 / 640.0));
}

/* ln of the sum over z of a(z)^order b(z)^(1 - order), for two densities on the whole numbers -n .. n. */
static double divergence(const double *a, const double *b, int n, double order)
{
    double sum = 0;
    for (int z = 0; z <= 2 * n; z++)
        if (b[z] > 0) sum += a[z] * pow(a[z] / b[z], order - 1);
    return log(sum) / (order - 1);
}

/* The whole mechanism in one dimension, its densities added up: a unit of half the clip, in with chance q, beside a sum
 * that is there anyway; every dither of a fine grid; discrete Gaussian noise.  Both directions are within the bound
 * that is charged. */
Test(ddunits, renyi_divergence_of_the_whole_mechanism)
{
    enum { N = 400, DITHERS = 64 };
    static const double orders[] = { 2, 2.5, 3, 4, 8 };
    static const double rates[] = { .01, .2, 1 };
    const double scale = 16, sum = 3.3, sigma = 20;
    struct ddunits_rule rule = rule_of(scale, 1);
    for (size_t q = 0; q < 3; q++) {
        struct privacy_event e = {
            .mechanism = PRIVACY_DISTRIBUTED, .noise = sigma / ddunits_sensitivity(&rule), .steps = 1, .rate = rates[q]
        };
        struct accountant cost = accountant_make();
        double without[2 * N + 1] = { 0 }, with[2 * N + 1] = { 0 }, norm = 0;
        for (int z = -N; z <= N; z++) norm += exp(-z * z / (2 * sigma * sigma));
        for (int k = 0; k < DITHERS; k++) {
            double u = (k + .5) / DITHERS;
            double low = ceil(sum - u), high = ceil(sum + scale - u);
            for (int z = -N; z <= N; z++) {
                double p = exp(-pow(z - low, 2) / (2 * sigma * sigma)) / norm / DITHERS;
                double r = exp(-pow(z - high, 2) / (2 * sigma * sigma)) / norm / DITHERS;
                without[z + N] += p;
                with[z + N] += (1 - rates[q]) * p + rates[q] * r;
            }
        }
        cr_assert_eq(accountant_add(&cost, &e), OK);
        for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
            size_t at = 0;
            while (accountant_order(at) != orders[i]) at++;
            double added = divergence(with, without, N, orders[i]), removed = divergence(without, with, N, orders[i]);
            cr_expect(added <= cost.rdp[at] && removed <= cost.rdp[at], "rate %g order %g: %g, %g of %g", rates[q],
                      orders[i], added, removed, cost.rdp[at]);
            cr_expect(added >= .7 * cost.rdp[at], "rate %g order %g: %g of %g is loose", rates[q], orders[i], added,
                      cost.rdp[at]);
        }
    }
}

Test(ddunits, refuses)
{
    static const struct {
        const char *name;
        struct ddunits_rule rule;
        double number;
    } rows[] = {
        { "no clip", { 0, 1024, 10, 0, 4 }, 1 },
        { "scale no power of two", { 1, 1000, 10, 0, 4 }, 1 },
        { "scale infinite", { 1, INFINITY, 10, 0, 4 }, 1 },
        { "reach below the clip", { 1, 1024, .5, 0, 4 }, .1 },
        { "reach beyond what is exact", { 1, 1024, 0x1p41, 0, 4 }, 1 },
        { "share too small", { 1, 1024, 10, 1, 4 }, 1 },
        { "length no power of two", { 1, 1024, 10, 0, 3 }, 1 },
        { "too long", { 1, 1024, 10, 0, 2 * HADAMARD_MAX_LENGTH }, 1 },
        { "beyond the reach", { 1, 1024, 10, 0, 4 }, 10.1 },
        { "NaN", { 1, 1024, 10, 0, 4 }, NAN },
    };
    struct rng r = rng_make(5);
    struct secagg_vec out CLEANUP(secagg_vec_fini) = { 0 };
    struct ddunits_rule good = rule_of(1024, 4);
    double v[8] = { 0 };
    cr_assert_eq(secagg_vec_init(&out, 40, 4), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(v, 0, sizeof v);
        v[0] = rows[i].number;
        cr_expect_eq(ddunits_put(&rows[i].rule, seed, v, dice_random, &r), ERR_INPUT, "%s", rows[i].name);
        cr_expect(v[1] == 0 && v[7] == 0, "%s", rows[i].name);
    }
    v[0] = 1;
    cr_expect_eq(ddunits_put(&good, seed, v, dice_broken, NULL), ERR_IO);
    for (size_t k = 0; k < 4; k++) cr_expect_eq(v[k], 0, "what failed is wiped");
    cr_expect_eq(ddunits_get(&rows[1].rule, seed, &out, 0, v), ERR_INPUT);
}
