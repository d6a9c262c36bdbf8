#include "common/crypto/x25519.h"
#include "common/base/secret.h"
#include "common/crypto/openssl.h"
#include <string.h>

static void free_key(EVP_PKEY **key) { EVP_PKEY_free(*key); }
static void free_ctx(EVP_PKEY_CTX **ctx) { EVP_PKEY_CTX_free(*ctx); }

enum err x25519_public(const uint8_t secret[X25519_BYTES], uint8_t out[X25519_BYTES])
{
    uint8_t public_key[X25519_BYTES];
    size_t n = sizeof public_key;
    EVP_PKEY *key CLEANUP(free_key) = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, X25519_BYTES);
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, public_key, &n) != 1) return ERR_MEMORY;
    memcpy(out, public_key, sizeof public_key);
    return OK;
}

enum err x25519_generate(random_fn *random, void *self, struct x25519_pair *out)
{
    struct x25519_pair pair CLEANUP(x25519_wipe);
    TRY(random(self, pair.secret, sizeof pair.secret));
    TRY(x25519_public(pair.secret, pair.public_key));
    *out = pair;
    return OK;
}

void x25519_wipe(struct x25519_pair *pair)
{
    if (pair != NULL) secret_wipe(pair, sizeof *pair);
}

/* OpenSSL computes the public half where none is given. */
static EVP_PKEY *own_key(const uint8_t secret[X25519_BYTES], const uint8_t public_key[X25519_BYTES])
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx CLEANUP(free_ctx) = EVP_PKEY_CTX_new_id(EVP_PKEY_X25519, NULL);
    OSSL_PARAM halves[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)(uintptr_t)secret, X25519_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)public_key, X25519_BYTES),
        OSSL_PARAM_construct_end(),
    };
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1) return NULL;
    return EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, halves) == 1 ? key : NULL;
}

static enum err derive(EVP_PKEY_CTX *ctx, EVP_PKEY *peer, uint8_t out[X25519_BYTES])
{
    static const uint8_t zero[X25519_BYTES];
    size_t n = X25519_BYTES;
    if (EVP_PKEY_derive_set_peer(ctx, peer) != 1 || EVP_PKEY_derive(ctx, out, &n) != 1 || n != X25519_BYTES)
        return ERR_CRYPTO;
    return secret_differs(out, zero, sizeof zero) ? OK : ERR_CRYPTO;
}

enum err x25519_shared(const uint8_t secret[X25519_BYTES], const uint8_t public_key[X25519_BYTES],
                       const uint8_t peer[X25519_BYTES], uint8_t out[X25519_BYTES])
{
    uint8_t shared[X25519_BYTES];
    EVP_PKEY *ours CLEANUP(free_key) = own_key(secret, public_key);
    EVP_PKEY *theirs CLEANUP(free_key) = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, X25519_BYTES);
    EVP_PKEY_CTX *ctx CLEANUP(free_ctx) = ours ? EVP_PKEY_CTX_new(ours, NULL) : NULL;
    if (ctx == NULL || theirs == NULL || EVP_PKEY_derive_init(ctx) != 1) return ERR_MEMORY;
    enum err e = derive(ctx, theirs, shared);
    if (e == OK) memcpy(out, shared, sizeof shared);
    secret_wipe(shared, sizeof shared);
    return e;
}
