/*
 * simulate_world -- the files a simulated federation reads: records dealt out,
 * a policy that allows everything, the task; in a folder that is thrown away.
 */
#pragma once
#include "cli/home.h"
#include "common/base/buf.h"

enum { WORLD_SITE_BYTES = 24 };

enum { WORLD_SITE_RECORDS = 40 }; /* each site has at least about so many */

struct world {
    struct home home; /* a new folder under TMPDIR or /tmp */
    size_t nsites;
    size_t copies; /* times over that the file's records were dealt out, so that each site has some */
};
struct world_order {
    size_t nsites;
    const char *records; /* CSV */
    const char *task;
    uint64_t rounds; /* instead of the task's own; 0: as it says */
    double alpha;    /* 0: dealt out evenly */
    uint64_t seed;
};

enum err world_make(const struct world_order *order, struct world *out, struct why *why) MUST_USE;
void world_remove(struct world *w); /* for CLEANUP(); a zeroed one is fine */

char *world_site(size_t i, char out[WORLD_SITE_BYTES]); /* "s1" ... */
/* The settings of the coordinator, and of a site, as YAML. */
void world_coordinator(const struct world *w, struct buf *out);
void world_trainer(const struct world *w, size_t i, struct buf *out);
