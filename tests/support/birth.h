/*
 * birth -- an agent made while memory runs out.
 */
#pragma once
#include "common/runtime/sim.h"

/* Makes the simulation's agent of that name again with core_new, from its own settings, roster and store, on a host
 * that keeps nothing, once for each allocation that may fail, SQLite's excepted.  Asserts that it ends with an error
 * and the store as it was, or with an agent.  Returns how many allocations a birth takes. */
size_t birth_without_memory(struct sim *s, const char *name);
