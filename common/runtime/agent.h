/*
 * agent -- an agent is a value.
 *
 * agents/<name>/agent.c is a page of tables and one `const struct agent_def`.
 * The runtime derives the rest: --help, settings, dispatch by schema with role
 * check, --describe, counters, probes, logs, delivery.  An agent knows neither
 * its transport nor its clock, disk or dice: everything it may do is below.
 *
 * EVERY EVENT IS ONE TRANSACTION.  A message, call, tick, timer or finished job runs one function.  What it puts into
 * the store and what it sends are committed together and only then leave the process; when it fails nothing happened.
 * A function that returns a PEER or LIMIT error must not have changed its state before; after any other failure the
 * runtime throws the state away and calls init again, which rebuilds it from the store, as after a crash.
 */
#pragma once
#include "common/base/log.h"
#include "common/crypto/sign.h"
#include "common/runtime/roster.h"
#include "common/runtime/settings.h"
#include "common/runtime/store.h"
#include "common/wire/command.h"
#include "common/wire/msg.h"
#include "common/wire/result.h"

struct agent;

typedef enum err agent_init_fn(struct agent *a, void *self, struct why *why);
typedef void agent_fini_fn(void *self);
typedef enum err agent_handler_fn(struct agent *a, void *self, const struct msg *m);
/* Bytes that the message's attachment can have at most; 0: nobody waits for it.  Asked before they are fetched. */
typedef uint64_t agent_room_fn(void *self, const struct msg *m);
typedef enum err agent_tick_fn(struct agent *a, void *self);
typedef enum err agent_timer_fn(struct agent *a, void *self, uint64_t arg);
typedef enum err agent_presence_fn(struct agent *a, void *self, const struct member *who, bool online);
typedef void agent_gauges_fn(const void *self, struct buf *metrics); /* appends Prometheus text */

struct agent_handler {
    enum msg_type on;
    agent_handler_fn *run;
    enum msg_type reply; /* what it may answer with at once; MSG_NONE */
    bool again; /* the same attachment may come under another message, too: it is kept, and not fetched again */
    agent_room_fn *room; /* NULL: as long as the setting `unfinished_mb` allows */
};
struct agent_ticker {
    const char *period_setting; /* name of a SET_COUNT setting in ms */
    agent_tick_fn *run;
};
/* What can be said before anything runs (check.h): run appends what it found to said, or fails with a sentence.
 * against: a file to compare with, or NULL. */
struct agent_check {
    const char *name;
    enum err (*run)(const struct settings *s, const char *against, struct buf *said, struct why *why);
};
struct agent_def {
    const char *name;
    unsigned role;
    const char *doc;      /* one line */
    const char *examples; /* for --help */
    unsigned peers;       /* roles whose presence it wants and to whom it shows its own */
    enum store_safety safety;
    size_t state_size;   /* zeroed by the runtime before init */
    agent_init_fn *init; /* builds the state from settings and store; in a transaction */
    agent_fini_fn *fini; /* frees a whole or half-built state */
    const struct setting *settings;
    const struct agent_handler *handlers; /* ends with MSG_NONE */
    const struct command *commands;       /* ends with a NULL name; NULL for none */
    const struct agent_ticker *tickers;   /* ends with NULL; NULL for none */
    agent_presence_fn *presence;          /* NULL: not interested */
    agent_gauges_fn *gauges;              /* NULL: none */
    const struct agent_check *checks;     /* ends with a NULL name; NULL for none */
};

/* Sending.  `to` is a bare JID.  The message (with its attachment's bytes) is copied; to send one attachment to many,
 * use the same msg, whose blob then remembers the digest.  ACKED messages survive restarts of either side and are
 * delivered once; PLAIN ones go out once if the link is up.  One that is younger than what the receiver spoke last is
 * not sent, and logged. */
enum err agent_send(struct agent *a, const char *to, struct msg *m) MUST_USE;
enum err agent_reply(struct agent *a, const struct msg *about, struct msg *m)
    MUST_USE;                                                                  /* asserts the handler row's reply */
enum err agent_say(struct agent *a, const char *to, struct str text) MUST_USE; /* plain chat text to a person */
/* A call whose answer needs others: run calls agent_later and returns OK; agent_answer gives it later, with call->id.
 */
