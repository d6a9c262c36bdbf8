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

/* So many numbers at once that the compiler makes vectors of them and their sums stay in the processor's cache; four
 * changes at once, so that a sum is fetched once for four.  Each number is still added by itself, in order. */
enum { BLOCK = 256, TOGETHER = 4 };

static void add_one(double *sum, const float *change, double weight)
{
    for (size_t i = 0; i < BLOCK; i++) sum[i] += weight * (double)change[i];
}

static void add_four(double *sum, const float *change, size_t stride, const double *weight)
{
    const float *a = change;
    const float *b = a + stride;
    const float *c = b + stride;
    const float *d = c + stride;
    const double w = weight[0];
    const double x = weight[1];
    const double y = weight[2];
    const double z = weight[3];
    for (size_t i = 0; i < BLOCK; i++)
        sum[i] = sum[i] + w * (double)a[i] + x * (double)b[i] + y * (double)c[i] + z * (double)d[i];
}

void aggregate_add_all(struct aggregate *g, const float *changes, const double *weights, size_t count)
{
    size_t at = 0;
    for (; at + BLOCK <= g->n; at += BLOCK) {
        size_t i = 0;
        for (; i + TOGETHER <= count; i += TOGETHER) add_four(g->sum + at, changes + i * g->n + at, g->n, weights + i);
        for (; i < count; i++) add_one(g->sum + at, changes + i * g->n + at, weights[i]);
    }
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
    for (size_t i = 0; i < g->n; i++)
        if (!isfinite(g->sum[i])) return false;
    return true;
}

enum err aggregate_finish(struct aggregate *g)
{
    if (!(g->weight > 0)) return ERR_STATE;
    for (size_t i = 0; i < g->n; i++) g->sum[i] /= g->weight;
    return OK;
}
