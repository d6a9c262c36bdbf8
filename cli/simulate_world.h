/*
 * simulate_world -- the files a simulated federation reads: records dealt out,
 * a policy that allows everything, the task; in a folder that is thrown away.
 */
#pragma once
#include "cli/home.h"
#include "common/base/buf.h"

enum { WORLD_SITE_BYTES = 24 };

struct world {
    struct home home; /* a new folder under TMPDIR or /tmp */
    size_t nsites;
};
struct world_order {
    size_t nsites;
    const char *records; /* CSV */
    const char *task;
    double alpha; /* 0: dealt out evenly */
    uint64_t seed;
};

enum err world_make(const struct world_order *order, struct world *out, struct why *why) MUST_USE;
void world_remove(struct world *w); /* for CLEANUP(); a zeroed one is fine */

char *world_site(size_t i, char out[WORLD_SITE_BYTES]); /* "s1" ... */
/* The settings of the coordinator, and of a site, as YAML. */
void world_coordinator(const struct world *w, struct buf *out);
void world_trainer(const struct world *w, size_t i, struct buf *out);
