/*
 * subsampled -- Renyi divergence of the Poisson-subsampled Gaussian: each unit
 * joins a step by itself with probability `rate`, and the sum of their clipped
 * contributions gets Gaussian noise.  Neighbours: one unit added or removed.
 *
 *     rdp(a) = ln E[w^a] / (a - 1),   w = 1 - q + q e^((2x-1)/(2 s^2)),   x ~ N(0, s^2)
 *
 * (Mironov, Talwar & Zhang 2019, section 3.3, where also: this direction is
 * the larger one.)  Batches of a fixed size, or shuffled ones, are not this.
 *
 * WHOLE NUMBERS.  Where noise and shift are whole, as in secure sums, the
 * formula holds as it stands at whole orders: there E[e^(k (2x-m) m / (2 s^2))]
 * over the discrete Gaussian is a sum over a lattice that the shift k m maps
 * onto itself, so the moment of k is e^((k^2-k) m^2 / (2 s^2)) exactly, also of
 * a vector of them.  The other direction is the smaller one for the same
 * reason as above: x -> m - x exchanges the two distributions and keeps the
 * lattice (theorem 5 there, whose proof compares the two sides at each value of
 * the ratio).  Between whole orders (a-1) rdp(a) is convex.
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

/* The same of the discrete Gaussian with shifts of whole numbers: sums at whole orders, straight lines between. */
void subsampled_rdp_whole(double noise, double rate, const double *orders, size_t n, double *out);
