/*
 * hkdf -- HKDF with SHA-256 (RFC 5869): keys for named purposes out of one
 * secret.  `info` names the purpose; other info, unrelated keys.
 */
#pragma once
#include "common/base/str.h"

enum { HKDF_MAX_BYTES = 255 * 32, HKDF_PRK_BYTES = 32 }; /* RFC 5869 2.3 */

/* ERR_LIMIT past HKDF_MAX_BYTES, ERR_MEMORY.  The caller wipes out after use. */
enum err hkdf_sha256(struct bytes secret, struct bytes salt, struct bytes info, uint8_t *out, size_t n) MUST_USE;

/* The same in its two steps, for many outputs of one secret. */
enum err hkdf_extract(struct bytes secret, struct bytes salt, uint8_t out[HKDF_PRK_BYTES]) MUST_USE;
enum err hkdf_expand(const uint8_t prk[HKDF_PRK_BYTES], struct bytes info, uint8_t *out, size_t n) MUST_USE;
