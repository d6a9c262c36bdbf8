/*
 * run_state -- where a run is, and how far each of its hospitals.
 */
#pragma once
#include "common/base/str.h"

enum run_state {
    RUN_PLANNED,
    RUN_INVITING,    /* who takes part? */
    RUN_STATISTICS,  /* moments of the inputs, for standardising */
    RUN_TRAINING,    /* model out, updates in; in a secure sum shares out and masked updates in */
    RUN_AGGREGATING, /* a worker adds up */
    RUN_EVALUATING,  /* the new model is scored at the hospitals */
    RUN_PAUSED,
    RUN_DONE,
    RUN_FAILED,
    RUN_ABORTED,     /* numbers are stored: new states come behind */
    RUN_PUBLISHING,  /* the model goes into the guardian's log, and hospitals sign that it is there */
    RUN_KEYS,        /* a secure sum begins: header out, keys in */
    RUN_SHARES,      /* keys out, shares in */
    RUN_CONSISTENCY, /* who sent one out, signatures on it in */
    RUN_UNMASKING,   /* signatures out, what takes the masks off the sum in */
    RUN_PERMITTING,  /* before a round: may it be trained?  Passed where the federation has no guardian */
    RUN_STATES
};

enum membership { SITE_INVITED, SITE_JOINED, SITE_DECLINED };
enum answer {
    ANSWER_NONE,  /* not asked in this phase */
    ANSWER_ASKED, /* asked, nothing heard */
    ANSWER_IN,    /* what was asked for is here */
    ANSWER_OUT    /* declined, or what came was refused */
};

extern const char *const run_state_names[RUN_STATES];
const char *run_state_name(unsigned state); /* "training"; also the stage of messages */
unsigned run_state_of(struct str name);     /* RUN_STATES when unknown */
