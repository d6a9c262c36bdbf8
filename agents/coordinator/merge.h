/*
 * merge -- a round's updates into the next model, on a worker.
 *
 * The model is made a window of WEIGHTS_WINDOW numbers at a time: for each, the
 * updates' numbers are read from the store in the order of hospital and round,
 * added, and the step is taken; the window is written behind the others.  So
 * memory holds some windows whatever the size of the model and the number of
 * hospitals, and the same updates give the same model, bit for bit.
 *
 * The optimiser's memory is kept likewise: for each window its doubles, as
 * server_opt.h lays them out for that many numbers.
 */
#pragma once
#include "agents/coordinator/run.h"

/* Begins the merge of the present round.  When it is over the run gets EVENT_MERGED, with checkpoint and optimiser
 * memory stored and the updates dropped, or EVENT_BROKEN.  After a restart simply begin again. */
enum err merge_begin(struct run *r) MUST_USE;
