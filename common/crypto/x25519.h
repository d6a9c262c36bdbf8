/*
 * x25519 -- Diffie-Hellman on Curve25519 (RFC 7748).
 */
#pragma once
#include "common/base/str.h"
#include "common/crypto/random.h"

enum { X25519_BYTES = 32 }; /* secret, public key and shared secret alike */

enum err x25519_public(const uint8_t secret[X25519_BYTES], uint8_t out[X25519_BYTES]) MUST_USE;

struct x25519_pair {
    uint8_t secret[X25519_BYTES];
    uint8_t public_key[X25519_BYTES];
};

/* A pair for a while, drawn.  random's errors; ERR_MEMORY. */
enum err x25519_generate(random_fn *random, void *self, struct x25519_pair *out) MUST_USE;
void x25519_wipe(struct x25519_pair *pair); /* for CLEANUP() too */

/* public_key belongs to secret: to compute it again would cost as much as the rest.  ERR_CRYPTO when the peer's point
 * is of small order, so that the shared secret would be all zero (RFC 7748 6.1).  The caller wipes out after use. */
enum err x25519_shared(const uint8_t secret[X25519_BYTES], const uint8_t public_key[X25519_BYTES],
                       const uint8_t peer[X25519_BYTES], uint8_t out[X25519_BYTES]) MUST_USE;
