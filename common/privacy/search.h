/*
 * search -- the least noise with which so many steps stay within (epsilon,
 * delta).
 *
 * The answer's own epsilon has been computed and is within; noise smaller by
 * SEARCH_CLOSE of it was found to be too little.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define SEARCH_CLOSE 1e-6
#define SEARCH_NOISE_MIN 0x1p-10 /* the answer when even this is more than enough */
#define SEARCH_NOISE_MAX 0x1p40

/* Steps of one mechanism: the Gaussian, Poisson-subsampled; rate 1 is the full batch.  `distributed`: by shares, as
 * PRIVACY_DISTRIBUTED, which only the Renyi bound knows. */
struct search_goal {
    double epsilon;  /* > 0 */
    double delta;    /* (0, 1) */
    double rate;     /* (0, 1] */
    uint64_t steps;  /* >= 1 */
    double interval; /* of the grid of pld.h; 0: its default */
    bool distributed;
};

struct search_found {
    double noise;   /* standard deviation over sensitivity */
    double epsilon; /* at this noise; at most the goal's */
};

/* By Renyi divergences, and by privacy loss distributions.  ERR_INPUT: goal out of range; ERR_LIMIT: no noise up to
 * SEARCH_NOISE_MAX is enough; ERR_MEMORY. */
enum err search_noise_renyi(const struct search_goal *goal, struct search_found *out) MUST_USE;
enum err search_noise_pld(const struct search_goal *goal, struct search_found *out) MUST_USE;
