/* Storing the chunks of outgoing attachments out of band: a few at a time, those of several contents in turn. */
#include "common/crypto/encode.h"
#include "common/runtime/core_private.h"
#include "common/wire/codec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UPLOAD_RETRY_MS = 1000, UPLOAD_RETRY_MAX_MS = 64000 };

/* Nobody else can open it: a message to somebody the roster has lost waits until it is over. */
static bool waits(const struct peer *p, const struct outgoing *o)
{
    return o->waits && p->member != NULL && p->member->has_key;
}

/* The next content in the order of digests, so that a long one does not keep the others waiting. */
static const char *whose_turn(const struct agent *a)
{
    const char *next = NULL;
    const char *first = NULL;
    for (size_t i = 0; i < a->npeers; i++)
        for (size_t k = 0; k < a->peers[i].nout; k++) {
            const struct outgoing *o = &a->peers[i].out[k];
            if (!waits(&a->peers[i], o)) continue;
            if (first == NULL || strcmp(o->blob, first) < 0) first = o->blob;
            if (strcmp(o->blob, a->upload.last) > 0 && (next == NULL || strcmp(o->blob, next) < 0)) next = o->blob;
        }
    return next ? next : first;
}

/* ---- when all is stored: the messages that waited say where, and leave ---- */

struct referring {
    const char *content;          /* digest of the attachment */
    const struct seal_record *to; /* the attachment's own record, or that of its list */
};

static enum err refer(struct agent *a, const struct peer *p, const struct outgoing *o, const struct seal_record *to)
{
    char key[STORE_MAX_KEY];
    struct msg m;
    struct manifest whole = to->manifest;
    struct arena arena CLEANUP(arena_free) = arena_make(CORE_ARENA_BYTES);
    struct buf row CLEANUP(buf_free) = buf_make(2 * MSG_MAX_BYTES);
    core_out_key(p, o->number, key);
    TRY(store_get(a->store, key, &row));
    struct str json = buf_str(&row);
    (void)str_next(&json, '\n');
    TRY(msg_decode(json, &arena, &m, NULL, NULL));
    whole.inline_ = (struct str){ 0 };
    TRY(core_wrap_for(a, p, &to->seal, &arena, &whole));
    msg_blob(&m)->manifest = &whole;
    struct outgoing ready = *o;
    ready.waits = false;
    return core_out_keep(a, p, &ready, &m);
}

static enum err refer_all(struct agent *a, void *arg)
{
    const struct referring *r = arg;
    for (size_t i = 0; i < a->npeers; i++)
        for (size_t k = 0; k < a->peers[i].nout; k++) {
            const struct outgoing *o = &a->peers[i].out[k];
            if (waits(&a->peers[i], o) && strcmp(o->blob, r->content) == 0) TRY(refer(a, &a->peers[i], o, r->to));
        }
    return OK;
}

static enum err all_stored(struct agent *a, const char *content, const struct seal_record *to)
{
    struct referring r = { content, to };
    TRY(core_transact(a, refer_all, &r));
    for (size_t i = 0; i < a->npeers; i++)
        for (size_t k = 0; k < a->peers[i].nout; k++) {
            struct outgoing *o = &a->peers[i].out[k];
            if (!waits(&a->peers[i], o) || strcmp(o->blob, content) != 0) continue;
            o->waits = false;
            core_send_out(a, &a->peers[i], o);
        }
    return OK;
}

/* ---- one chunk ---- */

static void free_bytes(uint8_t **p) { free(*p); }

/* In place; room for a whole chunk and its tag. */
static enum err seal_stored(struct agent *a, const struct seal_record *r, size_t i, uint8_t *out)
{
    char key[STORE_MAX_KEY];
    size_t n = seal_chunk_bytes(r->manifest.bytes, i);
    (void)snprintf(key, sizeof key, "~blob/%s", r->manifest.sha256);
    TRY(store_read(a->store, key, (uint64_t)i * SEAL_CHUNK_BYTES, n, out));
    return seal_chunk(&r->seal, i, bytes_of(out, n), out);
}

