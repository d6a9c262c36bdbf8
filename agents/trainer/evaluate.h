/*
 * evaluate -- scores a model on the held-out records.
 *
 * Runs on a worker thread and touches nothing but its arguments.  What comes
 * out are sums and histograms, never a row's score.
 */
#pragma once
#include "agents/trainer/engines/engine.h"
#include "agents/trainer/plan.h"
#include "common/base/buf.h"

/* The rows come in the file's units and are standardised in place.  The model's bytes are freed once they are read.
 * *out is owned by the caller (tally_fini). ERR_INPUT with a sentence when the model does not fit the plan; ERR_LIMIT,
 * ERR_MEMORY. */
enum err evaluate_round(const struct engine *engine, const struct plan *plan, struct table *rows, struct buf *model,
                        struct tally *out, struct why *why) MUST_USE;
