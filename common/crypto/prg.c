#include "common/crypto/prg.h"
#include "common/base/secret.h"
#include <endian.h>

enum { WORDS_32 = PRG_PIECE_BYTES / 4, WORDS_64 = PRG_PIECE_BYTES / 8, RUN = 16 };

/* Runs of a fixed length become vector instructions. */
static void add_32(uint32_t *restrict v, const uint32_t *restrict words, size_t n)
{
    size_t i = 0;
    for (; i + RUN <= n; i += RUN)
        for (size_t k = i; k < i + RUN; k++) v[k] += le32toh(words[k]);
    for (; i < n; i++) v[i] += le32toh(words[i]);
}

static void take_32(uint32_t *restrict v, const uint32_t *restrict words, size_t n)
{
    size_t i = 0;
    for (; i + RUN <= n; i += RUN)
        for (size_t k = i; k < i + RUN; k++) v[k] -= le32toh(words[k]);
    for (; i < n; i++) v[i] -= le32toh(words[i]);
}

static void add_64(uint64_t *restrict v, const uint64_t *restrict words, size_t n)
{
    size_t i = 0;
    for (; i + RUN <= n; i += RUN)
        for (size_t k = i; k < i + RUN; k++) v[k] += le64toh(words[k]);
    for (; i < n; i++) v[i] += le64toh(words[i]);
}

static void take_64(uint64_t *restrict v, const uint64_t *restrict words, size_t n)
{
    size_t i = 0;
    for (; i + RUN <= n; i += RUN)
        for (size_t k = i; k < i + RUN; k++) v[k] -= le64toh(words[k]);
    for (; i < n; i++) v[i] -= le64toh(words[i]);
}

enum err prg_mask_32(struct stream *s, enum prg_sign sign, uint32_t *v, size_t n)
{
    uint32_t words[WORDS_32];
    enum err e = OK;
    for (size_t at = 0; at < n && e == OK; at += WORDS_32) {
        size_t some = n - at < WORDS_32 ? n - at : WORDS_32;
        e = stream_read(s, words, some * sizeof *words);
        if (e == OK) (sign == PRG_ADD ? add_32 : take_32)(v + at, words, some);
    }
    secret_wipe(words, sizeof words);
    return e;
}

enum err prg_mask_64(struct stream *s, enum prg_sign sign, uint64_t *v, size_t n)
{
    uint64_t words[WORDS_64];
    enum err e = OK;
    for (size_t at = 0; at < n && e == OK; at += WORDS_64) {
        size_t some = n - at < WORDS_64 ? n - at : WORDS_64;
        e = stream_read(s, words, some * sizeof *words);
        if (e == OK) (sign == PRG_ADD ? add_64 : take_64)(v + at, words, some);
    }
    secret_wipe(words, sizeof words);
    return e;
}
