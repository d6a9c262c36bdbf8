/*
 * core_private -- what the parts of a running agent call of each other; for
 * common/runtime's core*.c and agent.c only.
 */
#pragma once
#include "common/runtime/core_state.h"

/* core_tx.c: one event, one transaction.  fn runs between begin and commit; effects leave after it. */
typedef enum err core_event_fn(struct agent *a, void *arg);
enum err core_transact(struct agent *a, core_event_fn *fn, void *arg) MUST_USE;
enum err core_effect(struct agent *a, const struct effect *take)
    MUST_USE;                                                     /* owns take->body from now on, also on failure */
enum err core_rebuild(struct agent *a, struct why *why) MUST_USE; /* fini, zero, init from the store */
uint64_t core_token(struct agent *a);
enum err core_grow(void **array, size_t n, size_t *cap, size_t size) MUST_USE;

/* core_peer.c */
const struct peer *core_peer_find(const struct agent *a, const char *jid); /* NULL when it was never met */
struct peer *core_peer(struct agent *a, const char *jid); /* found or made; NULL out of memory; moves the others */
enum err core_peers_load(struct agent *a) MUST_USE;       /* from the store, at start */
bool core_seen(const struct peer *p, uint64_t epoch, uint64_t number);
/* In a transaction: writes that it was seen; core_note_seen says so in memory, once that is committed. */
enum err core_mark_seen(struct agent *a, const struct peer *p, uint64_t epoch, uint64_t number) MUST_USE;
void core_note_seen(struct peer *p, uint64_t epoch, uint64_t number);
void core_ack_later(struct agent *a, struct peer *p, const char *id);
bool core_id_parse(const char *id, uint64_t *epoch, uint64_t *number);
void core_show(struct agent *a, struct peer *p);
bool core_too_fast(struct agent *a, struct bucket *b, double per_second, double burst); /* counts; true: drop it */

/* core_outbox.c */
enum err core_post(struct agent *a, const char *to, struct msg *m) MUST_USE; /* in a transaction */
void core_send_effect(struct agent *a, struct effect *e);
void core_sweep(struct agent *a);
void core_flush_acks(struct agent *a);
void core_acked(struct agent *a, struct peer *p, const struct msg *m);
void core_refused(struct agent *a, struct peer *p,
                  const struct msg *m); /* an error is the last word on what it answers */
/* In a transaction: rows of acknowledged messages; core_settle_rest makes one for those that found none. */
enum err core_drop_settled(struct agent *a) MUST_USE;
void core_settle_rest(struct agent *a);
void core_make_due(struct agent *a, struct peer *p); /* try everything for this peer at once */
enum err core_out_keep(struct agent *a, const struct peer *p, const struct outgoing *o, const struct msg *m) MUST_USE;
void core_out_key(const struct peer *p, uint64_t number, char key[STORE_MAX_KEY]);
void core_send_out(struct agent *a, struct peer *p, struct outgoing *o);
void core_arm(struct agent *a, uint64_t *token, uint64_t delay_ms);

/* core_inbox.c */
const struct agent_handler *core_handler(const struct agent *a, enum msg_type type); /* NULL: none */
void core_deliver(struct agent *a, struct peer *p, struct msg *m);                   /* attachment in place */
/* about: the message, whose run and round the sender is told; NULL: it was not read. */
void core_refuse(struct agent *a, struct peer *p, const struct msg *about, const char *id, enum err code,
                 const char *text);

/* core_attach.c: outgoing attachments; core_upload.c: storing their chunks */
enum err core_attach_out(struct agent *a, struct peer *p, struct msg *m, struct outgoing *o) MUST_USE;
void core_uploads(struct agent *a); /* starts storing the next chunk when there is one and nothing is under way */
void core_upload_at_once(struct agent *a); /* the link is back: no more waiting */
bool core_upload_timer(struct agent *a, uint64_t token);
struct core_share core_upload_share(const struct agent *a);              /* of 0: nothing is stored */
bool core_blob_needed(const struct agent *a, const char *digest);        /* by a message */
enum err core_blob_forget(struct agent *a, const char *digest) MUST_USE; /* in a transaction: bytes, seal and list */
enum err core_wrap_for(struct agent *a, const struct peer *p, const struct seal *seal, struct arena *arena,
                       struct manifest *m) MUST_USE;                                /* sets m->key */