static enum err store_chunk(struct agent *a, const struct seal_record *r, size_t i, struct upload_chunk *c)
{
    uint8_t *room CLEANUP(free_bytes) = malloc(SEAL_CHUNK_BYTES + AEAD_TAG_BYTES);
    if (room == NULL) return ERR_MEMORY;
    TRY(seal_stored(a, r, i, room));
    struct bytes sealed = bytes_of(room, seal_sealed_bytes(r->manifest.bytes, i));
    TRY(hash_hex_of(sealed, c->sha256));
    memcpy(c->blob, r->manifest.sha256, sizeof c->blob);
    c->index = a->upload.chunk = i;
    c->began_ms = agent_now_ms(a);
    c->token = core_token(a);
    a->upload.chunks = r->manifest.nchunks;
    enum err e = a->transport.store(a->transport.self, c->token, c->sha256, sealed);
    if (e != OK) c->token = 0;
    return e;
}

static bool is_under_way(const struct agent *a, const char *content, size_t index)
{
    for (size_t i = 0; i < CORE_CHUNKS_AT_ONCE; i++) {
        const struct upload_chunk *c = &a->upload.under_way[i];
        if (c->token && c->index == index && strcmp(c->blob, content) == 0) return true;
    }
    return false;
}

/* Room for one more, or NULL. */
static struct upload_chunk *room(struct agent *a)
{
    size_t most = a->upload.quick ? CORE_CHUNKS_AT_ONCE : 1;
    size_t n = 0;
    struct upload_chunk *found = NULL;
    for (size_t i = 0; i < CORE_CHUNKS_AT_ONCE; i++) {
        struct upload_chunk *c = &a->upload.under_way[i];
        n += c->token != 0;
        if (c->token == 0) found = c;
    }
    return n < most ? found : NULL;
}

static size_t first_pending(const struct seal_record *r)
{
    size_t i = 0;
    while (i < r->manifest.nchunks && !core_chunk_pending(&r->manifest.chunks[i])) i++;
    return i;
}

static size_t first_idle(const struct agent *a, const struct seal_record *r)
{
    const struct manifest *m = &r->manifest;
    size_t i = 0;
    while (i < m->nchunks && (!core_chunk_pending(&m->chunks[i]) || is_under_way(a, m->sha256, i))) i++;
    return i;
}

/* ---- the list of many chunks: a content of its own, made when they are all stored ---- */

struct listing {
    const struct seal_record *of;
    struct seal_record *out;
};

static enum err make_list(struct agent *a, void *arg)
{
    const struct listing *l = arg;
    char key[STORE_MAX_KEY];
    char digest[HASH_HEX_BYTES];
    struct buf text CLEANUP(secret_buf_free) = buf_make(CORE_ARENA_BYTES);
    core_seal_write(l->of, &text);
    TRY(buf_err(&text));
    TRY(hash_hex_of(buf_bytes(&text), digest));
    (void)snprintf(key, sizeof key, "~blob/%s", digest);
    TRY(store_put(a->store, key, buf_bytes(&text)));
    (void)snprintf(key, sizeof key, "~list/%s", l->of->manifest.sha256);
    TRY(store_put(a->store, key, str_bytes(str_of(digest))));
    return core_seal_make(a, digest, text.n, MANIFEST_MEDIA_LIST, &a->sending, l->out);
}

static enum err list_digest(struct agent *a, const char *content, char out[HASH_HEX_BYTES])
{
    char key[STORE_MAX_KEY];
    struct buf text CLEANUP(buf_free) = buf_make(HASH_HEX_BYTES);
    (void)snprintf(key, sizeof key, "~list/%s", content);
    TRY(store_get(a->store, key, &text));
    return str_copy(buf_str(&text), out, HASH_HEX_BYTES);
}

