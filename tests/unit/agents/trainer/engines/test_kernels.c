#include "agents/trainer/engines/kernels.h"
#include "common/base/rng.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { PAIRS = 1 << 19, EDGES = 8 };

Test(kernels, squares_and_scale)
{
    struct rng r = rng_make(3);
    for (size_t n = 0; n < 70; n += 3) {
        float x[70];
        double want = 0;
        for (size_t i = 0; i < n; i++) x[i] = (float)rng_normal(&r), want += (double)x[i] * (double)x[i];
        cr_expect_float_eq((double)kernel_squares(x, n), want, 1e-6 * want + 1e-12, "%zu", n);
        kernel_scale(x, n, 0.5f);
        cr_expect_float_eq((double)kernel_squares(x, n), want / 4, 1e-6 * want + 1e-12, "%zu", n);
    }
}

/* Beside the C library, at the words' edges too. */
Test(kernels, normals_are_box_and_muller)
{
    static const uint64_t edges[EDGES] = { 0, 1, 2, 3, UINT64_MAX, UINT64_MAX - 1, 1ull << 63, (1ull << 63) - 1 };
    struct rng r = rng_make(4);
    for (size_t i = 0; i < 20000; i++) {
        uint64_t words[2] = { i < EDGES * EDGES ? edges[i / EDGES] : rng_u64(&r) >> (i % 60),
                              i < EDGES * EDGES ? edges[i % EDGES] : rng_u64(&r) };
        double out[2];
        kernel_normals(words, 1, out);
        double radius = sqrt(-2 * log(((double)words[0] + 0.5) * 0x1p-64));
        if (words[0] > UINT64_MAX - 1024) radius = 0; /* where the library's argument is 1 already */
        cr_expect_float_eq(hypot(out[0], out[1]), radius, 1e-12 * radius + 3e-8, "%zu", i);
        cr_expect(isfinite(out[0]) && isfinite(out[1]) && hypot(out[0], out[1]) < 9.5, "%zu", i);
        double angle = (ldexp((double)(words[1] >> 12), -52) - 0.5) * M_PI_2;
        double c = (words[1] & 1 ? sin(angle) : cos(angle)) * (words[1] & 2 ? -1 : 1);
        cr_expect_float_eq(out[0], radius * c, 1e-12 + (radius > 0 ? 0 : 3e-8), "%zu", i);
    }
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Kolmogorov & Smirnov at 2^20 draws: above 3.0 / sqrt n once in 3e7 runs of a right generator; and the two of a pair
 * are uncorrelated within 6 standard deviations.  The seed is fixed: it either holds or it does not. */
Test(kernels, normals_are_normal)
{
    uint64_t *words = calloc(2 * PAIRS, sizeof *words);
    double *out = calloc(2 * PAIRS, sizeof *out);
    struct rng r = rng_make(5);
    double worst = 0, mixed = 0;
    cr_assert(words && out);
    for (size_t i = 0; i < 2 * PAIRS; i++) words[i] = rng_u64(&r);
    kernel_normals(words, PAIRS, out);
    for (size_t i = 0; i < PAIRS; i++) mixed += out[i] * out[PAIRS + i];
    cr_expect_lt(fabs(mixed) / sqrt(PAIRS), 6.0);
    qsort(out, 2 * PAIRS, sizeof *out, ascending);
    for (size_t i = 0; i < 2 * PAIRS; i++)
        worst = fmax(worst, fabs(0.5 * erfc(-out[i] * M_SQRT1_2) - (double)i / (2 * PAIRS)));
    cr_expect_lt(worst, 3.0 / sqrt(2 * PAIRS), "%g", worst);
    free(words);
    free(out);
}

/* The sum is on the grid whatever the parts were. */
Test(kernels, blur)
{
    float v[3] = { 1.0f / 3, -7.5f, 1e-30f };
    double noise[3] = { 0.1, -0.7, 1e-9 };
    const double grid = 0x1p-10;
    kernel_blur(v, noise, 3, 2, grid, 1);
    for (size_t i = 0; i < 3; i++) cr_expect_eq((double)v[i] / grid, nearbyint((double)v[i] / grid), "%zu", i);
    cr_expect_float_eq(v[0], 1.0f / 3 + .2f, (float)grid);
    cr_expect_float_eq(v[1], -8.9f, (float)grid);
    cr_expect_eq(v[2], 0);
}
