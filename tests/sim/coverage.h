/*
 * coverage -- which rows of the protocol's table the simulations have taken.
 *
 * Every step of a run is journalled as (from, event, to), and no two rows of
 * the table share all three, so the journals say which rows were taken.
 */
#pragma once
#include "agents/coordinator/round.h"
#include "common/runtime/store.h"
#include "tests/support/tap.h"

enum { COVERAGE_MAX_ROWS = 128 };
struct coverage {
    uint64_t taken[COVERAGE_MAX_ROWS];
};

/* Counts the journals of a coordinator's store.  ERR_BUG for a step that is no row. */
enum err coverage_add(struct coverage *c, struct store *s, struct why *why) MUST_USE;
/* "N of M rows taken", of those to do with secure sums or of all others, and a note for each that was not. */
void coverage_tell(const struct coverage *c, bool of_sums, struct tap *t);
