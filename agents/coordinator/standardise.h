/*
 * standardise -- a run's first checkpoint, with what its inputs are scaled by.
 */
#pragma once
#include "agents/coordinator/run.h"

/* From nothing, or from the ranges of the data contract, as the task says. */
enum err standardise_by_ranges(struct run *r) MUST_USE;
/* From the moments the hospitals sent, merged in the order of their JIDs. */
enum err standardise_by_moments(struct run *r) MUST_USE;

/* Checks and keeps one hospital's moments.  ERR_INPUT with a sentence when they cannot be. */
enum err standardise_keep(struct run *r, const struct site *s, const struct msg_stats *m, struct why *why) MUST_USE;
