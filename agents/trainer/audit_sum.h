/*
 * audit_sum -- a round of noise in shares, as an audit sees it: the sum of this
 * hospital's vector alone, under the noise that all honest ones together would
 * have put in.  That is the most anybody could learn of it, and what the task's
 * epsilon is claimed for.
 */
#pragma once
#include "agents/trainer/secure_vector.h"

struct audit_sum {
    const struct plan *plan;
    uint64_t round;
    uint64_t units;     /* what the mean gradient is taken over */
    const uint8_t *key; /* of this round alone */
};

/* Puts the trained result through the sum and takes the step it gives; for a plan of which plan_is_summed says so.
 * secure_plan_of's errors and secure_vector_fill's. */
enum err audit_sum_step(const struct audit_sum *s, struct trained *trained, struct tensor_set *weights, struct why *why)
    MUST_USE;
