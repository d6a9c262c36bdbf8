/*
 * tap -- how simulations and end-to-end programs report: Test Anything
 * Protocol lines.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>

struct tap {
    unsigned count;
    unsigned failed;
};

/* "ok N - what" or "not ok N - what"; what is a printf format. */
void tap_is(struct tap *t, bool ok, const char *format, ...) PRINTF(3, 4);
void tap_skip(struct tap *t, const char *what, const char *reason);
void tap_note(const char *format, ...) PRINTF(1, 2); /* a "# ..." line */
int tap_end(const struct tap *t);                    /* prints the plan; the exit code */
