/* How a large attachment is sealed and where its chunks lie.
 *
 * "~blob/<digest>" holds the plain bytes until no message needs them; "~seal/<digest>" the content key and the chunks:
 *   <key, hex> <media>\n<sha256 of the sealed chunk> <sealed bytes> <url or ->\n...
 * Sealing is deterministic given the key, so a chunk is sealed again when it must be stored again. */
#include "common/crypto/encode.h"
#include "common/runtime/core_private.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SEAL_TEXT_MAX = 8 << 20 };

bool core_chunk_pending(const struct manifest_chunk *c) { return str_is(c->url, "-"); }

static void seal_key(const char *digest, char key[STORE_MAX_KEY])
{
    (void)snprintf(key, STORE_MAX_KEY, "~seal/%s", digest);
}

enum err core_seal_save(struct agent *a, const struct seal_record *r)
{
    char key[STORE_MAX_KEY];
    char hex[2 * AEAD_KEY_BYTES + 1];
    struct buf text CLEANUP(secret_buf_free) = buf_make(SEAL_TEXT_MAX);
    hex_encode(bytes_of(r->seal.key, sizeof r->seal.key), hex);
    buf_addf(&text, "%s %" PRIu64 " %s\n", hex, r->manifest.bytes, r->manifest.media);
    for (size_t i = 0; i < r->manifest.nchunks; i++) {
        const struct manifest_chunk *c = &r->manifest.chunks[i];
        buf_addf(&text, "%s %" PRIu64 " " STR_F "\n", c->sha256, c->bytes, STR_ARG(c->url));
    }
    TRY(buf_err(&text));
    seal_key(r->manifest.sha256, key);
    return store_put(a->store, key, buf_bytes(&text));
}

static enum err parse_chunks(struct str rest, struct arena *arena, struct manifest *m)
{
    m->nchunks = seal_chunks(m->bytes);
    m->chunks = arena_array(arena, m->nchunks, sizeof *m->chunks);
    if (m->chunks == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < m->nchunks; i++) {
        struct str line = str_next(&rest, '\n');
        TRY(str_copy(str_next(&line, ' '), m->chunks[i].sha256, sizeof m->chunks[i].sha256));
        TRY(str_u64(str_next(&line, ' '), &m->chunks[i].bytes));
        m->chunks[i].url = arena_str(arena, line);
        if (m->chunks[i].url.p == NULL) return ERR_MEMORY;
    }
    return OK;
}

enum err core_seal_load(struct agent *a, const char *digest, struct arena *arena, struct seal_record *out)
{
    char key[STORE_MAX_KEY];
    struct buf text CLEANUP(secret_buf_free) = buf_make(SEAL_TEXT_MAX);
    struct seal_record r = { 0 };
    seal_key(digest, key);
    TRY(store_get(a->store, key, &text));
    struct str rest = buf_str(&text);
    struct str head = str_next(&rest, '\n');
    TRY(hex_decode(str_next(&head, ' '), r.seal.key, sizeof r.seal.key));
    TRY(str_u64(str_next(&head, ' '), &r.manifest.bytes));
    TRY(str_copy(head, r.manifest.media, sizeof r.manifest.media));
    TRY(str_copy(str_of(digest), r.manifest.sha256, sizeof r.manifest.sha256));
    TRY(hex_decode(str_of(digest), r.seal.sha256, sizeof r.seal.sha256));
    r.seal.bytes = r.manifest.bytes;
    TRY(parse_chunks(rest, arena, &r.manifest));
    *out = r;
    return OK;
}

enum err core_seal_chunk(const struct seal *s, uint64_t index, struct bytes plain, struct buf *out)
{
    struct bytes part = { plain.p + index * SEAL_CHUNK_BYTES, seal_chunk_bytes(s->bytes, index) };
    uint8_t *to = buf_grow(out, seal_sealed_bytes(s->bytes, index));
    return to ? seal_chunk(s, index, part, to) : buf_err(out);
}

static enum err describe_chunk(const struct seal_record *r, uint64_t i, struct bytes plain)
{
    struct manifest_chunk *c = &r->manifest.chunks[i];
    struct buf sealed CLEANUP(buf_free) = buf_make(SEAL_CHUNK_BYTES + AEAD_TAG_BYTES);
    TRY(core_seal_chunk(&r->seal, i, plain, &sealed));
    c->bytes = sealed.n;
    c->url = STR("-");
    return hash_hex_of(buf_bytes(&sealed), c->sha256);
}

enum err core_seal_make(struct agent *a, struct bytes plain, const char *digest, struct arena *arena,
                        struct seal_record *out)
{
    struct seal_record r = { 0 };
    uint8_t sha[HASH_BYTES];
    char key[STORE_MAX_KEY];
    TRY(hex_decode(str_of(digest), sha, sizeof sha));
    TRY(seal_make(plain.n, sha, agent_random_fn, a, &r.seal));
    r.manifest.bytes = plain.n;
    (void)snprintf(r.manifest.media, sizeof r.manifest.media, "application/safetensors");
    TRY(str_copy(str_of(digest), r.manifest.sha256, sizeof r.manifest.sha256));
    r.manifest.nchunks = seal_chunks(plain.n);
    r.manifest.chunks = arena_array(arena, r.manifest.nchunks, sizeof *r.manifest.chunks);
    if (r.manifest.chunks == NULL) return ERR_MEMORY;
    for (uint64_t i = 0; i < r.manifest.nchunks; i++) TRY(describe_chunk(&r, i, plain));
    (void)snprintf(key, sizeof key, "~blob/%s", digest);
    TRY(store_put(a->store, key, plain));
    TRY(core_seal_save(a, &r));
    *out = r;
    return OK;
}
