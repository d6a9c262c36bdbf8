#include "common/crypto/hash.h"
#include "common/crypto/encode.h"
#include "common/crypto/openssl.h"
#include <stdlib.h>

struct hash {
    EVP_MD_CTX *ctx;
};

enum err hash_of(struct bytes data, uint8_t out[HASH_BYTES])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(data.n ? (const void *)data.p : "", data.n, digest, NULL, EVP_sha256(), NULL) != 1)
        return ERR_MEMORY;
    for (size_t i = 0; i < HASH_BYTES; i++) out[i] = digest[i];
    return OK;
}

void hash_hex(const uint8_t digest[HASH_BYTES], char out[HASH_HEX_BYTES])
{
    hex_encode(bytes_of(digest, HASH_BYTES), out);
}

enum err hash_hex_of(struct bytes data, char out[HASH_HEX_BYTES])
{
    uint8_t digest[HASH_BYTES];
    TRY(hash_of(data, digest));
    hash_hex(digest, out);
    return OK;
}

enum err hash_new(struct hash **out)
{
    struct hash *h CLEANUP(hash_drop) = calloc(1, sizeof *h);
    if (h == NULL || (h->ctx = EVP_MD_CTX_new()) == NULL) return ERR_MEMORY;
    if (EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) return ERR_MEMORY;
    *out = h;
    h = NULL;
    return OK;
}

void hash_free(struct hash *h)
{
    if (h == NULL) return;
    EVP_MD_CTX_free(h->ctx);
    free(h);
}

void hash_drop(struct hash **h) { hash_free(*h); }

enum err hash_add(struct hash *h, struct bytes data)
{
    return EVP_DigestUpdate(h->ctx, data.p, data.n) == 1 ? OK : ERR_MEMORY;
}

enum err hash_end(struct hash *h, uint8_t out[HASH_BYTES])
{
    return EVP_DigestFinal_ex(h->ctx, out, NULL) == 1 ? OK : ERR_MEMORY;
}
