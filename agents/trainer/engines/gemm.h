/*
 * gemm -- products of row-major float32 matrices; the only door to BLIS.
 *
 * One thread, so that sums are always added in the same order.
 */
#pragma once
#include <stddef.h>

enum gemm_form { GEMM_PLAIN, GEMM_TRANSPOSED };

struct matrix { /* borrowed */
    const float *p;
    enum gemm_form form; /* as it takes part in the product; its memory is rows x columns before that */
    size_t columns;      /* of the memory: the distance between rows */
};

/* c (m x n) = a (m x k) b (k x n), or c += when `add` is 1; add is 0 or 1. */
void gemm(size_t m, size_t n, size_t k, struct matrix a, struct matrix b, int add, float *c);

/* Products use one thread from now on, whatever the environment says; call once before a series of products. */
void gemm_begin(void);
