/*
 * quantise -- numbers as whole units, so that they can be summed modulo a power
 * of two, and the sum read back.
 *
 * OVERFLOW: n summands of at most `bound` units each, and noise of standard
 * deviation s on the sum, stay within n bound + k s; the plan takes the least
 * ring with n bound + k s < 2^(bits - 1), so the sum without noise never wraps,
 * and with noise each element wraps with a chance of at most 2 exp(-k^2 / 2)
 * (discrete Gaussians are subgaussian: Canonne, Kamath & Steinke 2020).  A wrap
 * spoils the result, never the privacy.  What does not fit is refused.
 *
 * The scale is a power of two: numbers become units by exact products and one
 * rounding (to the nearest, ties to even), an error of at most half a unit.
 */
#pragma once
#include "common/privacy/secagg_vec.h"

struct quantise_want {
    size_t summands;   /* at most; >= 1 */
    double bound;      /* largest size of one number; > 0 */
    double step;       /* largest unit that will do; > 0 */
    double noise;      /* standard deviation of the noise on the sum, in the numbers' measure; 0: none */
    double headroom;   /* k: in standard deviations; looked at when there is noise, then >= 1 */
    unsigned bits_max; /* largest ring that will do, at most SECAGG_BITS_MAX */
};
struct quantise {
    unsigned bits; /* the least ring that holds the sum; a wider one will do too */
    double scale;  /* units of 1.0; a power of two */
    int64_t bound; /* units, of one summand */
    int64_t total; /* units, of the sum with its headroom: below 2^(bits - 1) */
};
#define QUANTISE_HEADROOM 8.0 /* standard deviations: 2.5e-14 an element */

/* ERR_INPUT for numbers out of the ranges above, ERR_LIMIT when no ring of bits_max holds it; both with a sentence. */
enum err quantise_plan(const struct quantise_want *want, struct quantise *out, struct why *why) MUST_USE;

/* Puts n numbers in v at `at`.  ERR_INPUT, v unchanged, when one is not finite or above the bound, the part is not in
 * v, or v's ring is too narrow. */
enum err quantise_put(const struct quantise *q, const double *numbers, size_t n, struct secagg_vec *v, size_t at)
    MUST_USE;

/* Reads n numbers of a sum.  ERR_INPUT as above; ERR_DATA, out untouched, when an element is larger than q->total: a
 * summand broke its bound or noise its headroom. */
enum err quantise_get(const struct quantise *q, const struct secagg_vec *v, size_t at, double *out, size_t n) MUST_USE;
