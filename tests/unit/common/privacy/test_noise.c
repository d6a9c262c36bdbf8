#include "common/privacy/noise.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 100000 };

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double cdf(enum privacy_mechanism m, double z)
{
    if (m == PRIVACY_GAUSSIAN) return erfc(-z * M_SQRT1_2) / 2;
    return z < 0 ? exp(z) / 2 : 1 - exp(-z) / 2;
}

/* Kolmogorov-Smirnov against the continuous law: sqrt(n) D above 2.69 once in 10^6 by chance; the seed is fixed. */
Test(noise, law_and_moments)
{
    static const struct {
        enum privacy_mechanism mechanism;
        double scale;
        float centre;
    } rows[] = { { PRIVACY_GAUSSIAN, 1, 0 },      { PRIVACY_GAUSSIAN, .37, -2 }, { PRIVACY_GAUSSIAN, 1e-6, 0 },
                 { PRIVACY_GAUSSIAN, 1e9, 1e3f }, { PRIVACY_LAPLACE, 1, 0 },     { PRIVACY_LAPLACE, .003, .5f } };
    static float v[N];
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct rng r = rng_make(row + 1);
        double far = 0, mean = 0, square = 0, scale = rows[row].scale;
        double variance = rows[row].mechanism == PRIVACY_GAUSSIAN ? 1 : 2;
        for (int i = 0; i < N; i++) v[i] = rows[row].centre;
        cr_assert_eq(noise_add(rows[row].mechanism, scale, v, N, dice_random, &r), OK);
        qsort(v, N, sizeof *v, ascending);
        for (int i = 0; i < N; i++) {
            double z = ((double)v[i] - (double)rows[row].centre) / scale, p = cdf(rows[row].mechanism, z);
            far = fmax(far, fmax(fabs(p - (double)i / N), fabs(p - (double)(i + 1) / N)));
            mean += z / N;
            square += z * z / N;
        }
        cr_expect(far * sqrt(N) < 2.69, "row %zu: D %g", row, far);
        cr_expect(fabs(mean) < 5 * sqrt(variance / N), "row %zu: mean %g", row, mean);
        cr_expect(fabs(square / variance - 1) < 5 * sqrt(5. / N), "row %zu: variance %g", row, square);
    }
}

/* What leaves lies on a grid that the scale alone decides, whatever went in. */
Test(noise, output_betrays_no_low_bits)
{
    struct rng r = rng_make(9);
    float v[1000];
    const double grid = 0x1p-39; /* of scale .9 */
    for (int i = 0; i < 1000; i++) v[i] = (float)rng_normal(&r) * 1e-9f;
    cr_assert_eq(noise_add(PRIVACY_GAUSSIAN, .9, v, 1000, dice_random, &r), OK);
    for (int i = 0; i < 1000; i++)
        cr_expect_eq((double)v[i] / grid, trunc((double)v[i] / grid), "%d: %a", i, (double)v[i]);
}

Test(noise, out_of_range_is_refused_untouched)
{
    static const struct {
        const char *name;
        double scale;
        float first;
        enum err expected;
    } rows[] = {
        { "no scale", 0, 1, ERR_INPUT },
        { "negative", -1, 1, ERR_INPUT },
        { "not a number", NAN, 1, ERR_INPUT },
        { "infinite", INFINITY, 1, ERR_INPUT },
        { "tiny", NOISE_SCALE_MIN / 2, 0, ERR_INPUT },
        { "huge", NOISE_SCALE_MAX * 2, 1, ERR_INPUT },
        { "smallest", NOISE_SCALE_MIN, 0, OK },
        { "largest", NOISE_SCALE_MAX, FLT_MAX, OK },
        { "number infinite", 1, INFINITY, ERR_INPUT },
        { "number is none", 1, NAN, ERR_INPUT },
        { "number too far", 1, 0x1p23f, ERR_INPUT },
        { "just near enough", 1, 0x1p22f, OK },
        { "negative and near", 1, -0x1p22f, OK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rng r = rng_make(1);
        float v[2] = { rows[i].first, 0 };
        if (rows[i].scale == NOISE_SCALE_MAX) v[0] = 1;
        float was = v[0];
        cr_expect_eq(noise_add(PRIVACY_LAPLACE, rows[i].scale, v, 2, dice_random, &r), rows[i].expected, "%s",
                     rows[i].name);
        if (rows[i].expected != OK) cr_expect(memcmp(v, &was, sizeof was) == 0 && v[1] == 0, "%s", rows[i].name);
        if (rows[i].expected == OK) cr_expect(isfinite(v[0]) && v[0] != was, "%s: %g", rows[i].name, (double)v[0]);
    }
    float v[1] = { 1 };
    cr_expect_eq(noise_add(PRIVACY_MECHANISMS, 1, v, 1, dice_broken, NULL), ERR_INPUT);
    cr_expect_eq(noise_add(PRIVACY_LAPLACE, 1, v, (size_t)NOISE_MAX_LENGTH + 1, dice_broken, NULL), ERR_INPUT);
}

Test(noise, failure_leaves_zeros)
{
    float v[3] = { 1, 2, 3 };
    cr_expect_eq(noise_add(PRIVACY_GAUSSIAN, 1, v, 3, dice_broken, NULL), ERR_IO);
    for (int i = 0; i < 3; i++) cr_expect_eq(v[i], 0);
}
