#include "common/runtime/roster_note.h"
#include "common/crypto/hash.h"
#include <inttypes.h>
#include <stdio.h>

enum { TEXT_BYTES = 256 };
static const char signer[] = "himas-roster";

enum err roster_key_print(const uint8_t public_key[ED25519_KEY_BYTES], char out[ROSTER_KEY_TEXT_BYTES])
{
    struct note_key key;
    struct buf text CLEANUP(buf_free) = buf_make(ROSTER_KEY_TEXT_BYTES);
    TRY(note_key_make(str_of(signer), NOTE_ED25519, public_key, &key));
    TRY(note_key_print(&key, &text));
    return str_copy(buf_str(&text), out, ROSTER_KEY_TEXT_BYTES);
}

/* What is signed. */
static enum err say(uint64_t version, struct str roster, char out[TEXT_BYTES])
{
    char digest[HASH_HEX_BYTES];
    TRY(hash_hex_of(str_bytes(roster), digest));
    (void)snprintf(out, TEXT_BYTES, "himas/roster/v1\n%" PRIu64 "\n%s\n", version, digest);
    return OK;
}

enum err roster_note_sign(const struct sign_key *key, uint64_t version, struct str roster, struct buf *out)
{
    char text[TEXT_BYTES];
    struct note_key public;
    TRY(note_key_make(str_of(signer), NOTE_ED25519, key->public_key, &public));
    TRY(say(version, roster, text));
    return note_sign(&public, key, str_of(text), out);
}

enum err roster_note_check(struct str note, const char *pinned, uint64_t version, struct str roster, struct why *why)
{
    char text[TEXT_BYTES];
    struct note_key key;
    struct note parsed;
    struct note_seen seen = { 0 };
    struct why cause = { "" };
    if (note_key_parse(str_of(pinned), &key, &cause) != OK)
        return why_say(why, ERR_SETTING, "roster_key is no key of a federation: %.300s", cause.text);
    enum err e = note_parse(note, &parsed, &cause);
    if (e != OK) return why_say(why, ERR_CRYPTO, "the roster's signature is none: %.300s", cause.text);
    e = note_verify(&parsed, &key, 1, &seen);
    if (e == ERR_MEMORY) return e;
    if (e != OK || !seen.valid)
        return why_say(why, ERR_CRYPTO, "the roster's signature is not that of the pinned roster_key");
    TRY(say(version, roster, text));
    return str_is(parsed.text, text) ? OK : why_say(why, ERR_CRYPTO, "the roster is not the one that was signed");
}
