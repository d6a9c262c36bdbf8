#include "common/crypto/stream.h"
#include "common/crypto/openssl.h"
#include <stdlib.h>

enum { READ_MAX_BYTES = 1 << 30, IV_BYTES = 16, PIECE_BYTES = 1 << 13 };

struct stream {
    EVP_CIPHER_CTX *ctx;
};

enum err stream_new(const uint8_t key[STREAM_KEY_BYTES], struct stream **out)
{
    static const uint8_t iv[IV_BYTES];
    struct stream *s CLEANUP(stream_drop) = calloc(1, sizeof *s);
    if (s == NULL || (s->ctx = EVP_CIPHER_CTX_new()) == NULL) return ERR_MEMORY;
    if (EVP_EncryptInit_ex(s->ctx, EVP_aes_256_ctr(), NULL, key, iv) != 1) return ERR_MEMORY;
    *out = s;
    s = NULL;
    return OK;
}

void stream_free(struct stream *s)
{
    if (s == NULL) return;
    EVP_CIPHER_CTX_free(s->ctx); /* wipes its key schedule */
    free(s);
}

void stream_drop(struct stream **s) { stream_free(*s); }

enum err stream_read(struct stream *s, void *out, size_t n)
{
    static const uint8_t zeros[PIECE_BYTES];
    if (n > READ_MAX_BYTES) return ERR_LIMIT;
    for (size_t at = 0; at < n; at += PIECE_BYTES) {
        int some = (int)(n - at < PIECE_BYTES ? n - at : PIECE_BYTES);
        int written = 0;
        if (EVP_EncryptUpdate(s->ctx, (uint8_t *)out + at, &written, zeros, some) != 1) return ERR_MEMORY;
    }
    return OK;
}
