#include "common/crypto/ed25519.h"
#include "common/crypto/openssl.h"
#include <string.h>

static void free_key(EVP_PKEY **key) { EVP_PKEY_free(*key); }
static void free_ctx(EVP_MD_CTX **ctx) { EVP_MD_CTX_free(*ctx); }

enum err ed25519_public(const uint8_t secret[ED25519_KEY_BYTES], uint8_t out[ED25519_KEY_BYTES])
{
    uint8_t public_key[ED25519_KEY_BYTES];
    size_t n = sizeof public_key;
    EVP_PKEY *key CLEANUP(free_key) = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, ED25519_KEY_BYTES);
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, public_key, &n) != 1) return ERR_MEMORY;
    memcpy(out, public_key, sizeof public_key);
    return OK;
}

enum err ed25519_sign(const uint8_t secret[ED25519_KEY_BYTES], struct bytes message,
                      uint8_t out[ED25519_SIGNATURE_BYTES])
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    size_t n = sizeof signature;
    EVP_PKEY *key CLEANUP(free_key) = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, ED25519_KEY_BYTES);
    EVP_MD_CTX *ctx CLEANUP(free_ctx) = EVP_MD_CTX_new();
    if (key == NULL || ctx == NULL || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1) return ERR_MEMORY;
    if (EVP_DigestSign(ctx, signature, &n, message.p, message.n) != 1) return ERR_MEMORY;
    memcpy(out, signature, sizeof signature);
    return OK;
}

enum err ed25519_verify(const uint8_t public_key[ED25519_KEY_BYTES], struct bytes message,
                        const uint8_t signature[ED25519_SIGNATURE_BYTES])
{
    EVP_PKEY *key CLEANUP(free_key) =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ED25519_KEY_BYTES);
    EVP_MD_CTX *ctx CLEANUP(free_ctx) = EVP_MD_CTX_new();
    if (key == NULL || ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1) return ERR_MEMORY;
    bool holds = EVP_DigestVerify(ctx, signature, ED25519_SIGNATURE_BYTES, message.p, message.n) == 1;
    return holds ? OK : ERR_CRYPTO;
}
