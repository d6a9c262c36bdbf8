/*
 * keys -- identities for those who may not touch cryptography themselves.
 */
#pragma once
#include "common/base/err.h"

enum { KEYS_HEX_BYTES = 65 };

/* Makes a new X25519 identity in a file only its owner may read.  ERR_STATE when there is one: it is kept.  Blocks. */
enum err keys_make(const char *path, struct why *why) MUST_USE;
/* The public half of the identity in the file, as the roster writes it: 64 lower-case hex digits.  Blocks. */
enum err keys_public(const char *path, char out[KEYS_HEX_BYTES], struct why *why) MUST_USE;
