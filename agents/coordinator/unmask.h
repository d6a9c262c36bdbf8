/*
 * unmask -- a secure sum without its masks, as one update of the round, on a
 * worker.
 *
 * The masks come off where the sum lies, and its numbers are written away a
 * window of WEIGHTS_WINDOW at a time: memory holds one vector, and the window.
 * With noise the whole vector is rotated back, as doubles in the sum's own
 * memory.  The loop only writes.
 */
#pragma once
#include "agents/coordinator/run.h"

/* Begins it for the sum under way, whose answers are there.  When it is over the mean is stored in place of an update
 * of the round, run->head says so, and its merge begins; or the run gets EVENT_BROKEN.  Of a sum of scores what it
 * tells is stored, or the feed says why it tells nothing, and the run gets EVENT_SCORED.  A coordinator that is started
 * again meanwhile has lost the sum (run_lost_sum). */
enum err unmask_begin(struct run *r) MUST_USE;
