/*
 * ed25519 -- signatures on Curve25519 (RFC 8032 5.1), on bytes as they are.
 *
 * Who signs more than one kind of thing with a key takes sign.h, which keeps
 * the kinds apart; this is for formats that fix the signed bytes themselves.
 */
#pragma once
#include "common/base/str.h"

enum { ED25519_KEY_BYTES = 32, ED25519_SIGNATURE_BYTES = 64 }; /* secret seed and public key alike */

/* ERR_MEMORY is the only failure of the first two. */
enum err ed25519_public(const uint8_t secret[ED25519_KEY_BYTES], uint8_t out[ED25519_KEY_BYTES]) MUST_USE;
enum err ed25519_sign(const uint8_t secret[ED25519_KEY_BYTES], struct bytes message,
                      uint8_t out[ED25519_SIGNATURE_BYTES]) MUST_USE;

/* ERR_CRYPTO when the signature is not this key's on this message, or the key is no point. */
enum err ed25519_verify(const uint8_t public_key[ED25519_KEY_BYTES], struct bytes message,
                        const uint8_t signature[ED25519_SIGNATURE_BYTES]) MUST_USE;
