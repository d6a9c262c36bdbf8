/*
 * clock -- the operating system's two clocks, and how a time is written.
 *
 * Agents never call these: they ask the runtime, which is the real clock in
 * production and virtual time in a simulation.
 */
#pragma once
#include <stdint.h>

enum { CLOCK_STAMP_BYTES = 32 };

uint64_t clock_mono_ms(void); /* monotonic; for durations and deadlines inside one process */
int64_t clock_wall_ms(void);  /* since 1970-01-01 UTC; for what is written down */

/* "2026-11-21T06:24:01.123Z" into out (RFC 3339); returns out. */
char *clock_stamp(int64_t wall_ms, char out[CLOCK_STAMP_BYTES]);
