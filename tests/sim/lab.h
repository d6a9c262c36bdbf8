/*
 * lab -- runs a plan of a whole federation and looks at every invariant: the
 * run ends or names whom it waits for, no update is counted twice, none is
 * lost once acknowledged, a replayed journal gives the same state, nothing
 * off schema leaves, a spent budget sends nothing.
 */
#pragma once
#include "tests/sim/coverage.h"
#include "tests/sim/federation.h"
#include "tests/sim/schedules.h"

/* What all plans of one shape share: their files, and the end of their undisturbed run. */
struct shape {
    bool made;
    struct plan plan;
    struct federation_files files;
    struct federation_end calm;
};
enum { LAB_MAX_ROWS = 32 };
struct lab {
    const struct schedule_row *rows;
    struct shape shapes[LAB_MAX_ROWS + 1]; /* by row; the last is for plans that were made smaller */
    struct coverage coverage;
};

struct lab *lab_new(const struct schedule_row *rows); /* NULL out of memory */
void lab_free(struct lab *l);
void lab_run(void *lab, const struct plan *p, struct outcome *out); /* a plan_run_fn */
