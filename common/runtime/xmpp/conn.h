/*
 * conn -- one connection that wants to be up: resolve, connect, log in, stay,
 * and again when it breaks, with exponential back-off and full jitter.
 *
 * Private to the transport.  Stanzas come in as libstrophe's, go out as text.
 */
#pragma once
#include "common/base/log.h"
#include "common/runtime/xmpp/stanza.h"
#include "common/runtime/xmpp/trouble.h"
#include "common/runtime/xmpp/xmpp.h"

enum {
    CONN_TICK_MS = 200,     /* libstrophe's own timers only fire inside its calls */
    CONN_CALM_MS = 1000,    /* while it is up, and poll tells when there is something to read */
    CONN_LEAVE_MS = 2000,   /* a good-bye takes no longer */
    CONN_SLOW_PONGS = 4,    /* a ping waits so much longer while other stanzas come: the link may only be slow */
    CONN_STABLE_MS = 10000, /* a link that held so long resets the back-off */
    CONN_MAX_QUEUE = 8192   /* stanzas waiting for the socket; then conn_send refuses */
};

struct conn;
struct conn_events {
    void *to;
    void (*link)(void *to, bool up);
    void (*stanza)(void *to, xmpp_stanza_t *s); /* every message, presence and iq */
    void (*tick)(void *to, uint64_t now_ms);    /* every CONN_TICK_MS or CONN_CALM_MS */
    void (*closed)(void *to);                   /* after conn_close; the conn is freed */
};
struct conn_counts {
    uint64_t attempts, connects, breaks, in, out, out_bytes, unqueued;
};

enum err conn_open(const struct xmpp_config *config, const struct conn_events *events, struct log log,
                   struct conn **out, struct why *why) MUST_USE;
void conn_close(struct conn *c); /* asynchronous; the only event that still comes is `closed` */

/* At the next login; at once when none holds.  Copied; ERR_MEMORY: the old one stays. */
enum err conn_set_password(struct conn *c, const char *password) MUST_USE;

/* One whole stanza.  ERR_NETWORK when the link is down, ERR_LIMIT when too many wait or it is too long. */
enum err conn_send(struct conn *c, const struct buf *stanza) MUST_USE;
bool conn_is_up(const struct conn *c);
const char *conn_jid(const struct conn *c); /* full; what we asked for until the broker says */
const char *conn_domain(const struct conn *c);
bool conn_offers_sm(const struct conn *c);                /* XEP-0198, as the broker said at the last login */
uint64_t conn_now_ms(const struct conn *c);               /* the loop's monotonic time */
const struct trouble *conn_trouble(const struct conn *c); /* the last; code OK while up */
unsigned conn_failures(const struct conn *c);             /* in a row */
struct conn_counts conn_counts(const struct conn *c);

/* How long to wait after that many failures in a row: uniform in [0, min(max, first * 2^failures)).  max is smaller
 * when the last try did not reach the broker. */
uint64_t conn_backoff_ms(unsigned failures, bool reached, uint64_t random);
/* The same after so many refusals of the account in a row, which end by hand only; 0 while they are few. */
uint64_t conn_refused_ms(unsigned refusals, uint64_t random);
