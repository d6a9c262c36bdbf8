/*
 * rationed -- a guardian's budget that does not last for the rounds asked for:
 * what it permitted, in its store.
 */
#pragma once
#include "common/runtime/sim.h"

#define RATIONED_EPSILON 3.0
#define RATIONED_NOISE_MAX 50.0

/* Each permit raised the noise, each hospital paid for more than was asked for, no ledger is over its budget, and
 * nothing was found to go against a permit.  ERR_BUG with the sentence that says what broke it. */
enum err rationed_check(struct sim *sim, struct why *why) MUST_USE;
