/*
 * crowd -- a federation of many trainers in one process, for measurements: all
 * of them read the same few records and train a small model in a moment.
 */
#pragma once
#include "common/runtime/sim.h"

struct crowd_order {
    uint64_t sites, quorum, rounds;
    uint64_t evaluate_every; /* 0: each round */
    uint64_t hidden;         /* neurons; 0: a logistic model */
    bool on_disk;            /* the coordinator's store is a file, as in production: its journal grows, by design */
    struct sim_faults faults;
};
struct crowd {
    struct sim *sim;
    char dir[64];
};
struct crowd_end {
    char state[32];
    char why[400];
    uint64_t rounds;
    uint64_t updates; /* that were counted */
};

enum err crowd_init(struct crowd *c, const struct crowd_order *order, struct why *why) MUST_USE; /* everybody starts */
void crowd_fini(struct crowd *c); /* right also after a failure */
/* Starts the run, and goes on until it is over or `rounds` rounds of it are closed (0: all).  Returns whether. */
bool crowd_run(struct crowd *c, uint64_t rounds);
enum err crowd_look(struct crowd *c, struct crowd_end *out) MUST_USE;

uint64_t crowd_resident_bytes(void);  /* of this process */
uint64_t crowd_allocated_bytes(void); /* handed out by malloc and not yet given back */
