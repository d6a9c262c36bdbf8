/*
 * rng -- where randomness comes from.
 *
 * `struct rng` is a seeded xoshiro256** (Blackman & Vigna 2021,
 * doi:10.1145/3460772), seeded by splitmix64: for simulation, splits,
 * shuffles and initialisation only.  Anything private (keys, noise) asks
 * os_random(), the operating system's CSPRNG.
 */
#pragma once
#include "common/base/err.h"
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

struct rng rng_make(uint64_t seed);
uint64_t rng_u64(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* uniform in [0, n), unbiased; n > 0 */
double rng_unit(struct rng *r);                /* uniform in [0, 1), 53 bits */
double rng_normal(struct rng *r);              /* N(0, 1), polar method: never for privacy noise */

enum err os_random(void *out, size_t n) MUST_USE; /* getrandom(2); may block at boot only; ERR_IO */
