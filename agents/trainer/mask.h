/*
 * mask -- a hospital's numbers masked for a secure sum, on a worker.
 *
 * A window of MASK_WINDOW numbers at a time is turned into units, masked and
 * packed there; the loop appends it to what will be sent.  So memory holds the
 * numbers as training left them and the window, never the vector beside them.
 */
#pragma once
#include "agents/trainer/trainer.h"

enum { MASK_WINDOW = 1 << 17 };

/* Takes the numbers of the run's secure sum, for which the others' shares came, and uses up its masks.  When it is over
 * the masked vector is stored under mask_key and trainer_masked is called; where it fails, the sum is refused in words.
 * A sum that was given up meanwhile is let go. */
enum err mask_begin(struct trainer *t, struct run *run) MUST_USE;
const char *mask_key(char out[RUN_KEY_BYTES], const char *run); /* vector/<run> */
