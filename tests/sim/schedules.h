/*
 * schedules -- runs many seeds of a table of plans, in turns, and makes a
 * failing one short.
 *
 *   sim-x                      SIM_SCHEDULES of them (or the program's own number), and then on until SIM_SECONDS of
 *                              real time have passed; from the SIM_FIRST-th on, so that others than before run
 *   sim-x row=3 seed=17 ...    this one, as a failure printed it
 */
#pragma once
#include "tests/sim/shrink.h"
#include "tests/support/tap.h"

struct schedule_row {
    const char *name;
    struct plan plan;
    bool must_finish; /* and with the model of the undisturbed run, bit for bit */
};
struct schedules {
    const char *program;
    const struct schedule_row *rows;
    size_t nrows;
    uint64_t fallback; /* how many without SIM_SCHEDULES */
    plan_run_fn *run;
    void *self;
};

/* One TAP line a row, and one with the number run.  Returns how many were run. */
uint64_t schedules_run(const struct schedules *all, struct tap *t, int argc, char **argv);