enum err core_digest_kept(struct agent *a, const char *key, char out[65]) MUST_USE; /* of a stored value, by windows */
/* core_keys.c: with whichever of our keys it is sealed to.  remember: the peer whose agreement is kept for the next, or
 * NULL.  ERR_CRYPTO: to none of them. */
enum err core_unwrap(struct agent *a, struct peer *remember, const struct manifest *m, struct seal *out) MUST_USE;
enum err core_agreements(struct peer *p, struct peer_seals **out) MUST_USE;
/* core_small.c: attachments that ride inside, many with one key agreement (seal_session.h) */
/* Sets the digest of both when it is not known yet. */
enum err core_small_out(struct agent *a, struct peer *p, struct blob *blob, struct manifest *m) MUST_USE;
enum err core_small_in(struct agent *a, struct peer *p, const struct manifest *m, struct blob *out) MUST_USE;
void core_small_end(struct agent *a);                                                 /* of the transaction */
enum err core_base64(struct arena *arena, struct bytes in, struct str *out) MUST_USE; /* of a wrap */
void core_small_forget(struct peer *p);
/* core_seals.c: how a large attachment is sealed and where its chunks lie, in the store */
struct seal_record {
    struct seal seal;
    struct manifest manifest; /* url "-": not stored yet; in the arena */
};
enum err core_seal_load(struct agent *a, const char *digest, struct arena *arena, struct seal_record *out) MUST_USE;
enum err core_seal_save(struct agent *a, const struct seal_record *r) MUST_USE;
enum err core_seal_make(struct agent *a, const char *digest, uint64_t bytes, const char *media, struct arena *arena,
                        struct seal_record *out) MUST_USE; /* the bytes are under "~blob/<digest>" */
enum err core_seal_chunk(const struct seal *s, uint64_t index, struct bytes chunk, struct buf *out) MUST_USE;
bool core_chunk_pending(const struct manifest_chunk *c);
void core_seal_write(const struct seal_record *r, struct buf *out); /* as text */
/* The text comes from a peer, too: ERR_PROTO with a sentence. */
enum err core_seal_read(struct str text, struct arena *arena, struct seal_record *out, struct why *why) MUST_USE;
/* core_fetch.c: incoming ones */
struct core_share {
    uint64_t have, of; /* bytes */
};
enum err core_attach_in(struct agent *a, struct peer *p, struct msg *m, struct str json, bool *out_waits,
                        struct why *why) MUST_USE;
void core_fetches_free(struct agent *a);
void core_fetch_at_once(struct agent *a); /* the link is back */
bool core_fetch_timer(struct agent *a, uint64_t token);
bool core_fetch_holds(const struct agent *a, const char *key); /* is that content being fetched? */
uint64_t core_fetch_bytes(const struct agent *a, size_t peer); /* of its attachments that are, when whole */
struct core_share core_fetch_share(const struct agent *a);     /* of 0: nothing is fetched */
/* core_again.c: contents that may be wanted once more */
void core_again_keep(struct agent *a, const struct peer *p, const char digest[65]); /* fetched: whole, in the store */
void core_again_release(struct agent *a, const char digest[65]);                    /* sent: no message needs it now */
bool core_again_holds(const struct agent *a, const char *key); /* "~fetch/<sender>/<digest>": kept on purpose? */
enum err core_again_fresh(struct agent *a, const char digest[65])
    MUST_USE; /* in a transaction: stale chunks are forgotten */

/* core_half.c: attachments that are not whole yet */
/* May it come at all?  ERR_LIMIT, ERR_STATE, ERR_PROTO with a sentence; counts. */
enum err core_half_fits(struct agent *a, const struct msg *m, const struct manifest *of, struct why *why) MUST_USE;
/* Now?  more: bytes that core_fetch_bytes does not count yet.  Drops idle ones for it; counts. */
bool core_half_room(struct agent *a, size_t peer, const char *digest, uint64_t more);
void core_half_look(struct agent *a);  /* what nothing more comes of is given up */
void core_half_watch(struct agent *a); /* from now on */

/* core_call.c */
void core_on_chat(struct agent *a, const struct packet *p);
