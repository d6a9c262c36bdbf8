/*
 * fsm -- a state machine is a table.
 *
 * Record the fact first, then step: the first row whose state, event and guard
 * match wins.  Guards are read-only.  An action that fails leaves the state.
 * No row: ERR_STATE, to be counted, never fatal.  Every waiting state has a
 * row for the deadline event, so nothing waits without a bound.
 */
#pragma once
#include "common/base/buf.h"

enum { FSM_ANY = 0xffff, FSM_MAX_STATES = 32, FSM_MAX_EVENTS = 32 };

typedef bool fsm_guard_fn(const void *self);
typedef enum err fsm_action_fn(void *self);

struct fsm_edge {
    unsigned in;           /* state, or FSM_ANY */
    unsigned on;           /* event */
    fsm_guard_fn *guard;   /* NULL: always */
    fsm_action_fn *action; /* NULL: nothing to do */
    unsigned then;
    const char *guard_name; /* for the picture */
    const char *action_name;
};
/* { FSM_ROW(COLLECTING, UPDATE, everyone_answered, merge, MERGING) } */
#define FSM_ROW(in_, on_, guard_, action_, then_) in_, on_, guard_, action_, then_, #guard_, #action_

struct fsm {
    const char *name;
    const struct fsm_edge *edges;
    size_t nedges;
    const char *const *states; /* names by number */
    unsigned nstates;
    const char *const *events;
    unsigned nevents;
    unsigned initial;
    unsigned deadline; /* the event that bounds waiting */
    uint32_t resting;  /* bit set of states that may wait for ever (idle, ended) */
    uint32_t final;    /* bit set of states nothing leaves */
};

const struct fsm_edge *fsm_find(const struct fsm *f, const void *self, unsigned state,
                                unsigned event); /* NULL: no row */

/* Finds the row, runs its action, and moves *state.  ERR_STATE when there is no row, or the action's error: *state
 * stays. *out_edge (may be NULL) is the row taken. */
enum err fsm_step(const struct fsm *f, void *self, unsigned *state, unsigned event, const struct fsm_edge **out_edge)
    MUST_USE;

/* ERR_BUG and a sentence for the first defect: a state or event out of range, a state that cannot be reached, one with
 * no way out that is not final, a waiting state without an unguarded deadline row, a row that an earlier one always
 * hides. */
enum err fsm_defect(const struct fsm *f, struct why *why) MUST_USE;

void fsm_print_dot(const struct fsm *f, struct buf *out); /* Graphviz */
