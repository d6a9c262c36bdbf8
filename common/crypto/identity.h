/*
 * identity -- an agent's X25519 key pair.
 *
 * The roster publishes the public half; attachments are sealed to it.  The
 * secret half lies in a file of 64 hex digits that only its owner may read.
 */
#pragma once
#include "common/crypto/random.h"
#include "common/crypto/x25519.h"

struct identity {
    uint8_t secret[X25519_BYTES];
    uint8_t public_key[X25519_BYTES];
};

enum err identity_generate(random_fn *random, void *self, struct identity *out) MUST_USE;
enum err identity_from_secret(const uint8_t secret[X25519_BYTES], struct identity *out) MUST_USE;
void identity_wipe(struct identity *id); /* for CLEANUP() too */

/* Mode 0600; replaces what is there, so a caller who must not lose a key looks first.  Both block on the disk.
 * ERR_IO, ERR_SETTING (others may read it, or it is no key); the sentence names the file, never its content. */
enum err identity_write(const struct identity *id, const char *path, struct why *why) MUST_USE;
enum err identity_read(const char *path, struct identity *out, struct why *why) MUST_USE;
