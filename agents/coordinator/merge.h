/*
 * merge -- a round's updates into the next model, on a worker.
 *
 * Updates are read from the store a batch at a time, in the order of hospital
 * and round, so that memory holds one sum and one batch whatever the number of
 * hospitals, and the same updates give the same model, bit for bit.
 */
#pragma once
#include "agents/coordinator/run.h"

/* Begins the merge of the present round.  When it is over the run gets EVENT_MERGED, with checkpoint and optimiser
 * memory stored and the updates dropped, or EVENT_BROKEN.  After a restart simply begin again. */
enum err merge_begin(struct run *r) MUST_USE;
