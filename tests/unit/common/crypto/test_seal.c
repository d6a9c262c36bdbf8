#include "common/crypto/seal.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 40, CHUNKS = 3 };
static const size_t large = 2 * (size_t)SEAL_CHUNK_BYTES + 1000;

static struct seal some_seal(struct rng *r, uint64_t bytes)
{
    static const uint8_t sha256[HASH_BYTES] = { 1, 2, 3 };
    struct seal s;
    cr_assert_eq(seal_make(bytes, sha256, dice_random, r, &s), OK);
    return s;
}

static struct identity some_identity(struct rng *r)
{
    struct identity id;
    cr_assert_eq(identity_generate(dice_random, r, &id), OK);
    return id;
}

Test(seal, chunk_sizes)
{
    static const struct {
        uint64_t bytes, chunks;
        size_t first, last;
    } rows[] = {
        { 0, 1, 0, 0 },
        { 1, 1, 1, 1 },
        { SEAL_CHUNK_BYTES, 1, SEAL_CHUNK_BYTES, SEAL_CHUNK_BYTES },
        { SEAL_CHUNK_BYTES + 1, 2, SEAL_CHUNK_BYTES, 1 },
        { 2 * SEAL_CHUNK_BYTES, 2, SEAL_CHUNK_BYTES, SEAL_CHUNK_BYTES },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t n = rows[i].bytes;
        cr_expect_eq(seal_chunks(n), rows[i].chunks, "row %zu", i);
        cr_expect_eq(seal_chunk_bytes(n, 0), rows[i].first, "row %zu", i);
        cr_expect_eq(seal_chunk_bytes(n, rows[i].chunks - 1), rows[i].last, "row %zu", i);
        cr_expect_eq(seal_chunk_bytes(n, rows[i].chunks), 0, "row %zu", i);
        cr_expect_eq(seal_sealed_bytes(n, 0), rows[i].first + AEAD_TAG_BYTES, "row %zu", i);
    }
}

/* A large content, wrapped, sealed and opened by the recipient in one buffer, chunk by chunk. */
Test(seal, travels_in_place)
{
    struct rng r = rng_make(1);
    struct identity me = some_identity(&r);
    struct seal ours = some_seal(&r, large), theirs;
    uint8_t wrap[SEAL_WRAP_BYTES];
    uint8_t *chunk = malloc(SEAL_CHUNK_BYTES + AEAD_TAG_BYTES);
    cr_assert_not_null(chunk);
    cr_assert_eq(seal_wrap(&ours, me.public_key, dice_random, &r, wrap), OK);
    cr_assert_eq(seal_unwrap(bytes_of(wrap, sizeof wrap), large, ours.sha256, &me, &theirs), OK);
    cr_expect_arr_eq(&ours, &theirs, sizeof ours);
    for (uint64_t i = 0; i < seal_chunks(large); i++) {
        size_t n = seal_chunk_bytes(large, i), wrong = 0;
        memset(chunk, (int)i, n);
        cr_assert_eq(seal_chunk(&ours, i, bytes_of(chunk, n), chunk), OK);
        cr_expect(n < 100 || memcmp(chunk, chunk + 32, 32) != 0);
        cr_assert_eq(seal_chunk_open(&theirs, i, bytes_of(chunk, n + AEAD_TAG_BYTES), chunk), OK, "chunk %zu",
                     (size_t)i);
        for (size_t at = 0; at < n; at++) wrong += chunk[at] != i;
        cr_expect_eq(wrong, 0);
    }
    free(chunk);
}

Test(seal, one_wrap_a_recipient)
{
    struct rng r = rng_make(2);
    struct identity people[3] = { some_identity(&r), some_identity(&r), some_identity(&r) };
    struct seal s = some_seal(&r, SMALL), opened;
    uint8_t wraps[3][SEAL_WRAP_BYTES];
    for (int i = 0; i < 3; i++) cr_assert_eq(seal_wrap(&s, people[i].public_key, dice_random, &r, wraps[i]), OK);
    for (int wrap = 0; wrap < 3; wrap++)
        for (int who = 0; who < 3; who++) {
            enum err e = seal_unwrap(bytes_of(wraps[wrap], SEAL_WRAP_BYTES), SMALL, s.sha256, &people[who], &opened);
            cr_expect_eq(e, wrap == who ? OK : ERR_CRYPTO, "wrap %d, person %d", wrap, who);
        }
}

Test(seal, every_changed_byte_of_a_wrap_is_refused)
{
    struct rng r = rng_make(3);
    struct identity me = some_identity(&r);
    struct seal s = some_seal(&r, SMALL), opened;
    uint8_t wrap[SEAL_WRAP_BYTES], sha256[HASH_BYTES];
    struct bytes view = bytes_of(wrap, sizeof wrap);
    memcpy(sha256, s.sha256, sizeof sha256);
    cr_assert_eq(seal_wrap(&s, me.public_key, dice_random, &r, wrap), OK);
    for (size_t i = 0; i < sizeof wrap; i++) {
        wrap[i] ^= 1;
        cr_expect_eq(seal_unwrap(view, SMALL, sha256, &me, &opened), ERR_CRYPTO, "byte %zu", i);
        wrap[i] ^= 1;
        cr_expect_eq(seal_unwrap(bytes_of(wrap, i), SMALL, sha256, &me, &opened), ERR_CRYPTO, "%zu bytes", i);
    }
    cr_expect_eq(seal_unwrap(view, SMALL + 1, sha256, &me, &opened), ERR_CRYPTO, "other length");
    cr_expect_eq(seal_unwrap(view, UINT64_MAX, sha256, &me, &opened), ERR_CRYPTO, "hostile length");
    for (size_t i = 0; i < sizeof sha256; i++) {
        sha256[i] ^= 1;
        cr_expect_eq(seal_unwrap(view, SMALL, sha256, &me, &opened), ERR_CRYPTO, "digest byte %zu", i);
        sha256[i] ^= 1;
    }
    memset(wrap, 0, X25519_BYTES);
    cr_expect_eq(seal_unwrap(view, SMALL, sha256, &me, &opened), ERR_CRYPTO, "zero point");
}

