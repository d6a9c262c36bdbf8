/*
 * compare_train -- the same task, trained on one table: pooled, or a hospital
 * alone; and any model of the task, scored.
 */
#pragma once
#include "agents/trainer/engines/engine.h"
#include "agents/trainer/incoming.h"
#include "agents/trainer/plan.h"

struct contest {
    const struct engine *engine;
    const struct plan *plan;
    uint64_t rounds;          /* so many times the task's local passes */
    const struct table *test; /* rows of all hospitals, in the file's units */
};

/* Trains from the task's seed on the rows, standardised by their own moments, and scores on the test rows. */
enum err contest_train(const struct contest *c, const struct table *train, struct metrics *out, struct why *why)
    MUST_USE;
/* Scores the bytes of an exported model. */
enum err contest_score(const struct contest *c, struct bytes model, struct metrics *out, struct why *why) MUST_USE;

/* The rows of all tables one after the other.  ERR_LIMIT, ERR_MEMORY. */
enum err contest_union(const struct table *tables, size_t n, struct table *out) MUST_USE;
