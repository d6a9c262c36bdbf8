/*
 * train_job -- one round's training: a model in, its change out.
 *
 * Runs on a worker thread and touches nothing but its arguments.  The same
 * plan, rows, model and round give the same change, bit for bit, so a round
 * that was interrupted can simply be trained again.
 */
#pragma once
#include "agents/trainer/engines/engine.h"
#include "agents/trainer/plan.h"
#include "common/base/buf.h"

struct trained {
    struct tensor_set *delta; /* owned: trained minus received weights; NULL where there is a gradient */
    double *gradient; /* owned: one step's sum, of a plan that hides patients in secure sums (unit_sum.h); else NULL */
    size_t ngradient; /* its numbers; zeros are behind them, up to secure_plan_room */
    double loss;      /* mean of the last pass; 0 with a gradient */
    uint64_t samples; /* rows trained on */
};

/* The rows come in the file's units and are standardised in place; privacy (or NULL): how their units are hidden.  The
 * model's bytes are freed once they are read.  ERR_INPUT with a sentence when the model does not fit the plan or
 * training did not stay finite; ERR_STATE when cancelled; ERR_MEMORY. */
enum err train_round(const struct engine *engine, const struct plan *plan, struct table *rows, struct buf *model,
                     uint64_t round, const struct training_privacy *privacy, const struct training_hooks *hooks,
                     struct trained *out, struct why *why) MUST_USE;
void trained_fini(struct trained *t); /* for CLEANUP() */

/* How the plan wants the round trained. */
struct training train_how(const struct plan *plan, uint64_t round);
