#include "common/crypto/aead.h"
#include "common/base/secret.h"
#include "common/crypto/openssl.h"
#include <string.h>

static void free_ctx(EVP_CIPHER_CTX **ctx) { EVP_CIPHER_CTX_free(*ctx); }

enum err aead_seal(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad,
                   struct bytes plain, uint8_t *out)
{
    if (plain.n > AEAD_MAX_BYTES || aad.n > AEAD_MAX_BYTES) return ERR_LIMIT;
    int n = 0;
    EVP_CIPHER_CTX *ctx CLEANUP(free_ctx) = EVP_CIPHER_CTX_new();
    bool sealed = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                  (aad.n == 0 || EVP_EncryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) == 1) &&
                  (plain.n == 0 || EVP_EncryptUpdate(ctx, out, &n, plain.p, (int)plain.n) == 1) &&
                  EVP_EncryptFinal_ex(ctx, out + plain.n, &n) == 1 &&
                  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES, out + plain.n) == 1;
    return sealed ? OK : ERR_MEMORY;
}

enum err aead_open(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad,
                   struct bytes sealed, uint8_t *out)
{
    if (sealed.n < AEAD_TAG_BYTES) return ERR_CRYPTO;
    if (sealed.n > AEAD_MAX_BYTES + AEAD_TAG_BYTES || aad.n > AEAD_MAX_BYTES) return ERR_LIMIT;
    size_t text = sealed.n - AEAD_TAG_BYTES;
    uint8_t tag[AEAD_TAG_BYTES];
    uint8_t none[1];
    int n = 0;
    memcpy(tag, sealed.p + text, sizeof tag);
    EVP_CIPHER_CTX *ctx CLEANUP(free_ctx) = EVP_CIPHER_CTX_new();
    if (ctx == NULL || EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) != 1) return ERR_MEMORY;
    bool opened = (aad.n == 0 || EVP_DecryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) == 1) &&
                  (text == 0 || EVP_DecryptUpdate(ctx, out, &n, sealed.p, (int)text) == 1) &&
                  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_BYTES, tag) == 1 &&
                  EVP_DecryptFinal_ex(ctx, none, &n) == 1;
    if (!opened) secret_wipe(out, text);
    return opened ? OK : ERR_CRYPTO;
}
