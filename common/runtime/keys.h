/*
 * keys -- identities for those who may not touch cryptography themselves.
 */
#pragma once
#include "common/base/err.h"

enum { KEYS_HEX_BYTES = 65, KEYS_FINGERPRINT_BYTES = 40 };
struct keys_halves {                          /* the public ones, as the roster writes them: 64 lower-case hex digits */
    char key[KEYS_HEX_BYTES];                 /* X25519: attachments are sealed to it */
    char sign[KEYS_HEX_BYTES];                /* Ed25519: verifies what the agent signs */
    char fingerprint[KEYS_FINGERPRINT_BYTES]; /* of `sign`, for two people to compare */
};

/* Makes a new identity in a file only its owner may read.  ERR_STATE when there is one: it is kept.  Blocks. */
enum err keys_make(const char *path, struct why *why) MUST_USE;
/* Makes a new one in its place and keeps the old one as "<path>.previous", which still opens what was sealed to it.
 * ERR_STATE when one is kept already.  Blocks. */
enum err keys_rotate(const char *path, struct why *why) MUST_USE;
/* Where the one before is kept. */
enum { KEYS_PATH_BYTES = 4096 };
enum err keys_previous(const char *path, char out[KEYS_PATH_BYTES]) MUST_USE; /* ERR_INPUT: too long */
/* The public halves of the identity in the file.  Blocks. */
enum err keys_public(const char *path, struct keys_halves *out, struct why *why) MUST_USE;
