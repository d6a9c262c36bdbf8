/*
 * close -- how rounds and runs end.
 */
#pragma once
#include "agents/coordinator/run.h"

enum close_reason { CLOSE_TOO_FEW, CLOSE_BROKEN };

/* Writes the round's row, notes the best model, drops what is no longer needed. */
enum err close_round(struct run *r) MUST_USE;
/* All three publish a model, when a round was closed: with patience the best round's, else the last one's. */
enum err close_done(struct run *r) MUST_USE;
enum err close_failed(struct run *r, enum close_reason reason) MUST_USE;
enum err close_aborted(struct run *r) MUST_USE; /* head.why was set by who aborted */
