/*
 * sample -- seeded drawing: orders, and shares that sum to one.
 *
 * For splits, shuffles and simulation.  Nothing private is drawn here.
 */
#pragma once
#include "common/base/rng.h"

void sample_shuffle(struct rng *r, uint32_t *items, size_t n); /* every order as likely */
void sample_order(struct rng *r, uint32_t *out, size_t n);     /* 0 .. n-1 shuffled; n <= UINT32_MAX */

double sample_gamma(struct rng *r, double shape); /* scale 1; shape >= 1 */

/* Shares of a symmetric Dirichlet: n numbers that sum to 1; alpha > 0.  A small alpha gives one part nearly all. */
void sample_dirichlet(struct rng *r, double alpha, size_t n, double *out);
