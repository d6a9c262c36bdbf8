/*
 * secagg_session -- who takes part, with which keys, and who is whose neighbour:
 * what all parties compute alike from the adverts of stage 1.
 *
 * Making one verifies every advert: signed by an enrolled identity, for this
 * header, no member, identity or key twice, as many as the header allows, and a
 * threshold high enough for who is there.  Its id, SHA-256 over the header and
 * the sorted list with the length of each part before it, is in every key and
 * message of the round.
 *
 * Members stand in the session at places 0 .. n - 1, by ascending number.  With
 * degree 0 everybody holds a share of everybody's secrets, their owner too; in
 * a Harary graph the neighbours do.  Where one stands on its ring is drawn by
 * the session's id.  A coordinator could choose among sessions by leaving
 * members out or waiting for other keys; who needs more than that against it
 * keeps to degree 0.
 *
 * A session is read-only after it was made: one may serve many readers.
 */
#pragma once
#include "common/privacy/secagg_header.h"
#include "common/privacy/secagg_message.h"
#include "common/privacy/secagg_vec.h"

struct secagg_session;

/* Copies all it needs.  ERR_REFUSED, ERR_CRYPTO (a signature), ERR_INPUT with the member's number; ERR_MEMORY. */
enum err secagg_session_new(const struct secagg_header *header, const struct secagg_roster *roster,
                            const struct secagg_advert *adverts, size_t n, struct secagg_session **out, struct why *why)
    MUST_USE;
void secagg_session_free(struct secagg_session *s);
void secagg_session_drop(struct secagg_session **s); /* for CLEANUP() */

const uint8_t *secagg_session_id(const struct secagg_session *s); /* HASH_BYTES */
const struct secagg_header *secagg_session_header(const struct secagg_session *s);
size_t secagg_session_members(const struct secagg_session *s);
const struct secagg_advert *secagg_session_advert(const struct secagg_session *s, size_t place);
const uint8_t *secagg_session_identity(const struct secagg_session *s, size_t place);
size_t secagg_session_place(const struct secagg_session *s, uint32_t id); /* SECAGG_ABSENT when not in it */

/* The places of those who hold shares of this one's secrets, ascending (out has room for SECAGG_HOLDERS_MAX); holding
 * is mutual.  The holder out[i] has Shamir's x = i + 1. */
size_t secagg_session_holders(const struct secagg_session *s, size_t place, size_t *out);
uint8_t secagg_session_share_index(const struct secagg_session *s, size_t owner, size_t holder); /* 0: no holder */
bool secagg_session_are_peers(const struct secagg_session *s, size_t a, size_t b); /* a pairwise mask is between them */

/* Keys.  HKDF-SHA256; its info holds version, purpose, session, model hash, round and both numbers.  ERR_CRYPTO when
 * the other's key is a point of small order. */
enum err secagg_session_pair_mask(const struct secagg_session *s, const uint8_t mask_secret[X25519_BYTES], size_t mine,
                                  size_t peer, struct secagg_mask *out)
    MUST_USE; /* with the sign that `mine` applies */
enum err secagg_session_self_mask(const struct secagg_session *s, const uint8_t seed[SHAMIR_SECRET_BYTES], size_t place,
                                  struct secagg_mask *out) MUST_USE;
/* Seals what `from` sends to `to`, once; secret is that of `mine`, one of the two. */
enum err secagg_session_channel(const struct secagg_session *s, const uint8_t channel_secret[X25519_BYTES], size_t mine,
                                size_t from, size_t to, uint8_t out[AEAD_KEY_BYTES]) MUST_USE;

/* What is bound to sealed shares: from, to, round, stage, session and both commitments.  Appends. */
enum err secagg_session_share_aad(const struct secagg_session *s, const struct secagg_sealed *sealed, struct buf *out)
    MUST_USE;
/* The commitment of `holder` 's share of one of `owner` 's secrets, and of owner's seed itself. */
enum err secagg_session_commit(const struct secagg_session *s, size_t owner, enum secagg_half half,
                               const struct shamir_share *share, uint8_t out[HASH_BYTES]) MUST_USE;
enum err secagg_session_commit_seed(const struct secagg_session *s, size_t owner,
                                    const uint8_t seed[SHAMIR_SECRET_BYTES], uint8_t out[HASH_BYTES]) MUST_USE;
