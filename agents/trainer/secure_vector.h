/*
 * secure_vector -- what a hospital puts into a secure sum: its update, times
 * its weight, and what is told with it, as whole units (common/privacy/
 * secure_plan.h says of which numbers).
 *
 * The trainer's part, from the header to the vector that is masked:
 *
 *   secure_vector_plan   the plan that follows from task and header (its cohort, survivors, adversaries); the header
 *                        must agree.  To be asked when the header comes, before secagg_client_new
 *   secure_vector_cover  with noise: what is charged, before it is drawn (charge.h)
 *   secure_numbers_take  the result of the round's training, on a worker: without noise as it is, with noise as the
 *                        vector of whole units (secure_vector_fill)
 *   secure_numbers_put   any part of the vector, on a worker; secagg_masker_apply takes it
 */
#pragma once
#include "agents/trainer/plan.h"
#include "agents/trainer/train_job.h"
#include "agents/trainer/update.h"
#include "common/privacy/secure_plan.h"

/* ERR_REFUSED, with a sentence, when the header is not what follows from the task for such a cohort; secure_plan_of's
 * errors. */
enum err secure_vector_plan(const struct plan *plan, const struct secagg_header *header, bool scores,
                            struct secure_plan *out, struct why *why) MUST_USE;

/* For charge_round: the sum's number, and for a plan with noise what the header says instead of what admit_units filled
 * in.  Noise in the training stays as it was. */
void secure_vector_cover(const struct secure_plan *p, const struct secagg_header *header, struct update_cover *cover);

struct secure_source {
    const struct secure_plan *plan;
    const struct secagg_header *header; /* the round's */
    uint64_t units;                     /* patients here, of whom some are drawn; for a plan that hides them */
    const uint8_t
        *key; /* the cover's, from charge_round: of this vector alone; NULL where nothing is hidden by noise */
};
/* Makes *out, of the plan's ring and length; owned by the caller.  With noise it is made where the numbers lie: trained
 * then has none any more, whatever comes of it.  ERR_INPUT with a sentence, nothing taken, when the update is not of
 * this plan, not finite, or longer than the task allows; random's errors; ERR_MEMORY. */
enum err secure_vector_fill(const struct secure_source *source, struct trained *trained, struct secagg_vec *out,
                            struct why *why) MUST_USE;
/* The same of what was counted, for a plan of scores; all: false tells nothing, by zeros.  ERR_INPUT with a sentence
 * when more records were scored than the task allows; ERR_MEMORY. */
enum err secure_vector_scores(const struct secure_plan *p, const struct tally *counted, bool all,
                              struct secagg_vec *out, struct why *why) MUST_USE;

/* What is summed, of which the vector is made part by part: without noise the update itself, so that it is never beside
 * the vector; with noise the vector, which lies where its numbers lay. */
struct secure_numbers {
    struct secure_plan plan;
    struct tensor_set *delta; /* owned; SECURE_PLAIN: the update, and then what it counts */
    double weight;
    double loss;              /* times the weight */
    struct secagg_vec vector; /* owned; every other mode */
};
/* Takes the update.  secure_vector_fill's errors; without noise nothing is then taken. */
enum err secure_numbers_take(const struct secure_source *source, struct trained *trained, struct secure_numbers *out,
                             struct why *why) MUST_USE;
/* The part, of zeros, gets the elements of the vector from `at` on.  ERR_INPUT. */
enum err secure_numbers_put(const struct secure_numbers *m, size_t at, struct secagg_vec *part) MUST_USE;
void secure_numbers_fini(struct secure_numbers *m); /* wipes; for CLEANUP() */
