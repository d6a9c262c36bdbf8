/* Incoming attachments: opened where they ride inside, fetched chunk by chunk where they lie outside. */
#include "common/crypto/encode.h"
#include "common/runtime/core_private.h"
#include "common/wire/codec.h"
#include <stdlib.h>
#include <string.h>

enum { FETCH_TRIES = 8, FETCH_RETRY_MS = 500 };

/* A message that waits for its attachment; not acknowledged, so a crash loses nothing. */
struct fetch {
    size_t peer;
    struct arena arena; /* holds the message */
    struct msg m;
    struct seal seal;
    struct buf plain;
    uint64_t chunk; /* being fetched */
    uint64_t token;
    uint64_t retry_token;
    unsigned failures;
};

static void free_fetch(struct fetch *f)
{
    arena_free(&f->arena);
    buf_free(&f->plain);
    seal_wipe(&f->seal);
}

void core_fetches_free(struct agent *a)
{
    for (size_t i = 0; i < a->nfetches; i++) free_fetch(&a->fetches[i]);
    free(a->fetches);
}

static void remove_fetch(struct agent *a, size_t i)
{
    free_fetch(&a->fetches[i]);
    a->fetches[i] = a->fetches[--a->nfetches];
}

static enum err unwrap(struct agent *a, const struct manifest *m, struct seal *out)
{
    uint8_t sha[HASH_BYTES];
    struct buf wrap CLEANUP(buf_free) = buf_make(MANIFEST_MAX_KEY);
    TRY(hex_decode(str_of(m->sha256), sha, sizeof sha));
    TRY(base64_decode(m->key, &wrap));
    return seal_unwrap(buf_bytes(&wrap), m->bytes, sha, &a->identity, out);
}

static enum err check_whole(const struct manifest *m, struct bytes plain)
{
    char digest[HASH_HEX_BYTES];
    TRY(hash_hex_of(plain, digest));
    return strcmp(digest, m->sha256) == 0 ? OK : ERR_CRYPTO;
}

static enum err open_inside(struct agent *a, const struct manifest *m, struct bytes *out)
{
    struct seal seal CLEANUP(seal_wipe) = { 0 };
    struct buf sealed CLEANUP(buf_free) = buf_make(MANIFEST_MAX_INLINE);
    if (m->bytes > CORE_INLINE_BYTES) return ERR_PROTO;
    TRY(unwrap(a, m, &seal));
    TRY(base64_decode(m->inline_, &sealed));
    uint8_t *plain = arena_alloc(&a->arena, m->bytes);
    if (plain == NULL) return ERR_MEMORY;
    TRY(seal_chunk_open(&seal, 0, buf_bytes(&sealed), plain));
    TRY(check_whole(m, bytes_of(plain, m->bytes)));
    *out = bytes_of(plain, m->bytes);
    return OK;
}

/* ---- outside ---- */

static bool already(const struct agent *a, size_t peer, const char *id)
{
    for (size_t i = 0; i < a->nfetches; i++)
        if (a->fetches[i].peer == peer && strcmp(a->fetches[i].m.id, id) == 0) return true;
    return false;
}

static size_t fetches_of(const struct agent *a, size_t peer)
{
    size_t n = 0;
    for (size_t i = 0; i < a->nfetches; i++) n += a->fetches[i].peer == peer;
    return n;
}

static void retry(struct agent *a, size_t i, enum err e)
{
    struct fetch *f = &a->fetches[i];
    if (++f->failures > FETCH_TRIES) { /* the sender sends the message again, and we begin again */
        log_warn(&a->log, "attachment.fetch_failed", L_STR("peer", a->peers[f->peer].jid), L_ERR(e));
        remove_fetch(a, i);
        return;
    }
    f->token = 0;
    core_arm(a, &f->retry_token, (uint64_t)FETCH_RETRY_MS << (f->failures - 1));
}

static void next_chunk(struct agent *a, size_t i)
{
    struct fetch *f = &a->fetches[i];
    const struct manifest_chunk *c = &msg_blob(&f->m)->manifest->chunks[f->chunk];
    f->token = core_token(a);
    enum err e = a->transport.fetch(a->transport.self, f->token, c->url, c->bytes);
    if (e != OK) retry(a, i, e);
}

