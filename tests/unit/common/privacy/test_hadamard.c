#include "common/base/rng.h"
#include "common/privacy/hadamard.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static const uint8_t seed[HADAMARD_SEED_BYTES] = { 1, 2, 3 };

Test(hadamard, lengths)
{
    static const size_t rows[][2] = { { 0, 1 }, { 1, 1 }, { 2, 2 }, { 3, 4 }, { 1000, 1024 }, { 1024, 1024 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) cr_expect_eq(hadamard_length(rows[i][0]), rows[i][1]);
}

/* With its signs taken back, the rotation of a unit vector is a row of Hadamard's matrix. */
Test(hadamard, rows_of_the_matrix)
{
    enum { N = 8 };
    for (size_t k = 0; k < N; k++) {
        double v[N] = { 0 };
        v[k] = 1;
        cr_assert_eq(hadamard_rotate_64(seed, v, N), OK);
        double sign = v[0] < 0 ? -1 : 1;
        for (size_t i = 0; i < N; i++) {
            double expected = sign * (__builtin_popcountll(i & k) % 2 == 0 ? 1 : -1) / sqrt(N);
            cr_expect_float_eq(v[i], expected, 1e-15, "row %zu column %zu", k, i);
        }
    }
}

static double norm(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
    return sqrt(sum);
}

Test(hadamard, keeps_the_norm_and_comes_back)
{
    static const size_t rows[] = { 1, 2, 64, 32768, 65536 };
    struct rng r = rng_make(7);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        size_t n = rows[k];
        double *v = calloc(n, sizeof *v), *w = calloc(n, sizeof *w);
        float *f = calloc(n, sizeof *f);
        cr_assert(v && w && f);
        for (size_t i = 0; i < n; i++) v[i] = w[i] = f[i] = (float)rng_normal(&r);
        cr_assert_eq(hadamard_rotate_64(seed, v, n), OK);
        cr_expect_float_eq(norm(v, n), norm(w, n), 1e-11 * norm(w, n), "%zu", n);
        cr_assert_eq(hadamard_back_64(seed, v, n), OK);
        cr_assert(hadamard_rotate_32(seed, f, n) == OK && hadamard_back_32(seed, f, n) == OK);
        for (size_t i = 0; i < n; i++) {
            cr_assert_float_eq(v[i], w[i], 1e-12, "%zu of %zu", i, n);
            cr_assert_float_eq(f[i], w[i], 2e-5, "%zu of %zu", i, n);
        }
        free(v);
        free(w);
        free(f);
    }
}

/* A spike is spread evenly, and two seeds spread it differently. */
Test(hadamard, spreads)
{
    enum { N = 4096 };
    static float a[N], b[N];
    uint8_t other[HADAMARD_SEED_BYTES] = { 9 };
    size_t same = 0;
    for (size_t i = 0; i < 3; i++) a[i] = b[i] = 100;
    cr_assert(hadamard_rotate_32(seed, a, N) == OK && hadamard_rotate_32(other, b, N) == OK);
    for (size_t i = 0; i < N; i++) {
        cr_expect_lt(fabsf(a[i]), 301 / 64.0F);
        same += a[i] == b[i];
    }
    cr_expect_lt(same, (size_t)N);
}

Test(hadamard, other_lengths_are_refused)
{
    float f[3] = { 1, 2, 3 };
    double d[3] = { 1, 2, 3 };
    cr_expect_eq(hadamard_rotate_32(seed, f, 3), ERR_INPUT);
    cr_expect_eq(hadamard_back_32(seed, f, 0), ERR_INPUT);
    cr_expect_eq(hadamard_rotate_64(seed, d, 3), ERR_INPUT);
    cr_expect_eq(hadamard_back_64(seed, d, 2 * HADAMARD_MAX_LENGTH), ERR_INPUT);
    cr_expect(f[0] == 1 && d[2] == 3);
}
