/* The same content goes out, and comes, under one message after another: a model is scored, and then trained on.
 *
 * "~sent" names the last content that every message about it is done with: its bytes, its seal and the places of its
 * chunks stay, so that the next message refers to the same chunks.  "~sent-chunk" is the same for those of one chunk,
 * of which many may pass while a large one is on its way.  "~again/<sender>" names the last ones that came whole from
 * that sender, newest first; their bytes stay under "~fetch/<sender>/<digest>" (core_fetch.c). */
#include "common/crypto/hash.h"
#include "common/runtime/core_private.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- sent ---- */

struct sent {
    char digest[HASH_HEX_BYTES];
    uint64_t until_wall_ms;
};

static const char *place_of(const struct agent *a, const char *digest)
{
    char key[STORE_MAX_KEY];
    uint64_t bytes = 0;
    (void)snprintf(key, sizeof key, "~blob/%s", digest);
    return store_size(a->store, key, &bytes) == OK && bytes <= MANIFEST_CHUNK_BYTES ? "~sent-chunk" : "~sent";
}

static enum err read_sent(struct agent *a, const char *place, struct sent *out)
{
    struct buf text CLEANUP(buf_free) = buf_make(2 * HASH_HEX_BYTES);
    TRY(store_get(a->store, place, &text));
    struct str rest = buf_str(&text);
    TRY(str_copy(str_next(&rest, ' '), out->digest, sizeof out->digest));
    return str_u64(rest, &out->until_wall_ms);
}

static enum err write_sent(struct agent *a, const char *place, const char *digest)
{
    char text[HASH_HEX_BYTES + 24];
    (void)snprintf(text, sizeof text, "%s %" PRId64, digest, agent_wall_ms(a) + CORE_REUSE_MS);
    return store_put(a->store, place, str_bytes(str_of(text)));
}

static enum err release(struct agent *a, void *digest)
{
    struct sent old = { "", 0 };
    const char *place = place_of(a, digest);
    enum err e = read_sent(a, place, &old);
    if (e != OK && e != ERR_ABSENT) return e;
    if (e == OK && strcmp(old.digest, digest) != 0 && !core_blob_needed(a, old.digest))
        TRY(core_blob_forget(a, old.digest));
    return write_sent(a, place, digest);
}

void core_again_release(struct agent *a, const char digest[65])
{
    char copy[HASH_HEX_BYTES];
    memcpy(copy, digest, sizeof copy);
    if (core_transact(a, release, copy) != OK) log_warn(&a->log, "attachment.not_released");
}

enum err core_again_fresh(struct agent *a, const char digest[65])
{
    struct sent old = { "", 0 };
    const char *place = place_of(a, digest);
    enum err e = read_sent(a, place, &old);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    int64_t left = (int64_t)old.until_wall_ms - agent_wall_ms(a);
    bool stale = left <= 0 || left > CORE_REUSE_MS; /* or the clock was set back */
    if (strcmp(old.digest, digest) != 0 || core_blob_needed(a, digest) || !stale) return OK;
    TRY(core_blob_forget(a, digest));
    return store_del(a->store, place);
}

/* ---- came ---- */

struct came {
    const struct peer *from;
    const char *digest;
};

static enum err forget_came(struct agent *a, const struct peer *from, struct str digest)
{
    char key[STORE_MAX_KEY];
    (void)snprintf(key, sizeof key, "~fetch/%s/" STR_F, from->jid, STR_ARG(digest));
    return store_del(a->store, key);
}

static enum err keep(struct agent *a, void *arg)
{
    const struct came *c = arg;
    char key[STORE_MAX_KEY];
    struct buf old CLEANUP(buf_free) = buf_make((CORE_MAX_AGAIN_A_PEER + 1) * HASH_HEX_BYTES);
    struct buf fresh CLEANUP(buf_free) = buf_make((CORE_MAX_AGAIN_A_PEER + 1) * HASH_HEX_BYTES);
    (void)snprintf(key, sizeof key, "~again/%s", c->from->jid);
    enum err e = store_get(a->store, key, &old);
    if (e != OK && e != ERR_ABSENT) return e;
    buf_add_z(&fresh, c->digest);
    size_t n = 1;
    for (struct str rest = buf_str(&old); rest.n > 0;) {
        struct str one = str_next(&rest, ' ');
        if (str_is(one, c->digest)) continue;
        if (n++ < CORE_MAX_AGAIN_A_PEER)
            buf_addf(&fresh, " " STR_F, STR_ARG(one));
        else
            TRY(forget_came(a, c->from, one));
    }
    TRY(buf_err(&fresh));
    return store_put(a->store, key, buf_bytes(&fresh));
}

void core_again_keep(struct agent *a, const struct peer *p, const char digest[65])
{
    if (core_transact(a, keep, &(struct came){ p, digest }) != OK) log_warn(&a->log, "attachment.not_noted");
}

bool core_again_holds(const struct agent *a, const char *key)
{
    char note[STORE_MAX_KEY];
    struct buf kept CLEANUP(buf_free) = buf_make((CORE_MAX_AGAIN_A_PEER + 1) * HASH_HEX_BYTES);
    struct str rest = str_of(key + strlen("~fetch/"));
    struct str from = str_next(&rest, '/');
    (void)snprintf(note, sizeof note, "~again/" STR_F, STR_ARG(from));
    if (store_get(a->store, note, &kept) != OK) return false;
    for (struct str list = buf_str(&kept); list.n > 0;)
        if (str_eq(str_next(&list, ' '), rest)) return true;
    return false;
}
