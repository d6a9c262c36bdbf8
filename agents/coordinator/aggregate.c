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

void aggregate_add(struct aggregate *g, const float *change, double weight)
{
    for (size_t i = 0; i < g->n; i++) g->sum[i] += weight * (double)change[i];
    g->weight += weight;
}

enum err aggregate_finish(struct aggregate *g)
{
    if (!(g->weight > 0)) return ERR_STATE;
    for (size_t i = 0; i < g->n; i++) g->sum[i] /= g->weight;
    return OK;
}
