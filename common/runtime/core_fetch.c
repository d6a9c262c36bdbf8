/* Incoming attachments: opened where they ride inside, fetched chunk by chunk where they lie outside.
 *
 * What was fetched is in the store under "~fetch/<sender>/<digest>", opened and in order, so that a transfer that was
 * cut, or whose receiver was killed, goes on where it was, whatever message and seal it comes under then. */
#include "common/crypto/encode.h"
#include "common/runtime/core_private.h"
#include "common/wire/codec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FETCH_RETRY_MS = 500, FETCH_RETRY_MAX_MS = 60000 };

/* A message that waits for its attachment; not acknowledged, so a crash loses nothing. */
struct fetch {
    size_t peer;
    struct arena arena; /* holds the message */
    struct msg m;
    struct manifest of; /* what is fetched now: the attachment, or the list of its chunks */
    struct seal seal;
    char key[STORE_MAX_KEY];
    bool follows;      /* another message's fetch brings the same content */
    uint64_t have;     /* bytes of it in the store */
    struct hash *hash; /* of these */
    uint64_t token, retry_token;
    unsigned failures;
    uint64_t progress_ms; /* when a chunk came last, or it began */
};

static void free_fetch(struct fetch *f)
{
    arena_free(&f->arena);
    seal_wipe(&f->seal);
    hash_free(f->hash);
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

/* ---- what of a content is in the store ---- */

static enum err forget(struct agent *a, void *key) { return store_del(a->store, key); }

static void forget_key(struct agent *a, char *key)
{
    if (core_transact(a, forget, key) != OK) log_warn(&a->log, "attachment.not_forgotten");
}

static enum err hash_stored(struct agent *a, struct fetch *f)
{
    struct buf window CLEANUP(buf_free) = buf_make(CORE_WINDOW_BYTES);
    uint8_t *p = buf_grow(&window, CORE_WINDOW_BYTES);
    if (p == NULL) return buf_err(&window);
    for (uint64_t at = 0; at < f->have; at += CORE_WINDOW_BYTES) {
        size_t n = f->have - at < CORE_WINDOW_BYTES ? (size_t)(f->have - at) : CORE_WINDOW_BYTES;
        TRY(store_read(a->store, f->key, at, n, p));
        TRY(hash_add(f->hash, bytes_of(p, n)));
    }
    return OK;
}

static enum err count_in(struct agent *a, struct fetch *f, uint64_t have)
{
    hash_free(f->hash);
    f->hash = NULL;
    f->have = have;
    TRY(hash_new(&f->hash));
    return hash_stored(a, f);
}

static bool leads(const struct agent *a, size_t i)
{
    for (size_t k = 0; k < a->nfetches; k++)
        if (k != i && !a->fetches[k].follows && strcmp(a->fetches[k].key, a->fetches[i].key) == 0) return false;
    return true;
}

/* Looks what is there of the content that f is about. */
static enum err resume(struct agent *a, size_t i)
{
    struct fetch *f = &a->fetches[i];
    uint64_t have = 0;
    (void)snprintf(f->key, sizeof f->key, "~fetch/%s/%s", a->peers[f->peer].jid, f->of.sha256);
    f->follows = !leads(a, i);
    if (f->follows) return OK;
    enum err e = store_size(a->store, f->key, &have);
    if (e != OK && e != ERR_ABSENT) return e;
    bool odd = have > f->of.bytes || (have < f->of.bytes && have % SEAL_CHUNK_BYTES != 0);
    if (!odd) e = count_in(a, f, have);
    if (!odd && e != ERR_STORE) return e;
    TRY(core_transact(a, forget, f->key)); /* a power cut may have taken the end of it */
    return count_in(a, f, 0);
}

/* ---- one chunk after another ---- */

/* Nothing is lost when it is given up: the sender sends the message again, and it goes on from what is kept. */
static void retry(struct agent *a, size_t i, enum err e)
{
    struct fetch *f = &a->fetches[i];
    uint64_t idle_ms = agent_now_ms(a) - f->progress_ms;
    uint64_t delay = FETCH_RETRY_MS;
    if (idle_ms >= CORE_NO_PROGRESS_MS) {
        log_error(&a->log, "attachment.stalled", L_NAME("peer", a->peers[f->peer].jid), L_U64("bytes", f->have),
                  L_U64("of", f->of.bytes), L_U64("for_ms", idle_ms), L_ERR(e));
        remove_fetch(a, i);
        return;
    }
    for (unsigned k = 0; k < f->failures && delay < FETCH_RETRY_MAX_MS; k++) delay *= 2;
    f->failures++;
    f->token = 0;
    core_arm(a, &f->retry_token, delay < FETCH_RETRY_MAX_MS ? delay : FETCH_RETRY_MAX_MS);
}

static enum err ask(struct agent *a, struct fetch *f, size_t index)
{
    const struct manifest_chunk *c = &f->of.chunks[index];
    uint64_t token = core_token(a);
    TRY(a->transport.fetch(a->transport.self, token, c->url, c->bytes));
    f->token = token;
    return OK;
}

static void next_chunk(struct agent *a, size_t i)
{
    struct fetch *f = &a->fetches[i];
    enum err e = ask(a, f, f->have / SEAL_CHUNK_BYTES);
    if (e != OK) retry(a, i, e);
}

/* The next one is under way while this one is opened and kept.  One that cannot be asked for now is asked for then. */
static void ask_ahead(struct agent *a, struct fetch *f)
{
    size_t next = f->have / SEAL_CHUNK_BYTES + 1;
    if (next < f->of.nchunks && ask(a, f, next) != OK) f->token = 0;
}

struct arrival {
    const char *key;
    struct bytes plain;
};

static enum err keep_arrival(struct agent *a, void *arg)
{
    const struct arrival *n = arg;
    return store_append(a->store, n->key, n->plain);
}

static void free_bytes(uint8_t **p) { free(*p); }

/* Its tag says that it is the chunk sealed at this place: the digest in the manifest needs no look. */
static enum err take_chunk(struct agent *a, struct fetch *f, struct bytes sealed)
{
    uint64_t index = f->have / SEAL_CHUNK_BYTES;
    size_t n = seal_chunk_bytes(f->of.bytes, index);
    uint8_t *plain CLEANUP(free_bytes) = malloc(n ? n : 1);
    if (plain == NULL) return ERR_MEMORY;
    TRY(seal_chunk_open(&f->seal, index, sealed, plain));
    struct arrival arrival = { f->key, bytes_of(plain, n) };
    TRY(core_transact(a, keep_arrival, &arrival));
    f->have += n;
    f->failures = 0;
    f->progress_ms = agent_now_ms(a);
    a->peers[f->peer].moved++;
    return hash_add(f->hash, arrival.plain);
}

/* ---- all of it is there ---- */

static void refuse(struct agent *a, size_t i, enum err e, const char *text)
{
    const struct msg *m = &a->fetches[i].m;
    core_refuse(a, &a->peers[a->fetches[i].peer], m, m->id, e, text);
    remove_fetch(a, i);
}

static bool hash_is_right(struct fetch *f)
{
    uint8_t digest[HASH_BYTES];
    return f->hash && hash_end(f->hash, digest) == OK && memcmp(digest, f->seal.sha256, sizeof digest) == 0;
}

/* False: the handler failed by no fault of the sender, so the message comes again and shall find the bytes. */
static bool deliver(struct agent *a, size_t i)
{
    uint64_t epoch = 0;
    uint64_t number = 0;
    struct fetch f = a->fetches[i];
    struct peer *p = &a->peers[f.peer];
    a->fetches[i] = a->fetches[--a->nfetches];
    struct blob *blob = msg_blob(&f.m);
    blob->kept = f.key;
    memcpy(blob->sha256, f.of.sha256, sizeof blob->sha256);
    a->counts.attachments_in_bytes += f.of.bytes;
    log_info(&a->log, "attachment.fetched", L_NAME("peer", p->jid), L_U64("bytes", f.of.bytes));
    if (p->member) core_deliver(a, p, &f.m);
    p = &a->peers[f.peer];
    bool over = p->member == NULL || !core_id_parse(f.m.id, &epoch, &number) || core_seen(p, epoch, number);
    free_fetch(&f);
    return over;
}

static enum err read_list(struct agent *a, struct fetch *f, struct why *why)
{
    struct seal_record r = { 0 };
    struct buf text CLEANUP(secret_buf_free) = buf_make(CORE_ARENA_BYTES);
    TRY(store_get(a->store, f->key, &text));
    TRY(core_seal_read(buf_str(&text), &f->arena, &r, why));
    f->of = r.manifest;
    f->seal = r.seal;
    seal_wipe(&r.seal);
    if (strcmp(f->of.media, MANIFEST_MEDIA_LIST) == 0) return why_say(why, ERR_PROTO, "attachment: a list of lists");
    return OK;
}

static bool is_list(const struct fetch *f) { return strcmp(f->of.media, MANIFEST_MEDIA_LIST) == 0; }
static void go_on(struct agent *a, size_t i);

/* What is listed may be too long; or too much for now: then the message comes again. */
static void enter_list(struct agent *a, size_t i)
{
    struct why why = { 0 };
    struct fetch *f = &a->fetches[i];
    enum err e = read_list(a, f, &why);
    if (e == OK) e = core_half_fits(a, &f->m, &f->of, &why);
    if (e == OK && !core_half_room(a, f->peer, f->of.sha256, 0)) {
        remove_fetch(a, i);
        return;
    }
    if (e == OK) e = resume(a, i);
    if (e == OK)
        go_on(a, i);
    else
        refuse(a, i, e, why.text);
}

static size_t find_key(const struct agent *a, const char *key)
{
    size_t i = 0;
    while (i < a->nfetches && strcmp(a->fetches[i].key, key) != 0) i++;
    return i;
}

static bool comes_again(const struct agent *a, const struct fetch *f)
{
    const struct agent_handler *h = core_handler(a, f->m.type);
    return h && h->again && !is_list(f);
}

/* For every message that waits for this content. */
static void complete(struct agent *a, size_t i)
{
    char key[STORE_MAX_KEY];
    char digest[HASH_HEX_BYTES];
    size_t peer = a->fetches[i].peer;
    bool right = hash_is_right(&a->fetches[i]);
    bool again = right && comes_again(a, &a->fetches[i]);
    bool over = true;
    memcpy(key, a->fetches[i].key, sizeof key);
    memcpy(digest, a->fetches[i].of.sha256, sizeof digest);
    while ((i = find_key(a, key)) < a->nfetches) {
        if (!right)
            refuse(a, i, ERR_CRYPTO, "the attachment's bytes are not those of its digest");
        else if (is_list(&a->fetches[i]))
            enter_list(a, i);
        else
            over = deliver(a, i) && over;
    }
    if (over && again)
        core_again_keep(a, &a->peers[peer], digest);
    else if (over)
        forget_key(a, key);
}

static void go_on(struct agent *a, size_t i)
{
    struct fetch *f = &a->fetches[i];
    if (f->follows) return;
    if (f->have == f->of.bytes)
        complete(a, i);
    else if (f->token == 0)
        next_chunk(a, i);
}

void core_on_fetched(struct agent *a, uint64_t token, enum err e, struct bytes data)
{
    for (size_t i = 0; i < a->nfetches; i++) {
        struct fetch *f = &a->fetches[i];
        if (f->token != token) continue;
        f->token = 0;
        uint64_t had = f->have;
        if (e == OK) ask_ahead(a, f);
        if (e == OK) e = take_chunk(a, f, data);
        if (e != OK) f->token = 0; /* nor what was asked for ahead */
        if (e != OK && f->have > had)
            remove_fetch(a, i); /* kept and not hashed: looked at anew when the message comes again */
        else if (e != OK)
            retry(a, i, e);
        else
            go_on(a, i);
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

bool core_fetch_holds(const struct agent *a, const char *key) { return find_key(a, key) < a->nfetches; }

uint64_t core_fetch_bytes(const struct agent *a, size_t peer)
{
    uint64_t n = 0;
    for (size_t i = 0; i < a->nfetches; i++)
        if (a->fetches[i].peer == peer && !a->fetches[i].follows) n += a->fetches[i].of.bytes;
    return n;
}

struct core_share core_fetch_share(const struct agent *a)
{
    struct core_share s = { 0 };
    for (size_t i = 0; i < a->nfetches; i++) {
        if (a->fetches[i].follows) continue;
        s.have += a->fetches[i].have;
        s.of += a->fetches[i].of.bytes;
    }
    return s;
}

void core_fetch_at_once(struct agent *a)
{
    for (size_t i = a->nfetches; i > 0; i--) { /* from behind: one may be removed */
        struct fetch *f = &a->fetches[i - 1];
        if (f->retry_token == 0) continue;
        f->retry_token = 0;
        f->failures = 0;
        next_chunk(a, i - 1);
    }
}

/* ---- beginning ---- */

static bool already(const struct agent *a, size_t peer, const char *id)
{
    for (size_t i = 0; i < a->nfetches; i++)
        if (a->fetches[i].peer == peer && strcmp(a->fetches[i].m.id, id) == 0) return true;
    return false;
}

static bool has_room(struct agent *a, size_t peer, const struct manifest *of)
{
    size_t n = 0;
    for (size_t i = 0; i < a->nfetches; i++) n += a->fetches[i].peer == peer;
    if (a->nfetches < CORE_MAX_FETCHES && n < CORE_MAX_FETCHES_A_PEER)
        return core_half_room(a, peer, of->sha256, of->bytes);
    a->counts.attachments_deferred++;
    return false;
}

static enum err fill(struct agent *a, struct fetch *f, const struct msg *m, struct str json)
{
    TRY(msg_decode(json, &f->arena, &f->m, NULL, NULL));
    f->m.from = arena_z(&f->arena, str_of(m->from));
    f->m.from_role = m->from_role;
    if (f->m.from == NULL) return ERR_MEMORY;
    f->of = *msg_blob(&f->m)->manifest;
    return core_unwrap(a, NULL, &f->of, &f->seal);
}

static enum err begin_fetch(struct agent *a, size_t peer, const struct msg *m, struct str json)
{
    struct fetch f = { .peer = peer, .arena = arena_make(CORE_ARENA_BYTES), .progress_ms = agent_now_ms(a) };
    struct fetch *grown = realloc(a->fetches, (a->nfetches + 1) * sizeof *grown);
    if (grown == NULL) return ERR_MEMORY;
    a->fetches = grown;
    enum err e = fill(a, &f, m, json);
    if (e != OK) {
        free_fetch(&f);
        return e;
    }
    size_t i = a->nfetches++;
    a->fetches[i] = f;
    e = resume(a, i);
    if (e != OK) {
        remove_fetch(a, i);
        return e;
    }
    core_half_watch(a);
    log_info(&a->log, "attachment.fetching", L_NAME("peer", a->peers[peer].jid), L_U64("bytes", a->fetches[i].of.bytes),
             L_U64("have", a->fetches[i].have));
    go_on(a, i);
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
    if (blob->manifest->nchunks == 0) {
        e = core_small_in(a, p, blob->manifest, blob);
        if (e == OK) a->counts.attachments_in_bytes += blob->manifest->bytes;
    } else {
        *out_waits = true;
        enum err never = core_half_fits(a, m, blob->manifest, why);
        if (never != OK) return *out_waits = false, never;
        if (!already(a, peer, m->id) && has_room(a, peer, blob->manifest)) e = begin_fetch(a, peer, m, json);
    }
    if (err_class(e) != ERR_CLASS_PEER) {
        *out_waits = *out_waits || e != OK; /* ours to mend: it will come again */
        return OK;
    }
    *out_waits = false;
    return why_say(why, e, "the attachment could not be opened: it is not sealed for us, or was changed on its way");
}
