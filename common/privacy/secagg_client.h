/*
 * secagg_client -- a trainer's side of secure aggregation, one round.
 *
 * The functions are called in the order they stand here; out of order is
 * ERR_STATE, and each may succeed once, but for secagg_client_vote and
 * secagg_client_answer, which say the same again.  Whatever the coordinator
 * hands in is judged here, with the trainer's own policy: ERR_REFUSED and a
 * sentence naming what was tried.  After any refusal the caller gives the round
 * up; secrets go with secagg_client_free.
 *
 * What a trainer says may be read by whoever carries it: shares are sealed, and
 * answers help nobody who has not the masked vectors, of whose sum they show
 * what the coordinator learns.  Vectors and answers are therefore to be sealed
 * for the coordinator (seal.h), or all that carry them learn the sum too.
 *
 * Secrets are fresh in every round and live in memory only: who restarts has
 * dropped out of the round.
 */
#pragma once
#include "common/crypto/random.h"
#include "common/privacy/secagg_decisions.h"
#include "common/privacy/secagg_session.h"

struct secagg_client;

/* Stage 1: judges the header (secagg_header_admit) and draws two keys and a seed.  identity is the enrolled key of the
 * roster's member `id`; it is borrowed for the client's life.  secagg_seen_admit is the caller's, before this.
 * ERR_REFUSED, ERR_INPUT; random's errors; ERR_MEMORY. */
enum err secagg_client_new(const struct secagg_header *header, const struct secagg_policy *policy,
                           const struct sign_key *identity, uint32_t id, random_fn *random, void *self,
                           struct secagg_client **out, struct why *why) MUST_USE;
void secagg_client_free(struct secagg_client *c);  /* wipes */
void secagg_client_drop(struct secagg_client **c); /* for CLEANUP() */
void secagg_client_advert(const struct secagg_client *c, struct secagg_advert *out);

/* Stage 2: the session was made of the same header by the trainer itself, from the adverts the coordinator listed; it
 * is borrowed for the client's life.  ERR_REFUSED when the trainer is not in it with its own keys, or it is smaller
 * than policy allows. */
enum err secagg_client_join(struct secagg_client *c, const struct secagg_session *session, struct why *why) MUST_USE;

/* Shares of both secrets, one pair sealed to each holder.  ERR_CRYPTO naming the member whose key is of small order;
 * random's errors. */
enum err secagg_client_share(struct secagg_client *c, random_fn *random, void *self, struct secagg_bundle *out,
                             struct why *why) MUST_USE;

/* What others sealed for us.  ERR_REFUSED for a list that is not of this session, omits a share, or is too short;
 * ERR_CRYPTO naming the sender whose share does not open or does not fit its commitment. */
enum err secagg_client_receive(struct secagg_client *c, const struct secagg_delivery *delivery, struct why *why)
    MUST_USE;

/* Stage 3: the masks of the one vector, to be put on it part by part from its beginning; that is for any thread.  What
 * leaves is this vector packed whole, and an input with the SHA-256 of that; secagg_seen.answered is to be stored
 * before.  Once, also after ERR_MEMORY. */
enum err secagg_client_masker(struct secagg_client *c, struct secagg_masker **out) MUST_USE;
enum err secagg_client_input(struct secagg_client *c, const uint8_t packed_sha256[HASH_BYTES], struct secagg_input *out)
    MUST_USE;

/* Stage 4: judges who is said to have survived, and signs it.  ERR_REFUSED: unknown or repeated numbers, somebody both
 * alive and dead (both shares asked), ourselves dead, sharers left out, fewer than header or policy want, too few of
 * our holders; or another request than before. */
enum err secagg_client_vote(struct secagg_client *c, const struct secagg_request *request, struct secagg_vote *out,
                            struct why *why) MUST_USE;

/* Stage 5: with the votes of at least threshold of our holders on the very same request (votes of others are not looked
 * at; ERR_REFUSED when there are fewer, ERR_CRYPTO for a holder's false signature), one share of each sharer whose
 * holder we are.  Adds to *decisions, which the caller stores before the answer leaves; ERR_REFUSED, nothing added,
 * when the other half of somebody was decided before. */
enum err secagg_client_answer(struct secagg_client *c, const struct secagg_request *request,
                              const struct secagg_vote *votes, size_t n, struct secagg_decisions *decisions,
                              struct secagg_answer *out, struct why *why) MUST_USE;
