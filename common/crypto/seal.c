#include "common/crypto/seal.h"
#include "common/base/secret.h"
#include "common/crypto/hkdf.h"
#include "common/crypto/seal_agreed.h"
#include <string.h>

enum { NUMBER_BYTES = 8 };
static const char chunk_label[] = "himas seal 1 chunk"; /* with their NUL: no label is the start of another */
static const char wrap_label[] = "himas seal 1 wrap";

struct chunk_aad {
    uint8_t label[sizeof chunk_label];
    uint8_t bytes[NUMBER_BYTES];
    uint8_t index[NUMBER_BYTES];
    uint8_t count[NUMBER_BYTES];
};
struct wrap_info {
    uint8_t label[sizeof wrap_label];
    uint8_t ephemeral[X25519_BYTES];
    uint8_t recipient[X25519_BYTES];
    uint8_t sha256[HASH_BYTES];
    uint8_t bytes[NUMBER_BYTES];
};
struct wrap_secret {
    uint8_t key[AEAD_KEY_BYTES];
    uint8_t nonce[AEAD_NONCE_BYTES];
};

static void put_number(uint64_t v, uint8_t out[NUMBER_BYTES])
{
    for (int i = 0; i < NUMBER_BYTES; i++) out[i] = (uint8_t)(v >> (8 * (NUMBER_BYTES - 1 - i)));
}

static void wipe_secret(struct wrap_secret *s) { secret_wipe(s, sizeof *s); }

void seal_wipe(struct seal *s)
{
    if (s != NULL) secret_wipe(s, sizeof *s);
}

enum err seal_make(uint64_t bytes, const uint8_t sha256[HASH_BYTES], random_fn *random, void *self, struct seal *out)
{
    struct seal s CLEANUP(seal_wipe) = { .bytes = bytes };
    if (bytes > SEAL_MAX_BYTES) return ERR_LIMIT;
    TRY(random(self, s.key, sizeof s.key));
    memcpy(s.sha256, sha256, sizeof s.sha256);
    *out = s;
    return OK;
}

uint64_t seal_chunks(uint64_t bytes) { return bytes == 0 ? 1 : (bytes - 1) / SEAL_CHUNK_BYTES + 1; }

size_t seal_chunk_bytes(uint64_t bytes, uint64_t index)
{
    if (index >= seal_chunks(bytes)) return 0;
    uint64_t left = bytes - index * SEAL_CHUNK_BYTES;
    return left < SEAL_CHUNK_BYTES ? (size_t)left : SEAL_CHUNK_BYTES;
}

size_t seal_sealed_bytes(uint64_t bytes, uint64_t index) { return seal_chunk_bytes(bytes, index) + AEAD_TAG_BYTES; }

static struct chunk_aad bind_chunk(const struct seal *s, uint64_t index, uint8_t nonce[AEAD_NONCE_BYTES])
{
    struct chunk_aad aad;
    memcpy(aad.label, chunk_label, sizeof aad.label);
    put_number(s->bytes, aad.bytes);
    put_number(index, aad.index);
    put_number(seal_chunks(s->bytes), aad.count);
    memset(nonce, 0, AEAD_NONCE_BYTES);
    put_number(index, nonce + AEAD_NONCE_BYTES - NUMBER_BYTES);
    return aad;
}

enum err seal_chunk(const struct seal *s, uint64_t index, struct bytes plain, uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    if (index >= seal_chunks(s->bytes) || plain.n != seal_chunk_bytes(s->bytes, index)) return ERR_INPUT;
    struct chunk_aad aad = bind_chunk(s, index, nonce);
    return aead_seal(s->key, nonce, bytes_of(&aad, sizeof aad), plain, out);
}

enum err seal_chunk_open(const struct seal *s, uint64_t index, struct bytes sealed, uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    if (index >= seal_chunks(s->bytes) || sealed.n != seal_sealed_bytes(s->bytes, index)) return ERR_CRYPTO;
    struct chunk_aad aad = bind_chunk(s, index, nonce);
    return aead_open(s->key, nonce, bytes_of(&aad, sizeof aad), sealed, out);
}

