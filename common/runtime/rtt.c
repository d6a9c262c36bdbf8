/* RFC 6298, section 2: smoothed time and its spread.  Karn and Partridge, 1987: the caller measures only what was sent
 * once, and the longer waits stay, for new messages too, until such an answer came; else a peer that always takes
 * longer than the first wait would never be measured. */
#include "common/runtime/rtt.h"

static const double GAIN = 1.0 / 8;        /* alpha */
static const double SPREAD_GAIN = 1.0 / 4; /* beta */
enum { SPREADS = 4 };                      /* K */

void rtt_answered(struct rtt *r, uint64_t after_ms)
{
    double took = (double)after_ms;
    double off = took > r->smoothed_ms ? took - r->smoothed_ms : r->smoothed_ms - took;
    r->spread_ms = r->known ? (1 - SPREAD_GAIN) * r->spread_ms + SPREAD_GAIN * off : took / 2;
    r->smoothed_ms = r->known ? (1 - GAIN) * r->smoothed_ms + GAIN * took : took;
    r->known = true;
    r->backoff = 0;
}

uint64_t rtt_wait_ms(struct rtt *r, unsigned *tries, const struct rtt_bounds *bounds)
{
    double wait = r->smoothed_ms + SPREADS * r->spread_ms;
    if (wait < (double)bounds->least_ms) wait = (double)bounds->least_ms;
    if (*tries > r->backoff) r->backoff = *tries;
    *tries = r->backoff + 1;
    for (unsigned i = 0; i < r->backoff && wait < (double)bounds->most_ms; i++) wait *= 2;
    return wait < (double)bounds->most_ms ? (uint64_t)wait : bounds->most_ms;
}

void rtt_afresh(struct rtt *r) { r->backoff = 0; }

/* RFC 9040, section 3: what is known of one is a first guess for another behind the same bottleneck.  When all answers
 * queue up behind each other the last ones measured are nearly as old as those still to come. */
bool rtt_may_come(const struct rtt *others, uint64_t after_ms)
{
    return others->known && (double)after_ms < 2 * others->smoothed_ms;
}
