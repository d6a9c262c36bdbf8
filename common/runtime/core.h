/*
 * core -- one running agent, driven from outside.
 *
 * The loop (uv or simulation) owns a core and feeds it events; the core runs
 * the agent's functions in transactions and hands what results to the
 * transport.  Single-threaded.
 */
#pragma once
#include "common/crypto/identity.h"
#include "common/runtime/screen.h"
#include "common/runtime/transport.h"

/* Two of the largest models there can be (TENSOR_SET_MAX_ELEMENTS). */
#define CORE_HALF_BYTES ((uint64_t)2 << 30)

struct core_config {
    const struct agent_def *def;
    const char *jid;                 /* bare; copied */
    const struct settings *settings; /* borrowed for the core's life, as all below */
    const struct roster *roster;
    struct store *store;
    struct host host;
    struct log log;
    struct screen *screen;           /* NULL: no free text leaves; counts and the roster are kept in it */
    uint64_t half_bytes;             /* of unfinished attachments of one peer, at most; 0: CORE_HALF_BYTES */
    struct identity identity;        /* opens attachments sent to us; copied */
    const struct identity *previous; /* what was sealed before the key changed; copied; NULL: none */
    void (*renew)(void *self); /* something is sealed to none of these: core_on_identity, if they have changed.  NULL:
                                  they do not, but for core_on_identity */
    void *renew_self;
};

enum err core_new(const struct core_config *config, struct agent **out, struct why *why) MUST_USE; /* runs def->init */
void core_free(struct agent *a);                              /* runs def->fini; NULL is fine */
void core_attach(struct agent *a, const struct transport *t); /* before any event; copied; NULL detaches */

/* Events. */
/* The roster changed: r is used from now on, and the old one may be freed on return.  Who is no member any more is
 * refused at once; the agent is rebuilt from its store, as after a restart.  ERR_...: rebuilding is tried again later.
 */
enum err core_on_roster(struct agent *a, const struct roster *r, struct why *why) MUST_USE;
/* Our key changed: what was sealed to the previous one (NULL: none) can still be opened.  Both are copied. */
void core_on_identity(struct agent *a, const struct identity *now, const struct identity *previous);
void core_on_link(struct agent *a, bool up);
void core_on_packet(struct agent *a, const struct packet *p);
void core_on_presence(struct agent *a, const char *jid, bool online);
/* A structured call (ad-hoc command, gateway); the answer goes to transport->answer(call_id).  Unknown commands and
 * wrong arguments are answered too. */
void core_on_invoke(struct agent *a, uint64_t call_id, const char *from, struct str command,
                    const struct arg_pair *pairs, size_t n);
void core_on_bounce(struct agent *a, const char *jid); /* a stanza to jid came back as an error: it is not there */
void core_on_timer(struct agent *a, uint64_t token);
void core_on_job(struct agent *a, uint64_t token);
void core_on_stored(struct agent *a, uint64_t token, enum err e, struct str url);
void core_on_fetched(struct agent *a, uint64_t token, enum err e, struct bytes data);

/* Looking in. */
const struct agent_def *core_def(const struct agent *a);
const void *core_state(const struct agent *a);             /* the agent's own state, for tests */
bool core_ready(const struct agent *a);                    /* link up and init done */
const char *core_trouble(const struct agent *a);           /* why init is not done, or ""; the link is not looked at */
size_t core_outbox(const struct agent *a);                 /* messages not yet acknowledged */
void core_metrics(const struct agent *a, struct buf *out); /* Prometheus text */
/* Commands a role may see; for disco items and forms. */
const struct command *core_commands(const struct agent *a);
unsigned core_role_of(const struct agent *a, const char *jid);
