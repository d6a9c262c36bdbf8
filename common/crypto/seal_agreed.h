/*
 * seal_agreed -- what the two ends of a wrap have agreed on, and the wrap made
 * of it; for common/crypto/seal*.c only: others would have to keep its rule.
 *
 * The rule: under one agreement the same content (digest and length) is only
 * ever wrapped with the same content key, because the AES-GCM key and nonce
 * of a wrap follow from just these.  seal_wrap keeps it by agreeing anew each
 * time, seal_session by deriving the content key from the content.
 */
#pragma once
#include "common/crypto/hkdf.h"
#include "common/crypto/seal.h"

struct seal_agreed {
    uint8_t ephemeral[X25519_BYTES]; /* the sender's, public */
    uint8_t recipient[X25519_BYTES]; /* public */
    uint8_t prk[HKDF_PRK_BYTES];     /* secret: extracted from what both share */
};

void seal_agreed_wipe(struct seal_agreed *a); /* for CLEANUP() too */

/* The sender's way, and the receiver's.  ERR_CRYPTO when the other's key is of small order. */
enum err seal_agree_to(const struct x25519_pair *ephemeral, const uint8_t recipient[X25519_BYTES],
                       struct seal_agreed *out) MUST_USE;
enum err seal_agree_from(const uint8_t ephemeral[X25519_BYTES], const struct identity *me, struct seal_agreed *out)
    MUST_USE;

enum err seal_wrap_agreed(const struct seal *s, const struct seal_agreed *with, uint8_t out[SEAL_WRAP_BYTES]) MUST_USE;
enum err seal_unwrap_agreed(struct bytes wrap, uint64_t bytes, const uint8_t sha256[HASH_BYTES],
                            const struct seal_agreed *with, struct seal *out) MUST_USE; /* as seal_unwrap */
