/*
 * seal -- content sealed end to end, so that whoever stores or carries it
 * learns only its length and cannot change it unseen.
 *
 * A content has one fresh random key.  It is sealed in chunks of 1 MiB (the
 * last one shorter), each on its own: AES-256-GCM, nonce = chunk index (the
 * key seals one content only, so no nonce repeats), and as associated data the
 * label, the content's length, the chunk's index and the count of chunks: a
 * chunk that was dropped, moved, cut or taken from another content does not
 * open.  Sealed chunk = ciphertext, then the tag of 16 bytes.
 *
 * The key is wrapped for each recipient, in the shape of HPKE's base mode (RFC
 * 9180 5.1.1; not its wire format): ephemeral X25519 with the recipient's key,
 * HKDF-SHA256 whose info holds the label, both public keys, the content's
 * SHA-256 and length, AES-256-GCM.  Wrap = ephemeral public key (32), sealed
 * key (32), tag (16).  It says nothing about who sealed; the transport does.
 *
 * One chunk is in memory at a time; sealing and opening may be in place.
 */
#pragma once
#include "common/crypto/aead.h"
#include "common/crypto/hash.h"
#include "common/crypto/identity.h"

enum { SEAL_CHUNK_BYTES = 1 << 20, SEAL_WRAP_BYTES = X25519_BYTES + AEAD_KEY_BYTES + AEAD_TAG_BYTES };
#define SEAL_MAX_BYTES ((uint64_t)1 << 40)

struct seal {
    uint8_t key[AEAD_KEY_BYTES];
    uint8_t sha256[HASH_BYTES]; /* of the plain content */
    uint64_t bytes;             /* of the plain content */
};

/* A fresh key for a content of this length and digest.  ERR_LIMIT past SEAL_MAX_BYTES, else random's errors. */
enum err seal_make(uint64_t bytes, const uint8_t sha256[HASH_BYTES], random_fn *random, void *self, struct seal *out)
    MUST_USE;
void seal_wipe(struct seal *s); /* for CLEANUP() too */

uint64_t seal_chunks(uint64_t bytes);                     /* how many; an empty content has one empty chunk */
size_t seal_chunk_bytes(uint64_t bytes, uint64_t index);  /* plain length of one; 0 past the end */
size_t seal_sealed_bytes(uint64_t bytes, uint64_t index); /* sealed length of one */

/* plain.n must be seal_chunk_bytes() (else ERR_INPUT); out holds AEAD_TAG_BYTES more. */
enum err seal_chunk(const struct seal *s, uint64_t index, struct bytes plain, uint8_t *out) MUST_USE;

/* out holds seal_chunk_bytes().  ERR_CRYPTO when the chunk is not the one sealed at this place; out is then zeros or
 * untouched.  After the last chunk the caller compares the whole with sha256. */
enum err seal_chunk_open(const struct seal *s, uint64_t index, struct bytes sealed, uint8_t *out) MUST_USE;

/* ERR_CRYPTO when the recipient's key is of small order; random's errors. */
enum err seal_wrap(const struct seal *s, const uint8_t recipient[X25519_BYTES], random_fn *random, void *self,
                   uint8_t out[SEAL_WRAP_BYTES]) MUST_USE;

/* bytes and sha256 are what the manifest says.  ERR_CRYPTO when the wrap is not for us, not for this content, or
 * changed.  The caller wipes *out. */
enum err seal_unwrap(struct bytes wrap, uint64_t bytes, const uint8_t sha256[HASH_BYTES], const struct identity *me,
                     struct seal *out) MUST_USE;
