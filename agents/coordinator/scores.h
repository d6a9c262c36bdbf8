/*
 * scores -- what the hospitals counted when they scored the round's model.
 */
#pragma once
#include "agents/coordinator/run.h"
#include "common/learn/metrics.h"

enum { SCORES_MAX_LOSS = 1000 }; /* believed, in nats, of a record that was told wrongly: float32 itself ends at 88 */

/* Checks one hospital's counts, keeps them, and notes sums on the site.  ERR_INPUT with a sentence. */
enum err scores_keep(struct run *r, struct site *s, const struct msg_evaluation *m, struct why *why) MUST_USE;
/* What all hospitals together counted, of a secure sum. */
enum err scores_keep_sum(struct run *r, const struct tally *all) MUST_USE;
/* All of the present round, merged in the order of the JIDs; count is 0 when nobody scored. */
enum err scores_merge(struct run *r, struct metrics *out) MUST_USE;
enum err scores_drop(struct run *r) MUST_USE;

/* The tally a message holds; pure.  ERR_INPUT with a sentence. */
enum err scores_tally(size_t nclasses, const struct msg_evaluation *m, struct tally *out, struct why *why) MUST_USE;
