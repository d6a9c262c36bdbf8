/*
 * aggregate -- the weighted mean of the hospitals' changes.
 *
 * FedAvg (McMahan et al. 2017, arXiv 1602.05629): each change weighs as many
 * samples as it was trained on.  The claimed number is capped, and a change of
 * an older round loses weight.  Sums are in double; the caller adds in a fixed
 * order (by hospital, then by round), so the result does not depend on who
 * answered first.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct aggregate {
    double *sum; /* owned; of weight times change; after aggregate_finish the mean */
    size_t n;
    double weight; /* sum of the weights */
};

enum err aggregate_init(struct aggregate *g, size_t n) MUST_USE; /* zeroed; ERR_MEMORY */
void aggregate_begin(struct aggregate *g, size_t n);             /* anew, for n numbers: at most as many as before */
void aggregate_fini(struct aggregate *g);

/* samples capped by max_samples (0: no cap), times (1 + staleness)^-1/2: FedAsync's polynomial staleness
 * (Xie et al. 2019, arXiv 1903.03934, section 5.2) with a = 1/2. */
double aggregate_weight(uint64_t samples, uint64_t max_samples, uint64_t staleness);
void aggregate_add(struct aggregate *g, const float *change, double weight); /* change has n numbers */
/* The same for count changes that lie one after another, to the same bits as one by one, and several times as fast. */
void aggregate_add_all(struct aggregate *g, const float *changes, const double *weights, size_t count);
/* A number that is not finite, once added, stays in the sum: one look at the sum tells of all changes. */
bool aggregate_finite(const struct aggregate *g);
enum err aggregate_finish(struct aggregate *g) MUST_USE; /* ERR_STATE when nothing was added */
