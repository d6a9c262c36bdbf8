/* Outgoing attachments: small ones ride in the message, large ones are stored out of band once and referred to by all.
 */
#include "common/crypto/encode.h"
#include "common/runtime/core_private.h"
#include "common/wire/codec.h"
#include <stdio.h>
#include <string.h>

enum { UPLOAD_RETRY_MS = 1000, UPLOAD_RETRY_MAX_MS = 60000 };

static enum err in_arena(struct arena *arena, struct bytes in, struct str *out)
{
    struct buf text CLEANUP(buf_free) = buf_make(2 * CORE_INLINE_BYTES);
    TRY(base64_encode(in, &text));
    *out = arena_str(arena, buf_str(&text));
    return out->p ? OK : ERR_MEMORY;
}

static enum err wrap_for(struct agent *a, const struct peer *p, const struct seal *seal, struct manifest *m)
{
    uint8_t wrap[SEAL_WRAP_BYTES];
    TRY(seal_wrap_in(a->identity.group, seal, p->member->key, agent_random_fn, a, wrap));
    return in_arena(&a->sending, bytes_of(wrap, sizeof wrap), &m->key);
}

static enum err ride_inside(struct agent *a, const struct peer *p, struct bytes plain, const char *digest,
                            struct manifest *m)
{
    struct seal seal CLEANUP(seal_wipe) = { 0 };
    struct buf sealed CLEANUP(buf_free) = buf_make(CORE_INLINE_BYTES + AEAD_TAG_BYTES);
    uint8_t sha[HASH_BYTES];
    TRY(hex_decode(str_of(digest), sha, sizeof sha));
    TRY(seal_make(plain.n, sha, agent_random_fn, a, &seal));
    TRY(core_seal_chunk(&seal, 0, plain, &sealed));
    m->bytes = plain.n;
    (void)snprintf(m->media, sizeof m->media, "application/safetensors");
    TRY(str_copy(str_of(digest), m->sha256, sizeof m->sha256));
    TRY(in_arena(&a->sending, buf_bytes(&sealed), &m->inline_));
    return wrap_for(a, p, &seal, m);
}

static enum err stay_outside(struct agent *a, const struct peer *p, struct bytes plain, const char *digest,
                             struct manifest *m, struct outgoing *o)
{
    struct seal_record r = { 0 };
    enum err e = core_seal_load(a, digest, &a->sending, &r);
    if (e == ERR_ABSENT) e = core_seal_make(a, plain, digest, &a->sending, &r);
    TRY(e);
    *m = r.manifest;
    memcpy(o->blob, r.manifest.sha256, sizeof o->blob);
    for (size_t i = 0; i < m->nchunks; i++) o->waits = o->waits || core_chunk_pending(&m->chunks[i]);
    e = wrap_for(a, p, &r.seal, m);
    seal_wipe(&r.seal);
    return e;
}

enum err core_attach_out(struct agent *a, const struct peer *p, struct msg *m, struct outgoing *o)
{
    struct blob *blob = msg_blob(m);
    struct manifest *manifest = arena_alloc(&a->sending, sizeof *manifest);
    char digest[HASH_HEX_BYTES];
    if (manifest == NULL) return ERR_MEMORY;
    if (p->member == NULL || !p->member->has_key) {
        log_error(&a->log, "attachment.no_key", L_STR("peer", p->jid)); /* the roster must name the receiver's key */
        return ERR_ABSENT;
    }
    TRY(hash_hex_of(blob->data, digest));
    a->counts.attachments_out_bytes += blob->data.n;
    blob->manifest = manifest;
    if (blob->data.n <= CORE_INLINE_BYTES) return ride_inside(a, p, blob->data, digest, manifest);
    return stay_outside(a, p, blob->data, digest, manifest, o);
}

/* ---- storing chunks, one at a time ---- */

static const struct outgoing *waiting(const struct agent *a)
{
    for (size_t i = 0; i < a->npeers; i++)
        for (size_t k = 0; k < a->peers[i].nout; k++)
            if (a->peers[i].out[k].waits) return &a->peers[i].out[k];
    return NULL;
}

/* The stored message says "-" for urls that are known by now. */
static enum err refer(struct agent *a, const struct peer *p, struct outgoing *o, const struct manifest *stored)
{
    char key[STORE_MAX_KEY];
    struct msg m;
    struct buf row CLEANUP(buf_free) = buf_make(2 * MSG_MAX_BYTES);
    core_out_key(p, o->number, key);
    TRY(store_get(a->store, key, &row));
    struct str json = buf_str(&row);
    (void)str_next(&json, '\n');
    TRY(msg_decode(json, &a->sending, &m, NULL, NULL));
    struct manifest whole = *msg_blob(&m)->manifest;
    whole.chunks = stored->chunks;
    msg_blob(&m)->manifest = &whole;
    struct outgoing ready = *o;
    ready.waits = false;
    return core_out_keep(a, p, &ready, &m);
}

static enum err refer_all(struct agent *a, void *arg)
{
    const struct manifest *stored = arg;
    for (size_t i = 0; i < a->npeers; i++)
        for (size_t k = 0; k < a->peers[i].nout; k++) {
            struct outgoing *o = &a->peers[i].out[k];
            if (o->waits && strcmp(o->blob, stored->sha256) == 0) TRY(refer(a, &a->peers[i], o, stored));
        }
    return OK;
}