Test(seal, every_changed_byte_of_a_chunk_is_refused)
{
    struct rng r = rng_make(4);
    struct seal s = some_seal(&r, SMALL);
    uint8_t plain[SMALL] = { 1, 2, 3 }, sealed[SMALL + AEAD_TAG_BYTES], out[SMALL];
    cr_assert_eq(seal_chunk(&s, 0, bytes_of(plain, SMALL), sealed), OK);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 0x80;
        cr_expect_eq(seal_chunk_open(&s, 0, bytes_of(sealed, sizeof sealed), out), ERR_CRYPTO, "byte %zu", i);
        sealed[i] ^= 0x80;
        cr_expect_eq(seal_chunk_open(&s, 0, bytes_of(sealed, i), out), ERR_CRYPTO, "%zu bytes", i);
    }
    cr_assert_eq(seal_chunk_open(&s, 0, bytes_of(sealed, sizeof sealed), out), OK);
    cr_expect_arr_eq(out, plain, SMALL);
}

/* Whole chunks that were reordered, or belong to a shorter or longer content, or to another key. */
Test(seal, misplaced_chunks_are_refused)
{
    struct rng r = rng_make(5);
    const size_t sealed_bytes = SEAL_CHUNK_BYTES + AEAD_TAG_BYTES;
    struct seal s = some_seal(&r, CHUNKS * (uint64_t)SEAL_CHUNK_BYTES);
    struct seal shorter = s, longer = s, other = some_seal(&r, s.bytes);
    uint8_t *plain = calloc(1, SEAL_CHUNK_BYTES), *sealed = malloc(sealed_bytes);
    cr_assert(plain != NULL && sealed != NULL);
    shorter.bytes -= SEAL_CHUNK_BYTES;
    longer.bytes += 1;
    cr_assert_eq(seal_chunk(&s, 1, bytes_of(plain, SEAL_CHUNK_BYTES), sealed), OK);
    const struct {
        const char *name;
        const struct seal *seal;
        uint64_t index;
        enum err expected;
    } rows[] = {
        { "first", &s, 0, ERR_CRYPTO },
        { "its place", &s, 1, OK },
        { "last", &s, 2, ERR_CRYPTO },
        { "past the end", &s, CHUNKS, ERR_CRYPTO },
        { "far past", &s, UINT64_MAX, ERR_CRYPTO },
        { "truncated content", &shorter, 1, ERR_CRYPTO },
        { "extended content", &longer, 1, ERR_CRYPTO },
        { "another key", &other, 1, ERR_CRYPTO },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(seal_chunk_open(rows[i].seal, rows[i].index, bytes_of(sealed, sealed_bytes), plain),
                     rows[i].expected, "%s", rows[i].name);
    free(plain);
    free(sealed);
}

Test(seal, wrong_use_is_refused)
{
    struct rng r = rng_make(6);
    struct seal s = some_seal(&r, SMALL);
    uint8_t plain[SMALL + 1] = { 0 }, out[SMALL + 1 + AEAD_TAG_BYTES], wrap[SEAL_WRAP_BYTES];
    static const uint8_t zero[X25519_BYTES];
    cr_expect_eq(seal_chunk(&s, 0, bytes_of(plain, SMALL + 1), out), ERR_INPUT);
    cr_expect_eq(seal_chunk(&s, 1, bytes_of(plain, 0), out), ERR_INPUT);
    cr_expect_eq(seal_wrap(&s, zero, dice_random, &r, wrap), ERR_CRYPTO);
    cr_expect_eq(seal_wrap(&s, zero, dice_broken, NULL, wrap), ERR_IO);
    cr_expect_eq(seal_make(1, zero, dice_broken, NULL, &s), ERR_IO);
    cr_expect_eq(seal_make(SEAL_MAX_BYTES + 1, zero, dice_random, &r, &s), ERR_LIMIT);
    seal_wipe(NULL);
}

/* The format is pinned: a seeded run gives these very bytes. */
Test(seal, format_does_not_drift)
{
    struct rng r = rng_make(7);
    struct identity me = some_identity(&r);
    struct seal s = some_seal(&r, SMALL);
    uint8_t all[SEAL_WRAP_BYTES + SMALL + AEAD_TAG_BYTES], plain[SMALL] = { 0 };
    char hex[HASH_HEX_BYTES];
    cr_assert_eq(seal_wrap(&s, me.public_key, dice_random, &r, all), OK);
    cr_assert_eq(seal_chunk(&s, 0, bytes_of(plain, SMALL), all + SEAL_WRAP_BYTES), OK);
    cr_assert_eq(hash_hex_of(bytes_of(all, sizeof all), hex), OK);
    cr_expect_str_eq(hex, "dd391f0c7c85bcb97f3acbf4fbccd8e62996be61382f89a04fcb8e856800d35c");
}
