/*
 * unit_rule -- how each unit is hidden over a whole run, and what a round of it
 * costs: by noise in each step of the training, or in shares for secure sums
 * (common/privacy/secure_plan.h).
 *
 * UNIT: a patient (or, in secure sums, the hospital, where so asked); where the records name none, a record.
 * Neighbours: the same hospital with one more or one less among those it trains on.  Without secure
 * sums how many they are is told in clear, and the rate at which they are drawn follows from it: batch / units, but at
 * most 1.  In secure sums the task names the rate, and nothing here follows from their number.
 */
#pragma once
#include "agents/trainer/plan.h"
#include "common/privacy/accountant.h"

struct unit_rule {
    double epsilon; /* of the whole run, at delta */
    double delta;
    double clip;     /* L2 bound of one unit's gradient in a step */
    uint64_t units;  /* 0: not yet known, nor what follows */
    double noise;    /* standard deviation over clip */
    double rate;     /* chance of a unit to be in a step */
    uint64_t steps;  /* of one round */
    uint64_t rounds; /* of the run; secure sums: as many as are reckoned with */
    bool summed;     /* in shares, for secure sums */
    bool site;       /* the unit is the hospital */
};

/* For a plan of which plan_has_unit says so.  With units 0 only what the task says is filled in.
 * ERR_REFUSED with a sentence when the task's noise does not keep its epsilon, or no noise would. */
enum err unit_rule_make(const struct plan *plan, uint64_t units, struct unit_rule *out, struct why *why) MUST_USE;

/* What to charge for one round; the events of all rounds together are within the rule's epsilon. */
struct privacy_event unit_rule_event(const struct unit_rule *r);

/* Epsilon of so many rounds alone, at this delta. */
double unit_rule_cost(const struct unit_rule *r, uint64_t rounds, double delta);
