/*
 * pld_sum -- the privacy loss of all releases together, in one direction.
 */
#pragma once
#include "common/privacy/fft.h"
#include "common/privacy/pld_term.h"

struct pld_terms {
    struct pld_term *terms; /* of one interval */
    size_t n;
    double interval;
    uint64_t steps; /* of all */
};

struct pld_sum {
    double interval;
    double theta;      /* the tilt */
    double log_moment; /* ln E[e^(theta loss)] */
    double rounding;   /* bound of what rounding can add up to, of the tilted whole */
    double infinite;   /* bound of the probability of losses without bound */
    int64_t first;     /* losses (first .. first + fft.n - 1) * interval; next to nothing is outside */
    struct fft fft;    /* real: tilted probabilities times fft.n; of index i at i mod fft.n */
};

/* The tilt that suits a question: the best Chernoff bound for it. */
double pld_tilt_for_delta(const struct pld_terms *t, enum pld_direction d, double delta);
double pld_tilt_for_epsilon(const struct pld_terms *t, enum pld_direction d, double epsilon);

/* ERR_LIMIT: needs more than PLD_MAX_BINS; ERR_MEMORY. */
enum err pld_sum_init(struct pld_sum *s, const struct pld_terms *t, enum pld_direction d, double theta) MUST_USE;
void pld_sum_fini(struct pld_sum *s); /* a zeroed one is fine */

double pld_sum_epsilon(const struct pld_sum *s, double delta);
double pld_sum_delta(const struct pld_sum *s, double epsilon);
