/*
 * shrink -- from a schedule that fails to a short one that still does.
 *
 * What was random is written down strike by strike, then strikes are left out
 * (half of them, a quarter, ... one: Zeller & Hildebrandt 2002,
 * doi:10.1109/32.988498), kinds of faults are turned off, and hospitals,
 * rounds and times are made fewer, for as long as it goes on failing.
 */
#pragma once
#include "tests/sim/plan.h"

enum { SHRINK_MAX_RUNS = 600 };

/* What a run of a plan showed. */
struct outcome {
    bool failed;
    struct why why;                              /* it failed */
    struct sim_strike strikes[PLAN_MAX_STRIKES]; /* the random ones */
    size_t nstrikes;
    bool too_many_strikes; /* to be written down */
};
typedef void plan_run_fn(void *self, const struct plan *p, struct outcome *out);

void outcome_take_strikes(struct outcome *out, const struct sim *s);

/* *p fails, as `out` shows; afterwards both are the smallest that was found.  Returns the number of runs it took. */
unsigned shrink(struct plan *p, struct outcome *out, plan_run_fn *run, void *self);
