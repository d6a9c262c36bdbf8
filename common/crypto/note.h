/*
 * note -- text that carries its signatures (C2SP signed-note and
 * tlog-cosignature): what the transparency log and its witnesses say.
 *
 *     text, which ends in a newline
 *     (empty line)
 *     — name base64(4-byte key id, signature)
 *
 * The text is UTF-8 without control characters but newline.  A key's id is the
 * start of SHA-256(name, newline, type, public key): two keys of one name
 * differ in it.  Two types are known here:
 *   NOTE_ED25519  signs the text as it is;
 *   NOTE_COSIGN   a witness: signs "cosignature/v1", "time <seconds>" and the
 *                 text, and carries the time in front of its signature.
 * Lines of other types and of unknown keys are allowed and say nothing.
 *
 * Parsing is strict, one spelling for one note.
 */
#pragma once
#include "common/base/buf.h"
#include "common/crypto/sign.h"

enum {
    NOTE_MAX_BYTES = 1 << 20,
    NOTE_NAME_BYTES = 256,       /* of a key's name, with its NUL */
    NOTE_SIGNATURES_MAX = 1024,  /* lines of one note */
    NOTE_SIGNATURE_BYTES = 4096, /* of one signature with its key id, decoded: room for types unknown today */
};
enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGN = 0x04 };

struct note_key {
    char name[NOTE_NAME_BYTES];
    enum note_type type;
    uint32_t id;
    uint8_t public_key[ED25519_KEY_BYTES];
};
struct note {
    struct str text;  /* with its last newline; a view into what was parsed */
    struct str lines; /* the signature lines */
    size_t signatures;
};
struct note_seen { /* what note_verify found of one key */
    bool valid;
    uint64_t time_s; /* of a NOTE_COSIGN, POSIX seconds; else 0 */
};

/* ERR_INPUT when the name is empty, too long, holds a space, a plus sign or what notes may not hold; ERR_MEMORY. */
enum err note_key_make(struct str name, enum note_type type, const uint8_t public_key[ED25519_KEY_BYTES],
                       struct note_key *out) MUST_USE;

/* The text form, "name+id+base64".  ERR_INPUT when it is none, or of another type, or its id is not its own. */
enum err note_key_parse(struct str text, struct note_key *out, struct why *why) MUST_USE;
enum err note_key_print(const struct note_key *key, struct buf *out) MUST_USE; /* appends it; buf's errors */

/* May this be a note's text?  (Not empty, UTF-8, ends in newline, no other control character.) */
bool note_is_text(struct str text);

/* ERR_INPUT with the line that is wrong; ERR_LIMIT past the limits above. *out looks into `whole`. */
enum err note_parse(struct str whole, struct note *out, struct why *why) MUST_USE;

/* Appends text, the empty line and the key's signature line: a whole note.  The private half must be that of the
 * note_key, which must be NOTE_ED25519 (ERR_INPUT else, and when the text is none); buf's errors. */
enum err note_sign(const struct note_key *key, const struct sign_key *secret, struct str text, struct buf *out)
    MUST_USE;

/* Appends one signature line of a NOTE_COSIGN key, to be put behind a note of this text.  A time of 0 is refused. */
enum err note_cosign(const struct note_key *key, const struct sign_key *secret, uint64_t time_s, struct str text,
                     struct buf *out) MUST_USE;

/* Fills out_seen[0 .. n), one for each of the keys.  ERR_CRYPTO when a line that names one of the keys does not hold:
 * then nothing of the note is to be believed.  Who wants a quorum counts. */
enum err note_verify(const struct note *note, const struct note_key *keys, size_t n, struct note_seen *out_seen)
    MUST_USE;
size_t note_count(const struct note_seen *seen, size_t n); /* how many are valid */
