/*
 * secure_sum -- what the coordinator makes of a secure sum: the mean update,
 * as one update that merge.h takes like a hospital's own, and the figures that
 * came with it (common/privacy/secure_plan.h).
 *
 * The coordinator's part:
 *   secure_sum_plan    the plan; secure_plan_put writes it into the header that is signed
 *   secure_sum_read    the sum that secagg_server_finish gave, taken over as it lies in memory
 *   secure_sum_window  a piece of the mean update, to be kept like an update (journal "delta"), of weight
 *                      secure_sum.weight, and merged
 *   secure_sum_scores  instead of the last two, of a sum of scores: the tally of all hospitals together
 */
#pragma once
#include "agents/coordinator/run.h"
#include "common/learn/metrics.h"
#include "common/privacy/secure_plan.h"

struct secure_sum {
    double weight;     /* samples in all; with noise, where they are not told, 1 */
    double loss;       /* mean over them; with noise 0 */
    double noise;      /* standard deviation of what all shares put on each number of the change; 0: none */
    uint64_t patients; /* in all, where the noise hides each; else 0 */
    /* The change is the mean, a weight a sample; with noise: of hospitals alike, or the step. */
    double factor;            /* of each number */
    struct quantise units;    /* without noise: what the vector is in */
    struct secagg_vec vector; /* owned */
    double *numbers;          /* owned; with noise, instead of the vector */
};

/* Of the updates, or of the scores, as the run is at one or the other.  For a header whose cohort, survivors and
 * adversaries are set.  secure_plan_of's errors. */
enum err secure_sum_plan(const struct run *r, const struct secagg_header *header, struct secure_plan *out,
                         struct why *why) MUST_USE;

struct secure_sum_of {
    const struct secure_plan *plan;
    const struct secagg_header *header; /* the round's */
    double step;                        /* secure_sum_step */
    uint32_t members;                   /* how many hospitals; >= 1 */
};
/* Where each patient is hidden: what the mean gradient is multiplied by, over its rate. */
double secure_sum_step(const struct task *t);

/* For a worker: touches nothing but its arguments.  Takes the vector when OK, and may on ERR_MEMORY: it is then empty.
 * ERR_DATA with a sentence, *out untouched, when the sum is not one of such vectors: a member put nonsense into its
 * own.  ERR_MEMORY. */
enum err secure_sum_read(const struct secure_sum_of *of, struct secagg_vec *sum, struct secure_sum *out,
                         struct why *why) MUST_USE;
/* n numbers of the change, from `at` on; at + n is at most the model's.  ERR_INPUT. */
enum err secure_sum_window(const struct secure_sum *s, size_t at, size_t n, float *out) MUST_USE;
void secure_sum_fini(struct secure_sum *s); /* for CLEANUP() */

/* ERR_DATA with a sentence when it is no tally; ERR_MEMORY. */
enum err secure_sum_scores(const struct secure_plan *plan, const struct model_spec *spec, const struct secagg_vec *sum,
                           struct tally *out, struct why *why) MUST_USE;
