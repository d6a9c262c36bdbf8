/*
 * xmpp -- an agent on an XMPP broker: the transport of production.
 *
 * One connection an agent, on the caller's uv loop.  TLS always, the
 * broker's certificate always verified; SCRAM; reconnects for ever with
 * jittered back-off; presence, commands (XEP-0050) and files (XEP-0363).
 * Nothing here blocks the loop but libstrophe's TLS handshake, which is
 * bounded by connect_ms.  Single-threaded.
 */
#pragma once
#include "common/runtime/core.h"

struct uv_loop_s;

/* The resource agents log in with, so that anyone who knows the bare JID can address the process. */
#define XMPP_AGENT_RESOURCE "agent"
enum {
    XMPP_CONNECT_MS = 15000, /* fall-backs for the zeros of struct xmpp_config */
    XMPP_PING_MS = 30000,
    XMPP_PONG_MS = 15000,
    XMPP_BACKOFF_FIRST_MS = 500, /* the longest wait after the first failure; doubled with each further one */
    XMPP_BACKOFF_MAX_MS = 30000,
    XMPP_BACKOFF_UNHEARD_MS = 3000, /* the longest while the broker is not even reached: such a try costs it nothing */
    XMPP_REFUSED_TRIES = 10, /* refusals of the account in a row, in a minute or so: not the broker's beginning */
    XMPP_BACKOFF_REFUSED_MS = 300000 /* from then on, at most; no sooner than half of it */
};

struct xmpp_config {        /* all texts are copied */
    const char *jid;        /* bare */
    const char *password;   /* the copy inside libstrophe cannot be wiped */
    const char *host;       /* name or address; NULL: the JID's domain.  The certificate must name the domain */
    uint16_t port;          /* 0: 5222 */
    const char *resource;   /* NULL: XMPP_AGENT_RESOURCE */
    const char *ca_file;    /* the only authority trusted, also set as SSL_CERT_FILE; NULL: the system's */
    bool stream_management; /* XEP-0198: a cut link loses no chat line, at a fifth to half of the throughput; what the
                               core sends needs none of it, and is repeated by both */
    uint64_t connect_ms;    /* from the first packet to logged in */
    uint64_t ping_ms;       /* how often we ask whether the broker hears us */
    uint64_t pong_ms;       /* how long it may take to answer */
    const char *upload;     /* JID of the upload service; NULL: found by discovery */
    struct uv_loop_s *loop; /* borrowed; must run until xmpp_close has finished */
};

struct xmpp;

/* Starts connecting and returns at once; link and packets come as core_on_... events on the loop.  ERR_SETTING names
 * what is wrong with the config (the CA file is looked at: blocks on the disk), ERR_MEMORY.  core is borrowed until
 * xmpp_close. */
enum err xmpp_open(const struct xmpp_config *config, struct agent *core, struct log log, struct xmpp **out,
                   struct why *why) MUST_USE;
struct transport xmpp_transport(struct xmpp *x); /* for core_attach; valid until xmpp_close */

/* The account's password changed: used at the next login.  Copied. */
enum err xmpp_set_password(struct xmpp *x, const char *password) MUST_USE;

/* Says good-bye and frees everything on the loop, within two seconds; then calls closed (may be NULL).  No event
 * reaches the core after the call.  NULL is fine (closed is then called at once). */
typedef void xmpp_closed_fn(void *to);
void xmpp_close(struct xmpp *x, xmpp_closed_fn *closed, void *to);

/* Why there is no link, in words, and what kind of error it was; "" and OK when it is up. */
const char *xmpp_status(const struct xmpp *x);
enum err xmpp_error_code(const struct xmpp *x);
void xmpp_metrics(const struct xmpp *x, struct buf *out); /* appends Prometheus text */
