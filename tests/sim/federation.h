/*
 * federation -- a small federation to be simulated: a coordinator, hospitals
 * with a few made-up records each, an operator; and the eye that looks at all
 * that leaves any of them.
 */
#pragma once
#include "common/runtime/sim.h"

enum { FEDERATION_MAX_SITES = 8, FEDERATION_MAX_SEEN = 4096 };

/* One thing said by somebody about a run and round, and whether the coordinator acknowledged it. */
struct seen_update {
    char from[ROSTER_JID_BYTES];
    char id[MSG_ID_BYTES];
    char run[MSG_RUN_BYTES];
    uint64_t round;
    bool acked;
};
struct federation {
    struct sim *sim;
    char dir[64]; /* files of the hospitals; removed by federation_fini */
    unsigned sites;
    struct seen_update *updates; /* each id once */
    size_t nupdates;
    uint64_t off_schema; /* packets that were no message of the schema */
    uint64_t from_spent; /* updates from the hospital whose budget is spent */
    const char *spent;   /* its name, or NULL */
};

struct federation_plan {
    uint64_t seed;
    struct sim_faults faults;
    unsigned sites; /* hospital-0 ... */
    unsigned quorum;
    unsigned rounds;
    bool noise;     /* local differential privacy, Gaussian */
    bool one_spent; /* the last hospital's budget does not allow one round */
    bool moments;   /* federated standardisation */
};

/* ERR_IO and friends, with a sentence; federation_fini is right also after a failure. */
enum err federation_init(struct federation *f, const struct federation_plan *plan, struct why *why) MUST_USE;
void federation_fini(struct federation *f);

/* Has the operator start the run (asking again until it is there), and runs until it is over or the virtual hour is. */
bool federation_run(struct federation *f);

/* How it stands, read from the coordinator's store. */
struct federation_end {
    char state[MSG_STAGE_BYTES]; /* of the last run; "" when there is none */
    char why[500];
    uint64_t rounds;
    uint64_t open_late; /* late or refused updates of a round that never closed */
    char model[65];     /* SHA-256 of its newest model */
};
enum err federation_look(struct federation *f, struct federation_end *out, struct why *why) MUST_USE;

/* Each invariant: OK, or ERR_BUG and the sentence that says what broke it. */
enum err federation_check(struct federation *f, struct why *why) MUST_USE;
