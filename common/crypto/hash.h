/*
 * hash -- SHA-256 (FIPS 180-4), at once or piece by piece, and how a digest is
 * written: 64 lower-case hex digits.
 */
#pragma once
#include "common/base/str.h"

enum { HASH_BYTES = 32, HASH_HEX_BYTES = 2 * HASH_BYTES + 1 };

/* ERR_MEMORY is the only failure of this header. */
enum err hash_of(struct bytes data, uint8_t out[HASH_BYTES]) MUST_USE;
enum err hash_hex_of(struct bytes data, char out[HASH_HEX_BYTES]) MUST_USE;
void hash_hex(const uint8_t digest[HASH_BYTES], char out[HASH_HEX_BYTES]); /* NUL-terminated */

struct hash;
enum err hash_new(struct hash **out) MUST_USE;
void hash_free(struct hash *h);
void hash_drop(struct hash **h); /* for CLEANUP() */
enum err hash_add(struct hash *h, struct bytes data) MUST_USE;
enum err hash_end(struct hash *h, uint8_t out[HASH_BYTES]) MUST_USE; /* h may then only be freed */
