/*
 * x25519 -- Diffie-Hellman on Curve25519 (RFC 7748).
 */
#pragma once
#include "common/base/str.h"

enum { X25519_BYTES = 32 }; /* secret, public key and shared secret alike */

enum err x25519_public(const uint8_t secret[X25519_BYTES], uint8_t out[X25519_BYTES]) MUST_USE;

/* ERR_CRYPTO when the peer's point is of small order, so that the shared secret would be all zero (RFC 7748 6.1).  The
 * caller wipes out after use. */
enum err x25519_shared(const uint8_t secret[X25519_BYTES], const uint8_t peer[X25519_BYTES], uint8_t out[X25519_BYTES])
    MUST_USE;
