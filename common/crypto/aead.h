/*
 * aead -- AES-256-GCM (NIST SP 800-38D): secrecy, and certainty that nothing
 * was changed.
 *
 * One (key, nonce) pair must never seal two texts; who calls sees to that
 * (seal.h does, by a key used for one content).
 */
#pragma once
#include "common/base/str.h"

enum { AEAD_KEY_BYTES = 32, AEAD_NONCE_BYTES = 12, AEAD_TAG_BYTES = 16 };
#define AEAD_MAX_BYTES ((size_t)1 << 30) /* of one text; more is ERR_LIMIT */

/* out holds plain.n + AEAD_TAG_BYTES; it may be where plain is, or must not overlap it. */
enum err aead_seal(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad,
                   struct bytes plain, uint8_t *out) MUST_USE;

/* out holds sealed.n - AEAD_TAG_BYTES; in place as above.  ERR_CRYPTO when key, nonce, aad or any sealed byte is not
 * as it was sealed, or sealed is too short: out is then all zero bytes. */
enum err aead_open(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad,
                   struct bytes sealed, uint8_t *out) MUST_USE;
