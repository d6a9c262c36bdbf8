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
    double outside;    /* bound of the tilted probability of losses above the window */
    double most;       /* no loss is above this, if it has a bound */
    int64_t first;     /* losses (first .. first + fft.n - 1) * interval; next to nothing is outside */
    struct fft fft;    /* real: tilted probabilities times fft.n; of index i at i mod fft.n */
};

/* The tilt that suits a question: the best Chernoff bound for it. */
double pld_tilt_for_delta(const struct pld_terms *t, enum pld_direction d, double delta);
double pld_tilt_for_epsilon(const struct pld_terms *t, enum pld_direction d, double epsilon);

/* An epsilon that holds, by this tilt: a larger loss has no more than probability delta. */
double pld_chernoff(const struct pld_terms *t, enum pld_direction d, double theta, double delta);

/* ERR_LIMIT: needs more than PLD_MAX_BINS; ERR_MEMORY. */
enum err pld_sum_init(struct pld_sum *s, const struct pld_terms *t, enum pld_direction d, double theta) MUST_USE;
void pld_sum_fini(struct pld_sum *s); /* a zeroed one is fine */

double pld_sum_epsilon(const struct pld_sum *s, double delta);
/* Whether the epsilon may be much too large, because at a smaller one so much of delta is there only since rounding may
 * have taken it away, or because the window ends: a smaller tilt can do better. */
bool pld_sum_is_doubtful(const struct pld_sum *s, double epsilon, double delta);
double pld_sum_delta(const struct pld_sum *s, double epsilon);
