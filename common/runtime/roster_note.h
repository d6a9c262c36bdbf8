/*
 * roster_note -- the federation's signature of its roster, in a file beside it.
 *
 *   roster.yaml        who is who
 *   roster.yaml.sig    a signed note (note.h) of three lines: "himas/roster/v1", the roster's version, its SHA-256
 *
 * Who pins the federation's key (the text form of a note's key) believes no other roster, whoever brought it.
 */
#pragma once
#include "common/crypto/note.h"

enum { ROSTER_NOTE_MAX_BYTES = 4096, ROSTER_KEY_TEXT_BYTES = 128 };
#define ROSTER_NOTE_SUFFIX ".sig"

/* What settings pin: "himas-roster+<id>+<base64>".  ERR_MEMORY. */
enum err roster_key_print(const uint8_t public_key[ED25519_KEY_BYTES], char out[ROSTER_KEY_TEXT_BYTES]) MUST_USE;

/* Appends the note. */
enum err roster_note_sign(const struct sign_key *key, uint64_t version, struct str roster, struct buf *out) MUST_USE;

/* ERR_CRYPTO, with why, unless this key signed this text under this version; ERR_SETTING when `pinned` is no key. */
enum err roster_note_check(struct str note, const char *pinned, uint64_t version, struct str roster, struct why *why)
    MUST_USE;
