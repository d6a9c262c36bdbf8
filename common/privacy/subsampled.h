/*
 * subsampled -- Renyi divergence of the Poisson-subsampled Gaussian: each unit
 * joins a step by itself with probability `rate`, and the sum of their clipped
 * contributions gets Gaussian noise.  Neighbours: one unit added or removed.
 *
 *     rdp(a) = ln E[w^a] / (a - 1),   w = 1 - q + q e^((2x-1)/(2 s^2)),   x ~ N(0, s^2)
 *
 * (Mironov, Talwar & Zhang 2019, section 3.3, where also: this direction is
 * the larger one.)  Batches of a fixed size, or shuffled ones, are not this.
 */
#pragma once
#include <stddef.h>

enum { SUBSAMPLED_ORDER_MAX = 1024 };

/* One step's divergence at each order, which is > 1 and at most SUBSAMPLED_ORDER_MAX; out has n numbers.  noise:
 * standard deviation over sensitivity; rate in [0, 1].  Never below the truth, and above it by at most 2e-9 of it; an
 * order that is not whole, above 12 or with noise below .17, by what the whole orders around make of it.  Infinite
 * without noise.
 */
void subsampled_rdp(double noise, double rate, const double *orders, size_t n, double *out);