static enum err begin_fetch(struct agent *a, size_t peer, const struct msg *m, struct str json)
{
    struct fetch f = { .peer = peer, .arena = arena_make(CORE_ARENA_BYTES), .plain = buf_make(STORE_MAX_VALUE) };
    if (a->nfetches >= CORE_MAX_FETCHES || fetches_of(a, peer) >= CORE_MAX_FETCHES_A_PEER) return ERR_LIMIT;
    struct fetch *grown = realloc(a->fetches, (a->nfetches + 1) * sizeof *grown);
    if (grown == NULL) return ERR_MEMORY;
    a->fetches = grown;
    enum err e = msg_decode(json, &f.arena, &f.m, NULL, NULL);
    f.m.from = e == OK ? arena_z(&f.arena, str_of(m->from)) : NULL;
    f.m.from_role = m->from_role;
    if (e == OK) e = f.m.from ? unwrap(a, msg_blob(&f.m)->manifest, &f.seal) : ERR_MEMORY;
    if (e != OK) {
        free_fetch(&f);
        return e;
    }
    a->fetches[a->nfetches++] = f;
    next_chunk(a, a->nfetches - 1);
    return OK;
}

enum err core_attach_in(struct agent *a, struct peer *p, struct msg *m, struct str json, bool *out_waits,
                        struct why *why)
{
    struct blob *blob = msg_blob(m);
    size_t peer = (size_t)(p - a->peers);
    uint64_t epoch = 0;
    uint64_t number = 0;
    if (core_id_parse(m->id, &epoch, &number) && core_seen(p, epoch, number)) return OK; /* a repeat needs no bytes */
    enum err e = OK;
    if (blob->manifest->nchunks == 0)
        e = open_inside(a, blob->manifest, &blob->data);
    else {
        *out_waits = true;
        if (!already(a, peer, m->id)) e = begin_fetch(a, peer, m, json);
    }
    if (e == OK) a->counts.attachments_in_bytes += blob->manifest->bytes;
    if (err_class(e) != ERR_CLASS_PEER && e != ERR_LIMIT) {
        *out_waits = *out_waits || e != OK; /* ours to mend: it will come again */
        return OK;
    }
    return why_say(why, e, "the attachment could not be opened: it is not sealed for us, or was changed on its way");
}

static enum err take_chunk(struct fetch *f, struct bytes sealed)
{
    const struct manifest *m = msg_blob(&f->m)->manifest;
    const struct manifest_chunk *c = &m->chunks[f->chunk];
    char digest[HASH_HEX_BYTES];
    TRY(hash_hex_of(sealed, digest));
    if (sealed.n != c->bytes || strcmp(digest, c->sha256) != 0) return ERR_CRYPTO;
    uint8_t *to = buf_grow(&f->plain, seal_chunk_bytes(m->bytes, f->chunk));
    if (to == NULL) return buf_err(&f->plain);
    enum err e = seal_chunk_open(&f->seal, f->chunk, sealed, to);
    if (e != OK) f->plain.n -= seal_chunk_bytes(m->bytes, f->chunk);
    return e;
}

static void complete(struct agent *a, size_t i)
{
    struct fetch f = a->fetches[i];
    a->fetches[i] = a->fetches[--a->nfetches];
    struct blob *blob = msg_blob(&f.m);
    blob->data = buf_bytes(&f.plain);
    if (check_whole(blob->manifest, blob->data) == OK)
        core_deliver(a, &a->peers[f.peer], &f.m);
    else
        core_refuse(a, &a->peers[f.peer], f.m.id, ERR_CRYPTO, "the attachment's bytes are not those of its digest");
    free_fetch(&f);
}

void core_on_fetched(struct agent *a, uint64_t token, enum err e, struct bytes data)
{
    for (size_t i = 0; i < a->nfetches; i++) {
        struct fetch *f = &a->fetches[i];
        if (f->token != token) continue;
        if (e == OK) e = take_chunk(f, data);
        if (e != OK)
            retry(a, i, e);
        else if (++f->chunk == msg_blob(&f->m)->manifest->nchunks)
            complete(a, i);
        else {
            f->failures = 0;
            next_chunk(a, i);
        }
        return;
    }
}

bool core_fetch_timer(struct agent *a, uint64_t token)
{
    for (size_t i = 0; i < a->nfetches; i++) {
        if (a->fetches[i].retry_token != token) continue;
        a->fetches[i].retry_token = 0;
        next_chunk(a, i);
        return true;
    }
    return false;
}
