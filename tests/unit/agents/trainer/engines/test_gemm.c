#include "agents/trainer/engines/gemm.h"
#include "common/base/rng.h"
#include <criterion/criterion.h>
#include <string.h>

enum { MAX = 40 * 40 };

static double at(struct matrix a, size_t i, size_t j)
{
    return (double)(a.form == GEMM_TRANSPOSED ? a.p[j * a.columns + i] : a.p[i * a.columns + j]);
}

static void fill(float *p, struct rng *r)
{
    for (size_t i = 0; i < MAX; i++) p[i] = (float)rng_normal(r);
}

Test(gemm, all_forms_and_sizes)
{
    static const struct {
        size_t m, n, k;
        enum gemm_form a, b;
        int add;
    } rows[] = {
        { 1, 1, 1, GEMM_PLAIN, GEMM_PLAIN, 0 },           { 5, 7, 3, GEMM_PLAIN, GEMM_PLAIN, 1 },
        { 5, 7, 3, GEMM_TRANSPOSED, GEMM_PLAIN, 0 },      { 5, 7, 3, GEMM_PLAIN, GEMM_TRANSPOSED, 1 },
        { 5, 7, 3, GEMM_TRANSPOSED, GEMM_TRANSPOSED, 0 }, { 33, 1, 40, GEMM_PLAIN, GEMM_TRANSPOSED, 1 },
        { 1, 33, 40, GEMM_TRANSPOSED, GEMM_PLAIN, 0 },    { 40, 40, 40, GEMM_PLAIN, GEMM_PLAIN, 0 },
    };
    gemm_begin();
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        float pa[MAX], pb[MAX], c[MAX], before[MAX];
        struct rng rng = rng_make(r);
        fill(pa, &rng);
        fill(pb, &rng);
        fill(c, &rng);
        memcpy(before, c, sizeof c);
        struct matrix a = { pa, rows[r].a, rows[r].a == GEMM_PLAIN ? rows[r].k : rows[r].m };
        struct matrix b = { pb, rows[r].b, rows[r].b == GEMM_PLAIN ? rows[r].n : rows[r].k };
        gemm(rows[r].m, rows[r].n, rows[r].k, a, b, rows[r].add, c);
        for (size_t i = 0; i < rows[r].m; i++) {
            for (size_t j = 0; j < rows[r].n; j++) {
                double sum = rows[r].add ? (double)before[i * rows[r].n + j] : 0;
                for (size_t k = 0; k < rows[r].k; k++) sum += at(a, i, k) * at(b, k, j);
                cr_expect_float_eq((double)c[i * rows[r].n + j], sum, 1e-4, "row %zu", r);
            }
        }
    }
}

/* A restarted hospital's buffers lie elsewhere, and its model must be the same. */
Test(gemm, same_bits_wherever_the_numbers_lie)
{
    enum { M = 13, N = 11, K = 37, SHIFTS = 16 };
    float first[M * N];
    struct rng rng = rng_make(1);
    float pa[MAX], pb[MAX];
    fill(pa, &rng);
    fill(pb, &rng);
    gemm_begin();
    for (size_t shift = 0; shift < SHIFTS; shift++) {
        _Alignas(64) float a[M * K + SHIFTS], b[K * N + SHIFTS], c[M * N + SHIFTS];
        memcpy(a + shift, pa, M * K * sizeof *a);
        memcpy(b + shift, pb, K * N * sizeof *b);
        gemm(M, N, K, (struct matrix){ a + shift, GEMM_PLAIN, K }, (struct matrix){ b + shift, GEMM_TRANSPOSED, K }, 0,
             c + shift);
        if (shift == 0) memcpy(first, c, sizeof first);
        cr_expect_arr_eq(c + shift, first, sizeof first, "shift %zu", shift);
    }
}
