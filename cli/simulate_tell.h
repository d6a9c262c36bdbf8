/*
 * simulate_tell -- what came of a simulation: a table, a picture of characters,
 * and one of lines.
 */
#pragma once
#include "agents/coordinator/journal.h"
#include "cli/draw.h"
#include "common/runtime/sim.h"
#include "common/wire/result.h"

struct told {
    const char *run, *task, *why;
    size_t nsites;
    size_t copies;        /* times over that the records were dealt out */
    size_t site_rows;     /* records of a site are about so many, when copies > 1 */
    double setup_seconds; /* of the machine: dealing records out, starting the agents */
    double real_seconds;  /* of the machine: the run */
    double virtual_seconds;
    uint64_t agents_bytes; /* resident memory that came with the agents and their run */
    uint64_t peak_bytes;   /* resident memory of this process at its most */
    struct sim_counts counts;
    const struct round_row *rows;
    size_t nrows;
};

uint64_t told_resident_bytes(void); /* of this process now; 0: not known */
uint64_t told_peak_bytes(void);

void tell_table(const struct told *t, struct result *r);
/* Convergence, bytes and time by rounds, a line each.  ERR_MEMORY. */
enum err tell_picture(const struct told *t, const struct look *l, struct buf *out) MUST_USE;
enum err tell_svg(const struct told *t, struct buf *out) MUST_USE;
