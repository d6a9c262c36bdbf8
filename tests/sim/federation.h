/*
 * federation -- a small federation to be simulated: a coordinator, hospitals
 * with a few made-up records each, an operator; and the eye that looks at all
 * that leaves any of them.
 */
#pragma once
#include "tests/sim/answered.h"
#include "tests/sim/paid.h"
#include "tests/sim/plan.h"
#include "tests/sim/vandal.h"

enum { FEDERATION_MAX_SITES = 100, FEDERATION_MAX_SEEN = 4096, FEDERATION_NAME_BYTES = 40 };

/* One thing said by somebody about a run and round, and whether the coordinator acknowledged it. */
struct seen_update {
    char from[ROSTER_JID_BYTES];
    char id[MSG_ID_BYTES];
    char run[MSG_RUN_BYTES];
    uint64_t round;
    bool acked;
};
/* What the agents read: made once for all plans of one shape. */
struct federation_files {
    char dir[64];
    uint64_t sites;
};
/* ERR_IO with a sentence; federation_files_remove is right also after a failure. */
enum err federation_files_make(struct federation_files *files, const struct plan *plan, struct why *why) MUST_USE;
void federation_files_remove(struct federation_files *files);

struct federation {
    struct sim *sim;
    const struct federation_files *files;
    const struct plan *plan;
    struct seen_update *updates; /* each id once */
    size_t nupdates;
    uint64_t packets;
    uint64_t off_schema; /* packets that were no message of the schema */
    uint64_t unmasked;   /* messages with one hospital's scores */
    uint64_t counted;    /* messages with one hospital's number of records */
    struct paid paid;    /* vectors of secure sums with noise */
    struct answered answered;
    struct vandal vandal;
    uint64_t from_spent;               /* updates from the hospital whose budget is spent */
    char spent[FEDERATION_NAME_BYTES]; /* its name, or "" */
    uint64_t looked_ms;                /* whether it is over is looked at only so often */
};

/* Borrows both.  ERR_IO and friends, with a sentence; federation_fini is right also after a failure. */
enum err federation_init(struct federation *f, const struct plan *plan, const struct federation_files *files,
                         struct why *why) MUST_USE;
void federation_fini(struct federation *f);

void federation_hospital(uint64_t i, char out[FEDERATION_NAME_BYTES]);

/* Has the operator start the run (asking again until it is there) ... */
void federation_begin(struct federation *f);
/* ... and meddle with it, until it is over or two virtual hours are. */
bool federation_finish(struct federation *f);
bool federation_run(struct federation *f); /* both */

/* How it stands, read from the coordinator's store. */
struct federation_end {
    char state[MSG_STAGE_BYTES]; /* of the last run; "" when there is none */
    char why[500];
    uint64_t rounds;
    uint64_t sums;      /* secure ones that were begun */
    uint64_t open_late; /* late or refused updates of a round that never closed */
    char model[65];     /* SHA-256 of its newest model */
};
enum err federation_look(struct federation *f, struct federation_end *out, struct why *why) MUST_USE;

/* Each invariant: OK, or ERR_BUG and the sentence that says what broke it. */
enum err federation_check(struct federation *f, struct why *why) MUST_USE;
