/*
 * identity -- an agent's two key pairs, made of one secret.
 *
 * The roster publishes both public halves: attachments are sealed to the
 * X25519 key, and what the agent signs is verified with the Ed25519 key.  The
 * secret lies in a file of 64 hex digits that only its owner may read; it is
 * the X25519 secret itself, and HKDF-SHA256 makes the signing key of it.
 */
#pragma once
#include "common/crypto/random.h"
#include "common/crypto/sign.h"
#include "common/crypto/x25519.h"

struct identity {
    uint8_t secret[X25519_BYTES];
    uint8_t public_key[X25519_BYTES];
    struct sign_key sign;
};

enum err identity_generate(random_fn *random, void *self, struct identity *out) MUST_USE;
enum err identity_from_secret(const uint8_t secret[X25519_BYTES], struct identity *out) MUST_USE;
void identity_wipe(struct identity *id); /* for CLEANUP() too */

/* Mode 0600; replaces what is there, so a caller who must not lose a key looks first.  Both block on the disk.
 * ERR_IO, ERR_SETTING (others may read it, or it is no key); the sentence names the file, never its content. */
enum err identity_write(const struct identity *id, const char *path, struct why *why) MUST_USE;
enum err identity_read(const char *path, struct identity *out, struct why *why) MUST_USE;
