#include "common/base/rng.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* First outputs of the authors' xoshiro256starstar.c from the state { 1, 2, 3, 4 }. */
Test(rng, xoshiro_reference)
{
    static const uint64_t expected[] = { 11520u,
                                         0u,
                                         1509978240u,
                                         1215971899390074240u,
                                         1216172134540287360u,
                                         607988272756665600u,
                                         16172922978634559625u,
                                         8476171486693032832u,
                                         10595114339597558777u,
                                         2904607092377533576u };
    struct rng r = { { 1, 2, 3, 4 } };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_expect_eq(rng_u64(&r), expected[i], "output %zu", i);
}

/* First outputs of the authors' splitmix64.c from the seed 1234567. */
Test(rng, splitmix_reference)
{
    static const uint64_t expected[] = { 6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                         4593380528125082431u };
    struct rng r = rng_make(1234567);
    for (size_t i = 0; i < 4; i++) cr_expect_eq(r.s[i], expected[i], "word %zu", i);
}

Test(rng, same_seed_same_sequence)
{
    struct rng a = rng_make(7);
    struct rng b = rng_make(7);
    struct rng c = rng_make(8);
    int same = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = rng_u64(&a);
        cr_assert_eq(x, rng_u64(&b));
        same += x == rng_u64(&c);
    }
    cr_expect_eq(same, 0);
}

/* Chi-square against the uniform law, seed fixed; the bound is the 1 - 1e-6 quantile of its degrees of freedom. */
Test(rng, below_is_uniform_and_in_range)
{
    static const struct {
        uint64_t n;
        double chi_square_max;
    } rows[] = { { 1, 0 }, { 2, 23.9 }, { 3, 27.6 }, { 10, 45.1 }, { 17, 58.9 } };
    enum { DRAWS = 20000 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rng r = rng_make(rows[i].n);
        double seen[17] = { 0 };
        double chi_square = 0;
        double mean = DRAWS / (double)rows[i].n;
        for (int k = 0; k < DRAWS; k++) {
            uint64_t x = rng_below(&r, rows[i].n);
            cr_assert(x < rows[i].n, "%llu", (unsigned long long)rows[i].n);
            seen[x]++;
        }
        for (size_t k = 0; k < rows[i].n; k++) chi_square += (seen[k] - mean) * (seen[k] - mean) / mean;
        cr_expect(chi_square <= rows[i].chi_square_max, "n %d: %f", (int)rows[i].n, chi_square);
    }
}

Test(rng, below_draws_again_what_would_be_biased)
{
    struct rng r = rng_make(3);
    uint64_t n = UINT64_C(0xc000000000000000); /* a quarter of all draws must be refused */
    uint64_t low = 0;
    for (int i = 0; i < 3000; i++) low += rng_below(&r, n) < n / 3;
    cr_expect(low > 870 && low < 1130, "%llu of 3000; 1000 expected, 5 sigma is 129", (unsigned long long)low);
}

Test(rng, unit_and_normal_moments)
{
    enum { DRAWS = 100000 };
    struct rng r = rng_make(11);
    double unit = 0, sum = 0, square = 0, fourth = 0;
    for (int i = 0; i < DRAWS; i++) {
        double u = rng_unit(&r);
        double z = rng_normal(&r);
        cr_assert(u >= 0 && u < 1, "%f", u);
        unit += u;
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
    }
    /* five standard errors each */
    cr_expect(fabs(unit / DRAWS - 0.5) < 5 * 0.288675 / sqrt(DRAWS), "%f", unit / DRAWS);
    cr_expect(fabs(sum / DRAWS) < 5 / sqrt(DRAWS), "%f", sum / DRAWS);
    cr_expect(fabs(square / DRAWS - 1) < 5 * sqrt(2.0 / DRAWS), "%f", square / DRAWS);
    cr_expect(fabs(fourth / DRAWS - 3) < 5 * sqrt(96.0 / DRAWS), "%f", fourth / DRAWS);
}

Test(rng, os_random_fills_all_of_it)
{
    uint8_t a[1000] = { 0 };
    uint8_t b[1000] = { 0 };
    size_t zeroes = 0;
    cr_assert_eq(os_random(a, sizeof a), OK);
    cr_assert_eq(os_random(b, sizeof b), OK);
    cr_expect(memcmp(a, b, sizeof a) != 0);
    for (size_t i = 0; i < sizeof a; i++) zeroes += a[i] == 0;
    cr_expect(zeroes < 40, "%zu zero bytes of 1000; 4 expected", zeroes);
    cr_expect_eq(os_random(NULL, 0), OK);
}
