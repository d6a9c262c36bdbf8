/*
 * round -- the protocol of a run, as one table (round.c).
 */
#pragma once
#include "agents/coordinator/run.h"
#include "common/runtime/fsm.h"

enum run_event {
    EVENT_START,
    EVENT_CHANGED,  /* a hospital answered, declined, joined or went away */
    EVENT_DEADLINE, /* the phase's time is over */
    EVENT_MERGED,   /* the new model is stored */
    EVENT_SCORED,   /* what a secure sum told of its scores is stored */
    EVENT_BROKEN,   /* it could not be made; run->broken says why */
    EVENT_LOST,     /* the secure sum under way went with the process that held it */
    EVENT_PAUSE,
    EVENT_RESUME,
    EVENT_ABORT,
    EVENT_PERMITTED, /* the guardian's permit is stored, or none is wanted */
    EVENT_DENIED,    /* run->broken says why */
    EVENT_COUNT
};

const struct fsm *round_fsm(void);
const char *round_event_name(unsigned event);

/* Steps the run: finds the row, runs its action, moves the state, arms the phase's deadline, and writes head, site and
 * journal rows.  site: the hospital the event is about, or NULL.  ERR_STATE, and nothing happened, when no row fits. */
enum err round_step(struct run *r, enum run_event event, struct site *site) MUST_USE;
