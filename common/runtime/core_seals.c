/* How a large attachment is sealed and where its chunks lie.
 *
 * "~blob/<digest>" holds the plain bytes until no message needs them; "~seal/<digest>" the content key and the chunks:
 *   <sha256 of the plain bytes> <bytes> <key, hex> <media>\n<sha256 of the sealed chunk> <sealed bytes> <url or ->\n...
 * A chunk is sealed when it is its turn to be stored; sealing is deterministic given the key, so it may be done again.
 * The same text, sealed in its turn, is the list of many chunks (manifest.h). */
#include "common/crypto/encode.h"
#include "common/runtime/core_private.h"
#include "common/wire/manifest_codec.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SEAL_TEXT_MAX = 8 << 20 };
static const char not_sealed[] = "0000000000000000000000000000000000000000000000000000000000000000";

bool core_chunk_pending(const struct manifest_chunk *c) { return str_is(c->url, "-"); }

static void seal_key(const char *digest, char key[STORE_MAX_KEY])
{
    (void)snprintf(key, STORE_MAX_KEY, "~seal/%s", digest);
}

void core_seal_write(const struct seal_record *r, struct buf *out)
{
    char hex[2 * AEAD_KEY_BYTES + 1];
    hex_encode(bytes_of(r->seal.key, sizeof r->seal.key), hex);
    buf_addf(out, "%s %" PRIu64 " %s %s\n", r->manifest.sha256, r->manifest.bytes, hex, r->manifest.media);
    for (size_t i = 0; i < r->manifest.nchunks; i++) {
        const struct manifest_chunk *c = &r->manifest.chunks[i];
        buf_addf(out, "%s %" PRIu64 " " STR_F "\n", c->sha256, c->bytes, STR_ARG(c->url));
    }
    secret_wipe(hex, sizeof hex);
}

enum err core_seal_save(struct agent *a, const struct seal_record *r)
{
    char key[STORE_MAX_KEY];
    struct buf text CLEANUP(secret_buf_free) = buf_make(SEAL_TEXT_MAX);
    core_seal_write(r, &text);
    TRY(buf_err(&text));
    seal_key(r->manifest.sha256, key);
    return store_put(a->store, key, buf_bytes(&text));
}

static enum err read_head(struct str head, struct seal_record *r)
{
    TRY(str_copy(str_next(&head, ' '), r->manifest.sha256, sizeof r->manifest.sha256));
    TRY(str_u64(str_next(&head, ' '), &r->manifest.bytes));
    TRY(hex_decode(str_next(&head, ' '), r->seal.key, sizeof r->seal.key));
    TRY(str_copy(head, r->manifest.media, sizeof r->manifest.media));
    TRY(hex_decode(str_of(r->manifest.sha256), r->seal.sha256, sizeof r->seal.sha256));
    r->seal.bytes = r->manifest.bytes;
    r->manifest.key = STR("-");
    return OK;
}

static enum err read_chunk(struct str line, struct arena *arena, struct manifest_chunk *out)
{
    TRY(str_copy(str_next(&line, ' '), out->sha256, sizeof out->sha256));
    TRY(str_u64(str_next(&line, ' '), &out->bytes));
    out->url = arena_str(arena, line);
    return out->url.p || line.n == 0 ? OK : ERR_MEMORY;
}

static enum err read_chunks(struct str rest, struct arena *arena, struct manifest *m, struct why *why)
{
    uint64_t n = seal_chunks(m->bytes);
    if (n > MANIFEST_MAX_CHUNKS)
        return why_say(why, ERR_LIMIT, "the attachment has %" PRIu64 " chunks, and at most %d are taken", n,
                       MANIFEST_MAX_CHUNKS);
    m->nchunks = (size_t)n;
    m->chunks = arena_array(arena, m->nchunks, sizeof *m->chunks);
    if (m->chunks == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < m->nchunks; i++) TRY(read_chunk(str_next(&rest, '\n'), arena, &m->chunks[i]));
    return rest.n == 0 ? OK : ERR_PROTO;
}

enum err core_seal_read(struct str text, struct arena *arena, struct seal_record *out, struct why *why)
{
    struct seal_record r = { 0 };
    struct str rest = text;
    enum err e = read_head(str_next(&rest, '\n'), &r);
    if (e == OK) e = read_chunks(rest, arena, &r.manifest, why);
    if (e == OK) e = manifest_check(&r.manifest, why);
    if (e == OK)
        *out = r;
    else if (e != ERR_MEMORY && e != ERR_LIMIT)
        e = why_say(why, ERR_PROTO, "attachment: the list of its chunks cannot be read");
    seal_wipe(&r.seal);
    return e;
}

enum err core_seal_load(struct agent *a, const char *digest, struct arena *arena, struct seal_record *out)
{
    char key[STORE_MAX_KEY];
    struct buf text CLEANUP(secret_buf_free) = buf_make(SEAL_TEXT_MAX);
    seal_key(digest, key);
    TRY(store_get(a->store, key, &text));
    enum err e = core_seal_read(buf_str(&text), arena, out, NULL);
    return e == ERR_PROTO || e == ERR_LIMIT ? ERR_STORE : e;
}

enum err core_seal_chunk(const struct seal *s, uint64_t index, struct bytes chunk, struct buf *out)
{
    uint8_t *to = buf_grow(out, seal_sealed_bytes(s->bytes, index));
    return to ? seal_chunk(s, index, chunk, to) : buf_err(out);
}

enum err core_seal_make(struct agent *a, const char *digest, uint64_t bytes, const char *media, struct arena *arena,
                        struct seal_record *out)
{
    struct seal_record r = { .manifest = { .bytes = bytes, .nchunks = (size_t)seal_chunks(bytes) } };
    uint8_t sha[HASH_BYTES];
    TRY(hex_decode(str_of(digest), sha, sizeof sha));
    TRY(str_copy(str_of(digest), r.manifest.sha256, sizeof r.manifest.sha256));
    TRY(str_copy(str_of(media), r.manifest.media, sizeof r.manifest.media));
    r.manifest.chunks = arena_array(arena, r.manifest.nchunks, sizeof *r.manifest.chunks);
    if (r.manifest.chunks == NULL) return ERR_MEMORY;
    for (uint64_t i = 0; i < r.manifest.nchunks; i++) {
        struct manifest_chunk *c = &r.manifest.chunks[i];
        *c = (struct manifest_chunk){ .bytes = seal_sealed_bytes(bytes, i), .url = STR("-") };
        memcpy(c->sha256, not_sealed, sizeof c->sha256);
    }
    TRY(seal_make(bytes, sha, agent_random_fn, a, &r.seal));
    enum err e = core_seal_save(a, &r);
    if (e == OK) *out = r;
    seal_wipe(&r.seal);
    return e;
}