static enum err list_of(struct agent *a, const struct seal_record *content, struct seal_record *out)
{
    char digest[HASH_HEX_BYTES];
    enum err e = list_digest(a, content->manifest.sha256, digest);
    if (e == ERR_ABSENT) return core_transact(a, make_list, &(struct listing){ content, out });
    return e == OK ? core_seal_load(a, digest, &a->sending, out) : e;
}

/* ---- going on ---- */

/* What is next for this content, if anything: one more chunk into c, or the messages that waited. */
static enum err go_on(struct agent *a, const char *content, struct upload_chunk *c, bool *out_idle)
{
    struct seal_record r = { 0 };
    struct seal_record list = { 0 };
    TRY(core_seal_load(a, content, &a->sending, &r));
    struct seal_record *now = &r;
    enum err e = OK;
    if (first_pending(&r) == r.manifest.nchunks && r.manifest.nchunks > MANIFEST_DIRECT_CHUNKS) {
        e = list_of(a, &r, &list);
        now = &list;
    }
    size_t next = first_idle(a, now);
    bool stored = first_pending(now) == now->manifest.nchunks;
    *out_idle = !stored && next == now->manifest.nchunks;
    if (e == OK && !*out_idle) e = stored ? all_stored(a, content, now) : store_chunk(a, now, next, c);
    seal_wipe(&r.seal);
    seal_wipe(&list.seal);
    return e;
}

/* Tried for ever, since the message is kept; but who looks at the log learns that nothing moves. */
static void upload_failed(struct agent *a, enum err e)
{
    uint64_t delay = UPLOAD_RETRY_MS;
    uint64_t now = agent_now_ms(a);
    if (a->upload.retry_token) return; /* another of those begun together has failed, too */
    for (unsigned i = 0; i < a->upload.failures && delay < UPLOAD_RETRY_MAX_MS; i++) delay *= 2;
    a->upload.failures++;
    log_warn(&a->log, "attachment.store_failed", L_ERR(e), L_U64("tries", a->upload.failures));
    if (now - a->upload.progress_ms >= CORE_NO_PROGRESS_MS) {
        log_error(&a->log, "attachment.stalled", L_NAME("content", a->upload.last), L_U64("chunk", a->upload.chunk),
                  L_U64("of", a->upload.chunks), L_U64("for_ms", now - a->upload.progress_ms), L_ERR(e));
        a->upload.progress_ms = now;
    }
    core_arm(a, &a->upload.retry_token, delay);
}

void core_uploads(struct agent *a)
{
    char idle[HASH_HEX_BYTES] = ""; /* the first of those whose last chunks are all under way */
    if (!a->attached || !a->up || a->upload.retry_token) return;
    for (struct upload_chunk *c = room(a); c; c = room(a)) {
        bool nothing = false;
        const char *next = whose_turn(a);
        if (next == NULL) a->upload.progress_ms = agent_now_ms(a);
        if (next == NULL || strcmp(next, idle) == 0) return;
        memcpy(a->upload.last, next, sizeof a->upload.last);
        enum err e = go_on(a, a->upload.last, c, &nothing);
        arena_reset(&a->sending);
        if (e != OK) {
            upload_failed(a, e);
            return;
        }
        if (nothing && idle[0] == '\0') memcpy(idle, a->upload.last, sizeof idle);
    }
}

void core_upload_at_once(struct agent *a)
{
    a->upload.retry_token = 0;
    a->upload.failures = 0;
    core_uploads(a);
}

bool core_upload_timer(struct agent *a, uint64_t token)
{
    if (token != a->upload.retry_token) return false;
    a->upload.retry_token = 0;
    core_uploads(a);
    return true;
}

struct stored {
    const struct upload_chunk *chunk;
    struct str url;
};

