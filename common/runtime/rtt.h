/*
 * rtt -- how long a peer takes to acknowledge, and so how long to wait before
 * a message goes to it again.
 *
 * One per peer, of plain numbers: zeroed is ready, nothing to free.  Times are
 * milliseconds.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct rtt {
    double smoothed_ms, spread_ms; /* SRTT and RTTVAR */
    bool known;                    /* at least one answer was measured */
    unsigned backoff;              /* how often the wait is doubled until an answer is measured */
};

/* Bounds of a wait, before it is doubled and after; the least one is also the first. */
struct rtt_bounds {
    uint64_t least_ms, most_ms;
};

/* A message that was sent once was answered after so long. */
void rtt_answered(struct rtt *r, uint64_t after_ms);
/* How long to wait for the answer to a message that goes out now.  tries: 0 at first, kept with the message, and
 * raised here: the next wait for it is longer. */
uint64_t rtt_wait_ms(struct rtt *r, unsigned *tries, const struct rtt_bounds *bounds);
/* Whether the answer to a message of so long ago may well be on its way: others take half as long, or longer. */
bool rtt_may_come(const struct rtt *others, uint64_t after_ms);
/* The way there is another one now: what was waited in vain says nothing of it. */
void rtt_afresh(struct rtt *r);
