#include "common/runtime/roster_trust.h"
#include "common/base/file.h"
#include "common/crypto/hash.h"
#include "common/runtime/roster_note.h"
#include "common/wire/doc.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char newest_key[] = "~roster"; /* "<version> <SHA-256>" of the newest roster believed */
enum { NEWEST_BYTES = 100, PATH_BYTES = 4100 };

static enum err check_signature(const char *path, const char *pinned, uint64_t version, struct str text,
                                struct why *why)
{
    char note_path[PATH_BYTES];
    struct buf note CLEANUP(buf_free) = buf_make(ROSTER_NOTE_MAX_BYTES);
    (void)snprintf(note_path, sizeof note_path, "%s%s", path, ROSTER_NOTE_SUFFIX);
    struct why cause = { "" };
    enum err e = file_read(note_path, &note, &cause);
    if (e != OK) return why_say(why, e, "roster_key is set, and the roster's signature is missing: %.400s", cause.text);
    return roster_note_check(buf_str(&note), pinned, version, text, why);
}

static enum err read_newest(struct store *s, uint64_t *version, char digest[HASH_HEX_BYTES])
{
    struct buf text CLEANUP(buf_free) = buf_make(NEWEST_BYTES);
    enum err e = store_get(s, newest_key, &text);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    struct str rest = buf_str(&text);
    return str_u64(str_next(&rest, ' '), version) == OK && str_copy(rest, digest, HASH_HEX_BYTES) == OK ? OK
                                                                                                        : ERR_STORE;
}

static enum err keep_newest(struct store *s, uint64_t version, const char *digest)
{
    char text[NEWEST_BYTES];
    (void)snprintf(text, sizeof text, "%" PRIu64 " %s", version, digest);
    TRY(store_begin(s));
    enum err e = store_put(s, newest_key, str_bytes(str_of(text)));
    if (e == OK) return store_commit(s);
    store_rollback(s);
    return e;
}

static enum err check_age(struct store *s, uint64_t version, struct str text, struct why *why)
{
    char digest[HASH_HEX_BYTES], newest[HASH_HEX_BYTES] = "";
    uint64_t known = 0;
    if (version == 0) return why_say(why, ERR_CRYPTO, "the roster says no version");
    TRY(read_newest(s, &known, newest));
    TRY(hash_hex_of(str_bytes(text), digest));
    if (version < known)
        return why_say(why, ERR_CRYPTO,
                       "the roster's version %" PRIu64 " is older than %" PRIu64 ", which was believed", version,
                       known);
    if (version > known) return keep_newest(s, version, digest);
    return strcmp(digest, newest) == 0
               ? OK
               : why_say(why, ERR_CRYPTO, "another roster of the same version %" PRIu64 " was believed", version);
}

enum err roster_trust_read(const char *path, const char *pinned, struct store *s, struct roster **out, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES);
    struct roster *r = NULL;
    TRY(file_read(path, &text, why));
    TRY(roster_parse(buf_str(&text), path, &r, why));
    enum err e = OK;
    if (*pinned) e = check_signature(path, pinned, roster_version(r), buf_str(&text), why);
    if (*pinned && e == OK && s) e = check_age(s, roster_version(r), buf_str(&text), why);
    if (e == OK)
        *out = r;
    else
        roster_free(r);
    return e;
}
