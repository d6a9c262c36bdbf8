/*
 * session -- a connection that speaks XMPP for somebody: sorts what comes in,
 * answers what every client answers, keeps questions until they are answered.
 *
 * The agent's transport (xmpp.c) and the tools' client (client.c) are two
 * tables of struct xmpp_events over it.
 */
#pragma once
#include "common/runtime/xmpp/adhoc.h"
#include "common/runtime/xmpp/conn.h"

enum { SESSION_MAX_ASKS = 256, SESSION_ASK_MS = 30000 };

struct xmpp_events { /* any may be NULL */
    void *to;
    void (*link)(void *to, bool up);
    void (*packet)(void *to, const struct packet *p);
    void (*presence)(void *to, const char *bare_jid, bool online);
    void (*bounce)(void *to, const char *bare_jid); /* a message to it came back */
    void (*closed)(void *to);
};

struct session;

/* commands (may be NULL) is borrowed until closed. */
enum err session_open(const struct xmpp_config *config, const struct xmpp_events *events, struct adhoc *commands,
                      struct log log, struct session **out, struct why *why) MUST_USE;
void session_close(struct session *s); /* asynchronous; the only event that still comes is `closed` */

enum err session_set_password(struct session *s, const char *password) MUST_USE; /* as conn_set_password */
/* ERR_NETWORK when the link is down, ERR_LIMIT when too much waits. */
enum err session_send(struct session *s, const struct packet *p) MUST_USE;
enum err session_show(struct session *s, const char *to, bool online) MUST_USE; /* directed presence */
enum err session_send_raw(struct session *s, const struct buf *stanza) MUST_USE;

/* Sends <iq type= to=>content</iq>; fn gets the answer once: the stanza (type result or error) and OK, or NULL and
 * ERR_TIMEOUT or ERR_NETWORK.  Not called when session_ask fails, nor after session_close. */
typedef void session_answer_fn(void *to, enum err e, xmpp_stanza_t *answer);
struct question {
    const char *type; /* "get" or "set" */
    const char *to;
    struct str content;
    uint64_t timeout_ms; /* 0: SESSION_ASK_MS */
    session_answer_fn *fn;
    void *arg;
};
enum err session_ask(struct session *s, const struct question *q) MUST_USE;

const struct conn *session_conn(const struct session *s);
void session_metrics(const struct session *s, struct buf *out);
