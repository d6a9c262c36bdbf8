/*
 * progress -- what keeps a phase waiting beyond its deadline: models on their way.
 *
 * A phase ends when it has waited as long as its task says, and in that time
 * nothing of an attachment came through between the coordinator and any of the
 * hospitals it waits for: for lack of progress, not for slowness.  What moves
 * is known from the runtime (agent_moved) and from the hospitals' heartbeats.
 * A hospital that only claims to move cannot hold a run up for ever: in each
 * phase so many moves count as the model has chunks to move, with a margin.
 */
#pragma once
#include "agents/coordinator/run.h"

/* Looks at those waited for; when something moved, the phase has its whole time again. */
enum err progress_note(struct run *r) MUST_USE;
uint64_t progress_left_ms(const struct run *r); /* of a phase whose deadline is over; 0: it ends */