/* The key and nonce that seal the content key: both ends reach the same ones. */
static enum err wrap_key(const struct seal *s, const struct seal_agreed *with, struct wrap_secret *out)
{
    struct wrap_info info;
    memcpy(info.label, wrap_label, sizeof info.label);
    memcpy(info.ephemeral, with->ephemeral, X25519_BYTES);
    memcpy(info.recipient, with->recipient, X25519_BYTES);
    memcpy(info.sha256, s->sha256, HASH_BYTES);
    put_number(s->bytes, info.bytes);
    return hkdf_expand(with->prk, bytes_of(&info, sizeof info), (uint8_t *)out, sizeof *out);
}

void seal_agreed_wipe(struct seal_agreed *a)
{
    if (a != NULL) secret_wipe(a, sizeof *a);
}

static enum err take_shared(uint8_t shared[X25519_BYTES], const uint8_t ephemeral[X25519_BYTES],
                            const uint8_t recipient[X25519_BYTES], struct seal_agreed *out)
{
    struct seal_agreed a CLEANUP(seal_agreed_wipe) = { 0 };
    memcpy(a.ephemeral, ephemeral, X25519_BYTES);
    memcpy(a.recipient, recipient, X25519_BYTES);
    enum err e = hkdf_extract(bytes_of(shared, X25519_BYTES), bytes_of(NULL, 0), a.prk);
    secret_wipe(shared, X25519_BYTES);
    if (e == OK) *out = a;
    return e;
}

enum err seal_agree_to(const struct x25519_pair *ephemeral, const uint8_t recipient[X25519_BYTES],
                       struct seal_agreed *out)
{
    uint8_t shared[X25519_BYTES];
    TRY(x25519_shared(ephemeral->secret, ephemeral->public_key, recipient, shared));
    return take_shared(shared, ephemeral->public_key, recipient, out);
}

enum err seal_agree_from(const uint8_t ephemeral[X25519_BYTES], const struct identity *me, struct seal_agreed *out)
{
    uint8_t shared[X25519_BYTES];
    TRY(x25519_shared(me->secret, me->public_key, ephemeral, shared));
    return take_shared(shared, ephemeral, me->public_key, out);
}

enum err seal_wrap_agreed(const struct seal *s, const struct seal_agreed *with, uint8_t out[SEAL_WRAP_BYTES])
{
    struct wrap_secret secret CLEANUP(wipe_secret);
    uint8_t sealed[AEAD_KEY_BYTES + AEAD_TAG_BYTES];
    TRY(wrap_key(s, with, &secret));
    TRY(aead_seal(secret.key, secret.nonce, bytes_of(NULL, 0), bytes_of(s->key, sizeof s->key), sealed));
    memcpy(out, with->ephemeral, X25519_BYTES);
    memcpy(out + X25519_BYTES, sealed, sizeof sealed);
    return OK;
}

enum err seal_unwrap_agreed(struct bytes wrap, uint64_t bytes, const uint8_t sha256[HASH_BYTES],
                            const struct seal_agreed *with, struct seal *out)
{
    struct seal s CLEANUP(seal_wipe) = { .bytes = bytes };
    struct wrap_secret secret CLEANUP(wipe_secret);
    if (wrap.n != SEAL_WRAP_BYTES || bytes > SEAL_MAX_BYTES) return ERR_CRYPTO;
    memcpy(s.sha256, sha256, sizeof s.sha256);
    TRY(wrap_key(&s, with, &secret));
    TRY(aead_open(secret.key, secret.nonce, bytes_of(NULL, 0),
                  bytes_of(wrap.p + X25519_BYTES, AEAD_KEY_BYTES + AEAD_TAG_BYTES), s.key));
    *out = s;
    return OK;
}

enum err seal_wrap(const struct seal *s, const uint8_t recipient[X25519_BYTES], random_fn *random, void *self,
                   uint8_t out[SEAL_WRAP_BYTES])
{
    struct x25519_pair ephemeral CLEANUP(x25519_wipe);
    struct seal_agreed with CLEANUP(seal_agreed_wipe);
    TRY(x25519_generate(random, self, &ephemeral));
    TRY(seal_agree_to(&ephemeral, recipient, &with));
    return seal_wrap_agreed(s, &with, out);
}

enum err seal_unwrap(struct bytes wrap, uint64_t bytes, const uint8_t sha256[HASH_BYTES], const struct identity *me,
                     struct seal *out)
{
    struct seal_agreed with CLEANUP(seal_agreed_wipe);
    if (wrap.n != SEAL_WRAP_BYTES) return ERR_CRYPTO;
    TRY(seal_agree_from(wrap.p, me, &with));
    return seal_unwrap_agreed(wrap, bytes, sha256, &with, out);
}
