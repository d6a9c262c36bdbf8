/*
 * secagg_message -- what trainers and coordinator say in stages 1 to 5, as
 * plain structs, each with its one spelling in bytes, signed where somebody
 * must answer for it.
 *
 * What a member signs is bound to a purpose (sign.h) and, from stage 2 on, to
 * the session, so nothing can be used again in another stage or round.  The
 * coordinator's lists are not signed: the votes of stage 4 are what holds it to
 * one story.
 *
 * ENCODE appends to a buf (buf's errors).  PARSE gives ERR_PROTO for bytes that
 * are no such message; a parsed message, encoded, is the same bytes.  SIGN
 * fills the signature; VERIFY gives ERR_CRYPTO when it is not this member's.
 */
#pragma once
#include "common/base/buf.h"
#include "common/crypto/aead.h"
#include "common/crypto/shamir.h"
#include "common/crypto/sign.h"
#include "common/crypto/x25519.h"
#include "common/privacy/secagg.h"

enum { SECAGG_SEALED_BYTES = 2 * SHAMIR_SECRET_BYTES + AEAD_TAG_BYTES };
#define SECAGG_MESSAGE_MAX ((size_t)1 << 18) /* of any of these in bytes */

struct secagg_advert { /* stage 1 */
    uint32_t from;
    uint8_t header_sha256[HASH_BYTES];
    uint8_t channel_key[X25519_BYTES]; /* seals shares */
    uint8_t mask_key[X25519_BYTES];    /* agrees on pairwise masks */
    uint8_t signature[ED25519_SIGNATURE_BYTES];
};
struct secagg_sealed { /* stage 2: one holder's shares of the sender's two secrets */
    uint32_t from;
    uint32_t to;
    uint8_t self_commit[HASH_BYTES]; /* shamir_commit of the share of its own mask's seed */
    uint8_t pair_commit[HASH_BYTES]; /* ... of its mask key's secret */
    uint8_t sealed[SECAGG_SEALED_BYTES];
};
struct secagg_bundle { /* stage 2, to the coordinator */
    uint8_t session[HASH_BYTES];
    uint32_t from;
    uint8_t seed_commit[HASH_BYTES]; /* of the seed itself */
    size_t n;
    struct secagg_sealed shares[SECAGG_HOLDERS_MAX]; /* `to` ascends, and may be the sender */
    uint8_t signature[ED25519_SIGNATURE_BYTES];
};
struct secagg_delivery { /* stage 2, the coordinator to one holder */
    uint8_t session[HASH_BYTES];
    uint32_t to;
    struct secagg_set sharers; /* everybody whose bundle came */
    size_t n;
    struct secagg_sealed shares[SECAGG_HOLDERS_MAX]; /* `from` ascends: those sharers whose holder it is */
};
struct secagg_input { /* stage 3, beside the masked vector */
    uint8_t session[HASH_BYTES];
    uint32_t from;
    uint8_t sha256[HASH_BYTES]; /* of the packed vector */
    uint8_t signature[ED25519_SIGNATURE_BYTES];
};
struct secagg_request { /* stages 4 and 5, the coordinator to all survivors */
    uint8_t session[HASH_BYTES];
    struct secagg_set survivors; /* whose input came */
    struct secagg_set dropped;   /* the other sharers */
};
struct secagg_vote { /* stage 4 */
    uint8_t session[HASH_BYTES];
    uint32_t from;
    uint8_t view[HASH_BYTES]; /* of model, survivors and dropped: secagg_request_hash */
    uint8_t signature[ED25519_SIGNATURE_BYTES];
};
enum secagg_half { SECAGG_SELF, SECAGG_PAIR, SECAGG_HALVES };
struct secagg_share {
    uint32_t about;
    enum secagg_half half;
    uint8_t value[SHAMIR_SECRET_BYTES];
};
struct secagg_answer { /* stage 5 */
    uint8_t session[HASH_BYTES];
    uint32_t from;
    size_t n;
    struct secagg_share shares[SECAGG_HOLDERS_MAX]; /* `about` ascends */
    uint8_t signature[ED25519_SIGNATURE_BYTES];
};

enum err secagg_advert_encode(const struct secagg_advert *m, struct buf *out) MUST_USE;
enum err secagg_advert_parse(struct bytes in, struct secagg_advert *out) MUST_USE;
enum err secagg_advert_sign(struct secagg_advert *m, const struct sign_key *key) MUST_USE;
enum err secagg_advert_verify(const struct secagg_advert *m, const uint8_t identity[ED25519_KEY_BYTES]) MUST_USE;

enum err secagg_bundle_encode(const struct secagg_bundle *m, struct buf *out) MUST_USE;
enum err secagg_bundle_parse(struct bytes in, struct secagg_bundle *out) MUST_USE;
enum err secagg_bundle_sign(struct secagg_bundle *m, const struct sign_key *key) MUST_USE;
enum err secagg_bundle_verify(const struct secagg_bundle *m, const uint8_t identity[ED25519_KEY_BYTES]) MUST_USE;

enum err secagg_delivery_encode(const struct secagg_delivery *m, struct buf *out) MUST_USE;
enum err secagg_delivery_parse(struct bytes in, struct secagg_delivery *out) MUST_USE;

enum err secagg_input_encode(const struct secagg_input *m, struct buf *out) MUST_USE;
enum err secagg_input_parse(struct bytes in, struct secagg_input *out) MUST_USE;
enum err secagg_input_sign(struct secagg_input *m, const struct sign_key *key) MUST_USE;
enum err secagg_input_verify(const struct secagg_input *m, const uint8_t identity[ED25519_KEY_BYTES]) MUST_USE;

enum err secagg_request_encode(const struct secagg_request *m, struct buf *out) MUST_USE;
enum err secagg_request_parse(struct bytes in, struct secagg_request *out) MUST_USE;

enum err secagg_vote_encode(const struct secagg_vote *m, struct buf *out) MUST_USE;
enum err secagg_vote_parse(struct bytes in, struct secagg_vote *out) MUST_USE;
enum err secagg_vote_sign(struct secagg_vote *m, const struct sign_key *key) MUST_USE;
enum err secagg_vote_verify(const struct secagg_vote *m, const uint8_t identity[ED25519_KEY_BYTES]) MUST_USE;

enum err secagg_answer_encode(const struct secagg_answer *m, struct buf *out) MUST_USE;
enum err secagg_answer_parse(struct bytes in, struct secagg_answer *out) MUST_USE;
enum err secagg_answer_sign(struct secagg_answer *m, const struct sign_key *key) MUST_USE;
enum err secagg_answer_verify(const struct secagg_answer *m, const uint8_t identity[ED25519_KEY_BYTES]) MUST_USE;

/* What a vote signs: the request and the model it is about. */
enum err secagg_request_hash(const struct secagg_request *r, const uint8_t model_sha256[HASH_BYTES],
                             uint8_t out[HASH_BYTES]) MUST_USE;

void secagg_answer_wipe(struct secagg_answer *a); /* for CLEANUP() too: shares are secrets until they are sent */