static void all_stored(struct agent *a, struct manifest *stored)
{
    if (core_transact(a, refer_all, stored) != OK) return; /* tried again at the next sweep */
    for (size_t i = 0; i < a->npeers; i++)
        for (size_t k = 0; k < a->peers[i].nout; k++) {
            struct outgoing *o = &a->peers[i].out[k];
            if (!o->waits || strcmp(o->blob, stored->sha256) != 0) continue;
            o->waits = false;
            core_send_out(a, &a->peers[i], o);
        }
}

static enum err store_chunk(struct agent *a, const struct seal_record *r, size_t i)
{
    char key[STORE_MAX_KEY];
    struct buf plain CLEANUP(buf_free) = buf_make(STORE_MAX_VALUE);
    struct buf sealed CLEANUP(buf_free) = buf_make(SEAL_CHUNK_BYTES + AEAD_TAG_BYTES);
    (void)snprintf(key, sizeof key, "~blob/%s", r->manifest.sha256);
    TRY(store_get(a->store, key, &plain));
    if (plain.n != r->manifest.bytes) return ERR_STORE;
    TRY(core_seal_chunk(&r->seal, i, buf_bytes(&plain), &sealed));
    memcpy(a->upload.blob, r->manifest.sha256, sizeof a->upload.blob);
    a->upload.chunk = i;
    a->upload.token = core_token(a);
    return a->transport.store(a->transport.self, a->upload.token, r->manifest.chunks[i].sha256, buf_bytes(&sealed));
}

static void upload_failed(struct agent *a, enum err e)
{
    uint64_t delay = UPLOAD_RETRY_MS;
    for (unsigned i = 0; i < a->upload.failures && delay < UPLOAD_RETRY_MAX_MS; i++) delay *= 2;
    a->upload.failures++;
    a->upload.blob[0] = '\0';
    log_warn(&a->log, "attachment.store_failed", L_ERR(e), L_U64("tries", a->upload.failures));
    core_arm(a, &a->upload.retry_token, delay);
}

static void continue_upload(struct agent *a, const char *digest)
{
    struct seal_record r = { 0 };
    enum err e = core_seal_load(a, digest, &a->sending, &r);
    size_t i = 0;
    while (e == OK && i < r.manifest.nchunks && !core_chunk_pending(&r.manifest.chunks[i])) i++;
    if (e == OK && i == r.manifest.nchunks)
        all_stored(a, &r.manifest);
    else if (e == OK)
        e = store_chunk(a, &r, i);
    if (e != OK) upload_failed(a, e);
    seal_wipe(&r.seal);
    arena_reset(&a->sending);
}

void core_uploads(struct agent *a)
{
    const struct outgoing *o = waiting(a);
    if (o == NULL || !a->attached || !a->up || a->upload.blob[0] || a->upload.retry_token) return;
    char digest[65];
    memcpy(digest, o->blob, sizeof digest);
    continue_upload(a, digest);
}

bool core_upload_timer(struct agent *a, uint64_t token)
{
    if (token != a->upload.retry_token) return false;
    a->upload.retry_token = 0;
    core_uploads(a);
    return true;
}

static enum err note_url(struct agent *a, void *arg)
{
    const struct str *url = arg;
    struct seal_record r = { 0 };
    enum err e = core_seal_load(a, a->upload.blob, &a->sending, &r);
    if (e == OK && a->upload.chunk < r.manifest.nchunks) {
        r.manifest.chunks[a->upload.chunk].url = *url;
        e = core_seal_save(a, &r);
    }
    seal_wipe(&r.seal);
    return e;
}

void core_on_stored(struct agent *a, uint64_t token, enum err e, struct str url)
{
    if (!a->upload.blob[0] || token != a->upload.token) return;
    if (e == OK && (url.n == 0 || url.n > MANIFEST_MAX_URL || memchr(url.p, '\n', url.n))) e = ERR_PROTO;
    if (e == OK) e = core_transact(a, note_url, &url);
    arena_reset(&a->sending);
    if (e != OK) {
        upload_failed(a, e);
        return;
    }
    a->upload.blob[0] = '\0';
    a->upload.failures = 0;
    core_uploads(a);
}

static enum err delete_blob(struct agent *a, void *arg)
{
    char key[STORE_MAX_KEY];
    (void)snprintf(key, sizeof key, "~blob/%s", (const char *)arg);
    TRY(store_del(a->store, key));
    (void)snprintf(key, sizeof key, "~seal/%s", (const char *)arg);
    return store_del(a->store, key);
}

void core_blob_release(struct agent *a, const char digest[65])
{
    char copy[65];
    if (digest[0] == '\0') return;
    for (size_t i = 0; i < a->npeers; i++)
        for (size_t k = 0; k < a->peers[i].nout; k++)
            if (strcmp(a->peers[i].out[k].blob, digest) == 0) return;
    memcpy(copy, digest, sizeof copy);
    if (core_transact(a, delete_blob, copy) != OK) log_warn(&a->log, "attachment.not_released");
}
