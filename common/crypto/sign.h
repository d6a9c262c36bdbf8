/*
 * sign -- a party's Ed25519 identity: what it says, nobody else can have said.
 *
 * A hospital makes its key where it lies, shows the fingerprint to a person,
 * and the roster publishes the public half.  The secret half lies in a file of
 * 64 hex digits that only its owner may read.
 *
 * Every statement is signed together with its purpose, so that a signature for
 * one purpose is none for another: the signed bytes are a label (ending in
 * NUL), the purpose's length (8 bytes, big-endian), the purpose, the message.
 * No signed note (note.h) begins so: notes hold no NUL.
 */
#pragma once
#include "common/crypto/ed25519.h"
#include "common/crypto/random.h"

struct sign_key {
    uint8_t secret[ED25519_KEY_BYTES];
    uint8_t public_key[ED25519_KEY_BYTES];
};
enum {
    SIGN_PURPOSE_MAX_BYTES = 64,
    SIGN_FINGERPRINT_BYTES = 40, /* eight groups of four hex digits, and a NUL */
};

enum err sign_generate(random_fn *random, void *self, struct sign_key *out) MUST_USE;
enum err sign_from_secret(const uint8_t secret[ED25519_KEY_BYTES], struct sign_key *out) MUST_USE;
void sign_wipe(struct sign_key *key); /* for CLEANUP() too */

/* ERR_LIMIT when the purpose is empty or too long; ERR_MEMORY. */
enum err sign_statement(const struct sign_key *key, struct str purpose, struct bytes message,
                        uint8_t out[ED25519_SIGNATURE_BYTES]) MUST_USE;

/* ERR_CRYPTO when this key did not sign this message for this purpose; else as above. */
enum err sign_verify(const uint8_t public_key[ED25519_KEY_BYTES], struct str purpose, struct bytes message,
                     const uint8_t signature[ED25519_SIGNATURE_BYTES]) MUST_USE;

/* What two people read to each other: 128 bits of a hash of the public key, "1f0c-9a2b-...". */
enum err sign_fingerprint(const uint8_t public_key[ED25519_KEY_BYTES], char out[SIGN_FINGERPRINT_BYTES]) MUST_USE;
