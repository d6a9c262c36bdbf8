#include "agents/coordinator/aggregate.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum err aggregate_init(struct aggregate *g, size_t n)
{
    double *sum = calloc(n ? n : 1, sizeof *sum);
    if (sum == NULL) return ERR_MEMORY;
    *g = (struct aggregate){ .sum = sum, .n = n };
    return OK;
}

void aggregate_begin(struct aggregate *g, size_t n)
{
    memset(g->sum, 0, n * sizeof *g->sum);
    g->n = n;
    g->weight = 0;
}

void aggregate_fini(struct aggregate *g)
{
    if (g == NULL) return;
    free(g->sum);
    *g = (struct aggregate){ 0 };
}

double aggregate_weight(uint64_t samples, uint64_t max_samples, uint64_t staleness)
{
    uint64_t counted = max_samples > 0 && samples > max_samples ? max_samples : samples;
    return (double)counted / sqrt(1 + (double)staleness);
}

/* So many numbers at once that the compiler makes vectors of them and their sums stay near the processor; four changes
 * at once, so that a sum is fetched once for four.  Each number is still added by itself, in order. */
enum { BLOCK = 256, TOGETHER = 4, LINE = 64 / sizeof(float) };

static inline __attribute__((always_inline)) void add_one(double *sum, const float *change, double weight)
{
    for (size_t i = 0; i < BLOCK; i++) sum[i] += weight * (double)change[i];
}

/* `next`: what is read after this, which the processor does not guess, as each change is elsewhere; it is little enough
 * to stay in the nearest cache until then.  Fetching behind the end is harmless. */
static inline __attribute__((always_inline)) void add_four(double *sum, const float *change, size_t stride,
                                                           const double *weight, const float *next)
{
    const float *a = change;
    const float *b = a + stride;
    const float *c = b + stride;
    const float *d = c + stride;
    const double w = weight[0];
    const double x = weight[1];
    const double y = weight[2];
    const double z = weight[3];
    for (size_t at = 0; at < BLOCK; at += LINE) {
        for (size_t k = 0; k < TOGETHER; k++) __builtin_prefetch(next + k * stride + at, 0, 2);
        for (size_t i = at; i < at + LINE; i++)
            sum[i] = sum[i] + w * (double)a[i] + x * (double)b[i] + y * (double)c[i] + z * (double)d[i];
    }
}

static inline __attribute__((always_inline)) void add_block(double *sum, const float *changes, size_t stride,
                                                            const double *weights, size_t count)
{
    size_t i = 0;
    for (; i + TOGETHER <= count; i += TOGETHER) {
        const float *at = changes + i * stride;
        add_four(sum, at, stride, weights + i, i + 2 * TOGETHER <= count ? at + TOGETHER * stride : changes + BLOCK);
    }
    for (; i < count; i++) add_one(sum, changes + i * stride, weights[i]);
}

typedef void add_fn(double *sum, const float *changes, size_t stride, const double *weights, size_t count);

static void add_plain(double *sum, const float *changes, size_t stride, const double *weights, size_t count)
{
    add_block(sum, changes, stride, weights, count);
}

/* The same operations, four doubles at a time instead of two: the same bits. */
#ifdef __x86_64__
__attribute__((target("avx2"))) static void add_wide(double *sum, const float *changes, size_t stride,
                                                     const double *weights, size_t count)
{
    add_block(sum, changes, stride, weights, count);
}
static add_fn *fastest(void) { return __builtin_cpu_supports("avx2") ? add_wide : add_plain; }
#else
static add_fn *fastest(void) { return add_plain; }
#endif

void aggregate_add_all(struct aggregate *g, const float *changes, const double *weights, size_t count)
{
    add_fn *add = fastest();
    size_t at = 0;
    for (; at + BLOCK <= g->n; at += BLOCK) add(g->sum + at, changes + at, g->n, weights, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = at; k < g->n; k++) g->sum[k] += weights[i] * (double)changes[i * g->n + k];
        g->weight += weights[i];
    }
}

void aggregate_add(struct aggregate *g, const float *change, double weight)
{
    aggregate_add_all(g, change, &weight, 1);
}

bool aggregate_finite(const struct aggregate *g)
{
    int defects = 0; /* without a way out the loop is of vectors */
    for (size_t i = 0; i < g->n; i++) defects |= !isfinite(g->sum[i]);
    return !defects;
}

enum err aggregate_finish(struct aggregate *g)
{
    if (!(g->weight > 0)) return ERR_STATE;
    for (size_t i = 0; i < g->n; i++) g->sum[i] /= g->weight;
    return OK;
}
