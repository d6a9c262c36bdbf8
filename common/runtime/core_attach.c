/* Outgoing attachments: small ones ride in the message, large ones are kept to be stored out of band (core_upload.c)
 * once, and referred to by all. */
#include "common/runtime/core_private.h"
#include "common/wire/codec.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_bytes(uint8_t **p) { free(*p); }

enum err core_digest_kept(struct agent *a, const char *key, char out[65])
{
    uint64_t size = 0;
    uint8_t digest[HASH_BYTES];
    struct hash *h CLEANUP(hash_drop) = NULL;
    uint8_t *window CLEANUP(free_bytes) = malloc(CORE_WINDOW_BYTES);
    if (window == NULL) return ERR_MEMORY;
    TRY(store_size(a->store, key, &size));
    TRY(hash_new(&h));
    for (uint64_t at = 0; at < size; at += CORE_WINDOW_BYTES) {
        size_t n = size - at < CORE_WINDOW_BYTES ? (size_t)(size - at) : CORE_WINDOW_BYTES;
        TRY(store_read(a->store, key, at, n, window));
        TRY(hash_add(h, bytes_of(window, n)));
    }
    TRY(hash_end(h, digest));
    hash_hex(digest, out);
    return OK;
}

enum err core_wrap_for(struct agent *a, const struct peer *p, const struct seal *seal, struct arena *arena,
                       struct manifest *m)
{
    uint8_t wrap[SEAL_WRAP_BYTES];
    TRY(seal_wrap(seal, p->member->key, agent_random_fn, a, wrap));
    return core_base64(arena, bytes_of(wrap, sizeof wrap), &m->key);
}

static enum err keep_bytes(struct agent *a, const char *key, const struct blob *blob)
{
    if (blob->kept) return store_link(a->store, blob->kept, key);
    return store_put(a->store, key, blob->data);
}

/* What is to be said of its chunks is filled in when they are stored; until then the message waits. */
static enum err stay_outside(struct agent *a, const struct blob *blob, struct manifest *m, struct outgoing *o)
{
    char key[STORE_MAX_KEY];
    struct seal_record r = { 0 };
    TRY(core_again_fresh(a, m->sha256));
    enum err e = core_seal_load(a, m->sha256, &a->sending, &r);
    if (e == ERR_ABSENT) {
        (void)snprintf(key, sizeof key, "~blob/%s", m->sha256);
        e = keep_bytes(a, key, blob);
        if (e == OK) e = core_seal_make(a, m->sha256, m->bytes, m->media, &a->sending, &r);
    }
    seal_wipe(&r.seal);
    TRY(e);
    m->key = m->inline_ = STR("-");
    memcpy(o->blob, m->sha256, sizeof o->blob);
    o->waits = true;
    return OK;
}

static enum err too_long(const struct agent *a, const struct peer *p, uint64_t bytes)
{
    log_error(&a->log, "attachment.too_long", L_NAME("peer", p->jid), L_U64("bytes", bytes),
              L_U64("most", STORE_MAX_VALUE));
    return ERR_LIMIT;
}

enum err core_attach_out(struct agent *a, struct peer *p, struct msg *m, struct outgoing *o)
{
    struct blob *blob = msg_blob(m);
    struct manifest *manifest = arena_alloc(&a->sending, sizeof *manifest);
    if (manifest == NULL) return ERR_MEMORY;
    if (p->member == NULL || !p->member->has_key) {
        log_error(&a->log, "attachment.no_key", L_NAME("peer", p->jid)); /* the roster must name the receiver's key */
        return ERR_ABSENT;
    }
    manifest->bytes = agent_blob_bytes(a, blob);
    if (manifest->bytes > STORE_MAX_VALUE) return too_long(a, p, manifest->bytes);
    bool small = manifest->bytes <= CORE_INLINE_BYTES;
    bool told_by_seal = small && blob->kept == NULL && blob->sha256[0] == '\0';
    if (!told_by_seal) TRY(agent_blob_digest(a, blob, blob->sha256));
    TRY(str_copy(str_of(blob->sha256), manifest->sha256, sizeof manifest->sha256));
    TRY(str_copy(STR(MANIFEST_MEDIA), manifest->media, sizeof manifest->media));
    a->counts.attachments_out_bytes += manifest->bytes;
    blob->manifest = manifest;
    if (small) return core_small_out(a, p, blob, manifest);
    return stay_outside(a, blob, manifest, o);
}
