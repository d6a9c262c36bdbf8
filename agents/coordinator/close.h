/*
 * close -- how rounds and runs end.
 */
#pragma once
#include "agents/coordinator/run.h"

enum close_reason { CLOSE_TOO_FEW, CLOSE_BROKEN, CLOSE_UNLOGGED, CLOSE_DENIED };

/* Writes the round's row, notes the best model, drops what is no longer needed. */
enum err close_round(struct run *r) MUST_USE;
/* With patience the best round, else the last one that closed. */
uint64_t close_chosen_round(const struct run *r, uint64_t closed);
/* All three publish the chosen model, when a round was closed; with a guardian only the first, for its log has no
 * other.
 */
enum err close_done(struct run *r) MUST_USE;
enum err close_failed(struct run *r, enum close_reason reason) MUST_USE;
enum err close_aborted(struct run *r) MUST_USE; /* head.why was set by who aborted */
