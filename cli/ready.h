/*
 * ready -- waiting until a federation's agents are ready, or one of them will not be.
 *
 * Given up before the deadline when a process ended for good or again and again, when one wrote an error and was not
 * ready soon after, or when a disk is full, where no process can write of it.  The agent's own words are told, of what
 * it wrote since ready_begin().
 */
#pragma once
#include "cli/setup.h"
#include <signal.h>

enum { READY_LINE_BYTES = 300, READY_LEAST_FREE_BYTES = 1 << 20 };

/* Told how many are ready, again and again. */
typedef void ready_told_fn(const void *to, size_t ready, size_t all);

struct ready {
    const struct home *home;
    const struct setup *setup;
    ready_told_fn *told; /* may be NULL */
    const void *to;
    sigset_t ends;        /* blocked by the caller; one that comes ends the waiting */
    uint64_t deadline_ms; /* from ready_wait() on */
    uint64_t hope_ms;     /* for one that wrote an error to become ready all the same */
    /* the rest is ours */
    bool is_ready[SETUP_MAX_AGENTS];
    long before[SETUP_MAX_AGENTS]; /* bytes of its log that are of earlier */
    size_t wrong;                  /* who wrote an error; nagents: nobody */
    uint64_t wrong_since_ms;
    char wrong_line[READY_LINE_BYTES];
};

/* ERR_IO when a disk that the federation writes on is full, with what to do. */
enum err ready_need_room(const struct home *h, const struct setup *s, struct why *why) MUST_USE;

/* Before the agents are started.  The fields of the caller are set. */
void ready_begin(struct ready *r);
/* Blocks.  What an agent ended with; ERR_STATE when interrupted; ERR_TIMEOUT names the first that is not ready. */
enum err ready_wait(struct ready *r, struct why *why) MUST_USE;
