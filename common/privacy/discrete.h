/*
 * discrete -- exact draws of integer noise, by whole numbers only.
 *
 * Discrete Laplace and discrete Gaussian after Canonne, Kamath & Steinke 2020
 * ("The discrete Gaussian for differential privacy", algorithms 1 to 3): every
 * probability is a ratio of integers, compared with a uniform integer, so no
 * rounding of logarithms or of floating-point numbers is there to be observed
 * (Mironov 2012).  Randomness is an AES-256-CTR stream keyed once from
 * random_fn.
 *
 * TIME: a draw takes longer the more often it is rejected, and this depends on
 * its value; draw a whole vector, then let it out.
 *
 * ERRORS ARE STICKY, as in buf.h: after the first, every draw is 0, and
 * discrete_err() tells; whoever used the draws must then throw them away.
 */
#pragma once
#include "common/crypto/random.h"
#include <stdint.h>

/* num/den; both at least 1 and at most DISCRETE_RATIO_MAX. */
struct ratio {
    uint64_t num;
    uint64_t den;
};
#define DISCRETE_RATIO_MAX ((uint64_t)1 << 40)

struct discrete;
enum err discrete_new(random_fn *random, void *self, struct discrete **out) MUST_USE; /* ERR_MEMORY, random's */
void discrete_free(struct discrete *d);                                               /* wipes */
void discrete_drop(struct discrete **d);                                              /* for CLEANUP() */
enum err discrete_err(const struct discrete *d) MUST_USE; /* ERR_BUG for a ratio out of range; the stream's errors */

/* P[y] proportional to exp(-|y|/scale). */
int64_t discrete_laplace(struct discrete *d, struct ratio scale);

/* P[y] proportional to exp(-y^2/(2 sigma^2)).  |y| stays below 4096 sigma + 1. */
int64_t discrete_gaussian(struct discrete *d, struct ratio sigma);
