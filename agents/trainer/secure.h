/*
 * secure -- one secure sum at a hospital, from the header to the answer: what
 * the coordinator hands in becomes what is sent back.
 *
 * Nothing is sent or stored here; that is handlers_secure.c.  Whatever is
 * refused (ERR_REFUSED, ERR_CRYPTO, ERR_STATE when it comes out of turn, with a
 * sentence; ERR_PROTO) ends the sum for this hospital: the caller frees it.  Secrets live in memory only, so a trainer
 * that was started again has dropped out.
 *
 * The hospitals of a sum are numbered from 1 in the order of their JIDs, as the
 * coordinator lists them; who they are and with which keys they sign is taken
 * from this hospital's own roster.
 */
#pragma once
#include "agents/trainer/policy.h"
#include "agents/trainer/secure_vector.h"
#include "common/privacy/secagg_client.h"
#include "common/runtime/roster.h"
#include "common/wire/msg.h"

struct secure {
    uint64_t round; /* of the run */
    bool scores;    /* the sum is of scores, not of updates */
    struct secagg_header header;
    struct secure_plan plan;
    struct secagg_member *members; /* owned */
    struct secagg_roster roster;   /* of them */
    struct secagg_client *client;
    struct secagg_session *session; /* NULL before stage 2 */
    bool asked;                     /* the round's model came */
    bool received;                  /* so did the others' shares */
    bool filled;                    /* the numbers came, and wait for them */
    bool masked;                    /* or went */
    struct secure_numbers numbers;
    uint64_t seconds;   /* the training took */
    double noise;       /* and had in each step of its own */
    struct buf request; /* that was voted for */
};

struct secure_order {
    const char *jid;         /* of this hospital */
    const char *coordinator; /* its JID */
    const struct roster *roster;
    const struct policy *policy;
    const struct sign_key *key; /* borrowed for the sum's life, as is random */
    const struct plan *plan;
    random_fn *random;
    void *self;
};

/* Stage 1.  Judges the header by roster, policy and task, and by what was seen before; *seen is then what the caller
 * stores before the keys leave. */
enum err secure_new(const struct secure_order *order, const struct msg *m, struct secagg_seen *seen,
                    struct secure **out, struct why *why) MUST_USE;
void secure_free(struct secure *s);  /* wipes; NULL is fine */
void secure_drop(struct secure **s); /* for CLEANUP() */
enum err secure_keys(const struct secure *s, struct buf *out) MUST_USE;

/* Stage 2. */
enum err secure_share(struct secure *s, const struct secure_order *order, struct bytes adverts, struct buf *out,
                      struct why *why) MUST_USE;
enum err secure_receive(struct secure *s, struct bytes delivery, struct why *why) MUST_USE;
/* Is this the model that the header promised? */
enum err secure_model(struct secure *s, const char sha256[HASH_HEX_BYTES], struct why *why) MUST_USE;

/* Stage 3, when numbers and shares are there: both are taken, for a worker to put one on the other; and what goes with
 * the vector, packed, of that digest.  secagg_seen.answered is stored before it leaves. */
enum err secure_mask(struct secure *s, struct secure_numbers *out_numbers, struct secagg_masker **out) MUST_USE;
enum err secure_input(struct secure *s, const uint8_t packed_sha256[HASH_BYTES], struct buf *out_input) MUST_USE;

/* Stages 4 and 5; *decisions are stored before the answer leaves. */
enum err secure_vote(struct secure *s, struct bytes request, struct buf *out, struct why *why) MUST_USE;
enum err secure_answer(struct secure *s, struct bytes votes, struct secagg_decisions *decisions, struct buf *out,
                       struct why *why) MUST_USE;

/* What was seen, as it is stored.  ERR_STORE. */
enum { SECURE_SEEN_BYTES = 128, SECURE_INPUT_BYTES = 400 /* an encoded secagg_input, at most */ };
const char *secure_seen_print(const struct secagg_seen *seen, char out[SECURE_SEEN_BYTES]);
enum err secure_seen_read(struct str text, struct secagg_seen *out) MUST_USE;
