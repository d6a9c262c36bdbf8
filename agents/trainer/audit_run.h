/*
 * audit_run -- attacks a training like the federation's, here, on our records.
 *
 * A model of the task is trained from its first weights by this hospital alone,
 * round by round exactly as in a run, clipping and noise included, and then
 * attacked.  It costs no budget, since neither the model nor a record's score
 * leaves; what comes out are rates and bounds.
 *
 *   threshold  the held-out records against those trained on
 *   loss       the same, compared with a second model, trained on half of the held-out ones
 *   canary     a third model, trained with made-up records added, each by a fair coin: each of its columns is that of a
 *              random held-out record, its label is drawn
 *
 * Runs on a worker thread and touches nothing but its arguments.
 */
#pragma once
#include "agents/trainer/engines/engine.h"
#include "agents/trainer/plan.h"
#include "agents/trainer/records.h"
#include "common/privacy/audit.h"

enum { AUDIT_CANARIES_MAX = 20000, AUDIT_ROUNDS_MAX = 1000 };

struct audit_order {
    const struct engine *engine;
    const struct plan *plan;
    const struct records *records;
    unsigned attacks;  /* bit 1 << AUDIT_...; 0: all */
    uint64_t rounds;   /* 0: as many as the task has */
    uint64_t canaries; /* at most: a secure sum's task has room for `max_samples` units in all; 0: no canary attack */
    const struct training_hooks *hooks;
    uint8_t key[STREAM_KEY_BYTES]; /* of coins, made-up records and noise; drawn for this audit alone */
};

/* ERR_REFUSED with a sentence when there are too few held-out records or the task's noise cannot be; training's errors;
 * ERR_STATE when cancelled; ERR_MEMORY. */
enum err audit_run(const struct audit_order *o, struct audit *out, struct why *why) MUST_USE;
