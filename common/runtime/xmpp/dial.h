/*
 * dial -- the inside of a connection: its state, and the part of it that talks
 * to libstrophe.  For conn.c and dial.c only.
 */
#pragma once
#include "common/runtime/xmpp/conn.h"
#include "common/runtime/xmpp/pump.h"
#include "common/runtime/xmpp/watchdog.h"

enum conn_state {
    CONN_WAITING, /* for the next try */
    CONN_RESOLVING,
    CONN_LOGGING_IN,
    CONN_UP,
    CONN_LEAVING, /* </stream> was said */
    CONN_GONE     /* handles are closing */
};

struct conn {
    uv_loop_t *loop;
    struct conn_events events;
    struct log log;
    char bare[ROSTER_JID_BYTES];
    char full[STANZA_MAX_JID];
    char *password, *host, *ca_file;
    unsigned port;
    uint64_t connect_ms, ping_ms, pong_ms;

    xmpp_mem_t mem;
    xmpp_log_t strophe_log;
    xmpp_ctx_t *ctx;
    xmpp_conn_t *strophe;
    struct pump pump;
    struct watchdog *dog; /* while logging in */

    enum conn_state state;
    uv_timer_t tick, retry;
    uv_getaddrinfo_t resolve;
    bool resolving, leave_forced;
    bool offers_sm;   /* the broker said it has XEP-0198 */
    bool reached;     /* by this try: it said something */
    bool silent;      /* cut because the broker did not answer a ping */
    bool afresh;      /* so the next login does not resume: the broker lost track of us */
    long flags;       /* libstrophe's */
    unsigned handles; /* timers and requests not yet closed */
    unsigned failures;
    unsigned refusals; /* of the account, in a row */
    uint64_t up_ms, heard_ms;
    uint64_t asked_ms, answered_ms; /* a ping is out since, 0 none; the last was answered */
    struct trouble trouble;         /* why the last try failed, or the link broke */
    struct trouble cause;           /* why this try will fail, known before it does */
    struct conn_counts counts;
};

enum err dial_prepare(struct conn *c, bool stream_management) MUST_USE; /* makes the libstrophe objects */
void dial_start(struct conn *c);                                        /* ends in conn_on_up or conn_on_down */

/* conn.c, told by dial.c */
void conn_on_up(struct conn *c);
void conn_on_down(struct conn *c, const struct trouble *why);
void conn_on_stanza(struct conn *c, xmpp_stanza_t *s);
void conn_resolved(struct conn *c); /* the resolver's request has ended */
