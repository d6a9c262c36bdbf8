/*
 * secure_round -- one secure sum, as the coordinator leads it: whom it asked,
 * and what they sent so far (common/privacy/secagg.h).
 *
 * It is in memory only.  What is stored is its number, in the run's head: a
 * coordinator that was started again gives the sum up and begins another,
 * whose number is higher.  The hospitals are numbered from 1 in the order of
 * their JIDs.
 */
#pragma once
#include "agents/coordinator/run.h"
#include "common/privacy/secagg_server.h"
#include "common/privacy/secure_plan.h"

struct secure_round {
    struct secagg_header header;
    struct secure_plan plan;
    size_t n; /* hospitals asked */
    size_t cap;
    char (*jids)[ROSTER_JID_BYTES]; /* owned, ascending: of number i + 1 */
    struct secagg_member *members;  /* owned, beside jids */
    struct secagg_advert *adverts;  /* owned, those that came, as they came */
    size_t nadverts;
    struct secagg_session *session; /* of stage 2 on */
    struct secagg_server *server;
    size_t holders; /* the run, and a worker */
    size_t needed;  /* answers that the present stage cannot do without */
};

/* For at most so many hospitals; NULL out of memory. */
struct secure_round *secure_round_new(size_t most);
struct secure_round *secure_round_hold(struct secure_round *s); /* one free more is due; on the loop */
void secure_round_free(struct secure_round *s);                 /* with the last holder's; NULL is fine */
void secure_round_drop(struct secure_round **s);                /* for CLEANUP() */

/* JIDs must ascend. */
void secure_round_add(struct secure_round *s, const char *jid, const uint8_t identity[ED25519_KEY_BYTES]);
uint32_t secure_round_number(const struct secure_round *s, const char *jid); /* 0: not asked */

struct secure_round_of { /* what the header is about */
    const struct run *run;
    uint64_t number;
    uint8_t model_sha256[HASH_BYTES];
    uint64_t deadline_ms;
    double sigma; /* not less noise than this; 0: as the task asks for */
};
/* Header and plan, when everybody was added.  ERR_REFUSED, ERR_INPUT, ERR_SETTING with a sentence when no such sum can
 * be held. */
enum err secure_round_plan(struct secure_round *s, const struct secure_round_of *of, struct why *why) MUST_USE;

/* Stage 1.  ERR_REFUSED, ERR_CRYPTO, ERR_PROTO with a sentence: another's, or keys that are there already. */
enum err secure_round_take_keys(struct secure_round *s, uint32_t from, struct bytes advert, struct why *why) MUST_USE;
/* Stages 2 to 5: the session of whose keys came; what everybody is told, appended. */
enum err secure_round_begin_sharing(struct secure_round *s, struct buf *out_adverts, struct why *why) MUST_USE;
enum err secure_round_take_shares(struct secure_round *s, uint32_t from, struct bytes bundle, struct why *why) MUST_USE;
enum err secure_round_end_sharing(struct secure_round *s, struct why *why) MUST_USE;
enum err secure_round_delivery(const struct secure_round *s, uint32_t to, struct buf *out) MUST_USE;
enum err secure_round_take_input(struct secure_round *s, uint32_t from, struct bytes input,
                                 const struct secagg_packed *packed, struct why *why) MUST_USE;
enum err secure_round_end_inputs(struct secure_round *s, struct buf *out_request, struct why *why) MUST_USE;
enum err secure_round_take_vote(struct secure_round *s, uint32_t from, struct bytes vote, struct why *why) MUST_USE;
enum err secure_round_votes(struct secure_round *s, struct buf *out) MUST_USE;
enum err secure_round_take_answer(struct secure_round *s, uint32_t from, struct bytes answer, struct why *why) MUST_USE;
bool secure_round_solvable(const struct secure_round *s);
