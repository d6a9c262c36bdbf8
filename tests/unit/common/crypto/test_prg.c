#include "common/crypto/prg.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t zero_key[STREAM_KEY_BYTES];

/* AES-256-CTR, zero key and counter: dc95c078 a2408989 ad48a214 92842087 ... */
Test(prg, words_are_little_endian)
{
    uint32_t narrow[] = { 0, 1 };
    uint64_t wide[] = { 0, 1 };
    struct stream *a CLEANUP(stream_drop) = NULL;
    struct stream *b CLEANUP(stream_drop) = NULL;
    cr_assert(stream_new(zero_key, &a) == OK && stream_new(zero_key, &b) == OK);
    cr_assert_eq(prg_mask_32(a, PRG_ADD, narrow, 2), OK);
    cr_assert_eq(prg_mask_64(b, PRG_ADD, wide, 2), OK);
    cr_expect(narrow[0] == 0x78c095dc && narrow[1] == 0x898940a3);
    cr_expect(wide[0] == 0x898940a278c095dc && wide[1] == 0x8720849214a248ae);
}

static void apply(const uint8_t key[STREAM_KEY_BYTES], enum prg_sign sign, size_t part, uint32_t *v, uint64_t *w,
                  size_t n)
{
    struct stream *a CLEANUP(stream_drop) = NULL;
    struct stream *b CLEANUP(stream_drop) = NULL;
    cr_assert(stream_new(key, &a) == OK && stream_new(key, &b) == OK);
    for (size_t at = 0; at < n; at += part) {
        size_t some = n - at < part ? n - at : part;
        cr_assert_eq(prg_mask_32(a, sign, v + at, some), OK);
        cr_assert_eq(prg_mask_64(b, sign, w + at, some), OK);
    }
}

Test(prg, what_is_added_is_taken_whatever_the_parts)
{
    enum { N = 3 * PRG_PIECE_BYTES / 4 + 17 };
    static const size_t parts[] = { 1, 7, 4096, 5000, N };
    uint32_t *v = calloc(N, sizeof *v);
    uint64_t *w = calloc(N, sizeof *w);
    cr_assert(v != NULL && w != NULL);
    for (size_t i = 0; i < N; i++) w[i] = v[i] = (uint32_t)i * 2654435761u;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        size_t same = 0;
        apply(zero_key, PRG_ADD, parts[p], v, w, N);
        for (size_t i = 0; i < N; i++) same += v[i] == (uint32_t)i * 2654435761u;
        cr_expect_lt(same, 10u, "part %zu masks nothing", parts[p]);
        apply(zero_key, PRG_TAKE, N, v, w, N);
        for (size_t i = 0; i < N; i++)
            cr_assert(v[i] == (uint32_t)i * 2654435761u && w[i] == v[i], "part %zu at %zu", parts[p], i);
    }
    free(v);
    free(w);
}