static enum err note_url(struct agent *a, void *arg)
{
    const struct stored *at = arg;
    struct seal_record r = { 0 };
    enum err e = core_seal_load(a, at->chunk->blob, &a->sending, &r);
    if (e == ERR_ABSENT) return OK; /* nobody needs it any more */
    if (e == OK && at->chunk->index < r.manifest.nchunks) {
        struct manifest_chunk *c = &r.manifest.chunks[at->chunk->index];
        memcpy(c->sha256, at->chunk->sha256, sizeof c->sha256);
        c->url = at->url;
        e = core_seal_save(a, &r);
    }
    seal_wipe(&r.seal);
    return e;
}

/* For all who wait for the content. */
static void count_moved(struct agent *a, const char *content)
{
    for (size_t i = 0; i < a->npeers; i++) {
        struct peer *p = &a->peers[i];
        bool for_it = false;
        for (size_t k = 0; k < p->nout; k++) for_it = for_it || strcmp(p->out[k].blob, content) == 0;
        p->moved += for_it;
    }
}

static size_t find(const struct agent *a, uint64_t token)
{
    size_t i = 0;
    while (i < CORE_CHUNKS_AT_ONCE && a->upload.under_way[i].token != token) i++;
    return i;
}

void core_on_stored(struct agent *a, uint64_t token, enum err e, struct str url)
{
    size_t i = find(a, token);
    if (token == 0 || i == CORE_CHUNKS_AT_ONCE) return;
    struct upload_chunk chunk = a->upload.under_way[i];
    struct stored at = { &chunk, url };
    if (e == OK && (url.n == 0 || url.n > MANIFEST_MAX_URL || memchr(url.p, '\n', url.n) || str_is(url, "-")))
        e = ERR_PROTO;
    a->upload.quick = e == OK && agent_now_ms(a) - chunk.began_ms <= CORE_QUICK_MS;
    if (e == OK) e = core_transact(a, note_url, &at);
    a->upload.under_way[i].token = 0;
    arena_reset(&a->sending);
    if (e != OK) {
        upload_failed(a, e);
        return;
    }
    a->upload.failures = 0;
    a->upload.progress_ms = agent_now_ms(a);
    if (chunk.blob[0]) count_moved(a, chunk.blob);
    core_uploads(a);
}

struct core_share core_upload_share(const struct agent *a)
{
    if (whose_turn(a) == NULL) return (struct core_share){ 0 };
    uint64_t chunks = a->upload.chunks ? a->upload.chunks : 1;
    return (struct core_share){ a->upload.chunk * SEAL_CHUNK_BYTES, chunks * SEAL_CHUNK_BYTES };
}

/* ---- when no message needs it any more ---- */

static enum err delete_one(struct agent *a, const char *kind, const char *digest)
{
    char key[STORE_MAX_KEY];
    (void)snprintf(key, sizeof key, "~%s/%s", kind, digest);
    return store_del(a->store, key);
}

/* Sealed anew it has another key, which these were not sealed under. */
static void disown(struct agent *a, const char *digest)
{
    for (size_t i = 0; i < CORE_CHUNKS_AT_ONCE; i++)
        if (strcmp(a->upload.under_way[i].blob, digest) == 0) a->upload.under_way[i].blob[0] = '\0';
}

enum err core_blob_forget(struct agent *a, const char *digest)
{
    char list[HASH_HEX_BYTES];
    enum err e = list_digest(a, digest, list);
    disown(a, digest);
    if (e != OK && e != ERR_ABSENT) return e;
    if (e == OK) {
        disown(a, list);
        TRY(delete_one(a, "blob", list));
        TRY(delete_one(a, "seal", list));
        TRY(delete_one(a, "list", digest));
    }
    TRY(delete_one(a, "blob", digest));
    return delete_one(a, "seal", digest);
}

bool core_blob_needed(const struct agent *a, const char *digest)
{
    for (size_t i = 0; i < a->npeers; i++)
        for (size_t k = 0; k < a->peers[i].nout; k++)
            if (strcmp(a->peers[i].out[k].blob, digest) == 0) return true;
    return false;
}