enum err agent_later(struct agent *a, const struct call *c) MUST_USE;
void agent_answer(struct agent *a, uint64_t call_id, const struct result *r);

/* Time.  Timers and tickers are not stored: init sets them again from what it stored. */
uint64_t agent_now_ms(const struct agent *a); /* monotonic */
int64_t agent_wall_ms(const struct agent *a);
enum err agent_after(struct agent *a, uint64_t delay_ms, agent_timer_fn *fn, uint64_t arg)
    MUST_USE; /* once; cannot be cancelled */
/* When the first timer of this function and argument is due, monotonic; UINT64_MAX when there is none. */
uint64_t agent_timer_due_ms(const struct agent *a, agent_timer_fn *fn, uint64_t arg);

/* Long work: `run` owns job until `done` runs on the loop (in a transaction); then `release` frees it.  After a restart
 * of the agent done is not called, release is. */
struct agent_job {
    void (*run)(void *job);
    enum err (*done)(struct agent *a, void *self, void *job);
    void (*release)(void *job);
    void *job;
};
enum err agent_offload(struct agent *a, struct agent_job job) MUST_USE;

/* Keeping.  Keys are the agent's own ("run/7/head"); values are copied.  See store.h. */
enum err agent_put(struct agent *a, const char *key, struct bytes value) MUST_USE;
enum err agent_del(struct agent *a, const char *key) MUST_USE;
enum err agent_del_prefix(struct agent *a, const char *prefix) MUST_USE;
enum err agent_get(struct agent *a, const char *key, struct buf *out) MUST_USE;
enum err agent_scan(struct agent *a, const char *prefix, store_scan_fn *fn, void *to) MUST_USE;
/* Long values, without holding them whole. */
enum err agent_append(struct agent *a, const char *key, struct bytes more) MUST_USE;
enum err agent_link(struct agent *a, const char *from, const char *to) MUST_USE;
enum err agent_size(struct agent *a, const char *key, uint64_t *out) MUST_USE;
enum err agent_read(struct agent *a, const char *key, uint64_t offset, size_t n, void *out) MUST_USE;
enum err agent_digest(struct agent *a, const char *key, char out[65]) MUST_USE; /* SHA-256 of the value, as below */

/* An attachment's bytes, wherever they are.  One that came is there while its handler runs: what is to stay is kept
 * under a key of the agent's own, at no cost however long it is. */
uint64_t agent_blob_bytes(struct agent *a, const struct blob *b);
enum err agent_blob_read(struct agent *a, const struct blob *b, uint64_t offset, size_t n, void *out) MUST_USE;
enum err agent_blob_digest(struct agent *a, const struct blob *b, char out[65]) MUST_USE;
enum err agent_blob_keep(struct agent *a, const char *key, const struct blob *b) MUST_USE;

/* Attachments on their way.  Chunks that passed to or from a peer since the process began: when it grows, something
 * moves.  What of all that comes and goes here is over, 0 to 1.  Something moves: what waits to be delivered to the
 * peer lives its ttl from now on. */
uint64_t agent_moved(const struct agent *a, const char *jid);
enum transfer { TRANSFER_NONE, TRANSFER_RECEIVING, TRANSFER_SENDING };
enum transfer agent_transfer(const struct agent *a, double *out_share);
void agent_prolong(struct agent *a, const char *jid);

/* The rest of the world. */
/* Free text of somebody else, before it is kept for others to read: as screen_text (screen.h). */
struct str agent_screened(struct agent *a, const char *where, struct str text);
enum err agent_random(struct agent *a, void *out, size_t n) MUST_USE; /* CSPRNG; seeded in simulation */
enum err agent_random_fn(void *a, void *out, size_t n) MUST_USE; /* the same as a callback, for crypto and privacy */
const struct sign_key *agent_sign_key(const struct agent *a);    /* its own; the roster's `sign` is the public half */
const struct settings *agent_settings(const struct agent *a);
const struct roster *agent_roster(const struct agent *a);
bool agent_online(const struct agent *a, const char *jid); /* as last heard by presence */
const char *agent_jid(const struct agent *a);
const struct log *agent_log(const struct agent *a);
/* Digest of bytes as 64 lower-case hex digits and a NUL. */
enum err agent_sha256(struct bytes data, char out[65]) MUST_USE;
