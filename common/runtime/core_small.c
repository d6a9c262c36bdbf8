/* Small attachments ride in the message: sealed with the session's one key agreement, as base64. */
#include "common/crypto/encode.h"
#include "common/runtime/core_private.h"
#include <stdlib.h>
#include <string.h>

enum { WRAP_TEXT_BYTES = 2 * SEAL_WRAP_BYTES };

void core_small_forget(struct peer *p)
{
    if (p->seals == NULL) return;
    seal_link_wipe(&p->seals->to);
    seal_link_wipe(&p->seals->from);
    free(p->seals);
    p->seals = NULL;
}

enum err core_base64(struct arena *arena, struct bytes in, struct str *out)
{
    struct buf text CLEANUP(buf_free) = buf_make(WRAP_TEXT_BYTES);
    TRY(base64_encode(in, &text));
    *out = arena_str(arena, buf_str(&text));
    return out->p ? OK : ERR_MEMORY;
}

void core_small_end(struct agent *a)
{
    seal_wipe(&a->small.seal);
    buf_free(&a->small.text);
}

/* ---- out ---- */

/* sha256: what the bytes must have; NULL: not known yet. */
static enum err seal_text(struct agent *a, const struct blob *blob, size_t n, const uint8_t *sha256)
{
    struct buf plain CLEANUP(buf_free) = buf_make(CORE_INLINE_BYTES);
    struct buf sealed CLEANUP(buf_free) = buf_make(CORE_INLINE_BYTES + AEAD_TAG_BYTES);
    uint8_t *to = buf_grow(&plain, n);
    if (to == NULL) return buf_err(&plain);
    TRY(agent_blob_read(a, blob, 0, n, to));
    TRY(seal_session_make(&a->session, buf_bytes(&plain), &a->small.seal));
    if (sha256 && memcmp(a->small.seal.sha256, sha256, HASH_BYTES) != 0)
        return ERR_STATE; /* not what the manifest says */
    TRY(core_seal_chunk(&a->small.seal, 0, buf_bytes(&plain), &sealed));
    a->small.text = buf_make(2 * CORE_INLINE_BYTES);
    return base64_encode(buf_bytes(&sealed), &a->small.text);
}

/* Sent to many in one transaction it is sealed once: to seal it again would give the same bytes. */
static enum err seal_once(struct agent *a, const struct blob *blob, const struct manifest *m)
{
    uint8_t sha256[HASH_BYTES] = { 0 };
    uint64_t ends_ms = a->session.ends_ms;
    bool known = m->sha256[0] != '\0';
    if (known) TRY(hex_decode(str_of(m->sha256), sha256, sizeof sha256));
    TRY(seal_session_begin(&a->session, agent_now_ms(a), agent_random_fn, a));
    bool same = known && a->small.text.n > 0 && ends_ms == a->session.ends_ms &&
                memcmp(a->small.seal.sha256, sha256, sizeof sha256) == 0;
    if (same) return OK;
    core_small_end(a);
    enum err e = seal_text(a, blob, (size_t)m->bytes, known ? sha256 : NULL);
    if (e != OK) core_small_end(a);
    return e;
}

enum err core_small_out(struct agent *a, struct peer *p, struct blob *blob, struct manifest *m)
{
    uint8_t wrap[SEAL_WRAP_BYTES];
    struct peer_seals *seals;
    TRY(core_agreements(p, &seals));
    TRY(seal_once(a, blob, m));
    hash_hex(a->small.seal.sha256, blob->sha256);
    memcpy(m->sha256, blob->sha256, sizeof m->sha256);
    TRY(seal_session_wrap(&a->session, &a->small.seal, p->member->key, &seals->to, wrap));
    m->inline_ = buf_str(&a->small.text);
    return core_base64(&a->sending, bytes_of(wrap, sizeof wrap), &m->key);
}

/* ---- in ---- */

enum err core_small_in(struct agent *a, struct peer *p, const struct manifest *m, struct blob *out)
{
    char digest[HASH_HEX_BYTES];
    struct seal seal CLEANUP(seal_wipe) = { 0 };
    struct buf sealed CLEANUP(buf_free) = buf_make(MANIFEST_MAX_INLINE);
    if (m->bytes > CORE_INLINE_BYTES) return ERR_PROTO;
    TRY(core_unwrap(a, p, m, &seal));
    TRY(base64_decode(m->inline_, &sealed));
    uint8_t *plain = arena_alloc(&a->arena, m->bytes);
    if (plain == NULL) return ERR_MEMORY;
    TRY(seal_chunk_open(&seal, 0, buf_bytes(&sealed), plain));
    TRY(hash_hex_of(bytes_of(plain, m->bytes), digest));
    if (strcmp(digest, m->sha256) != 0) return ERR_CRYPTO;
    out->data = bytes_of(plain, m->bytes);
    memcpy(out->sha256, digest, sizeof out->sha256);
    return OK;
}
