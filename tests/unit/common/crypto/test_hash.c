#include "common/crypto/hash.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* FIPS 180-2, appendix B. */
static const struct {
    const char *name, *input, *expected;
} rows[] = {
    { "empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

Test(hash, known_digests)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char hex[HASH_HEX_BYTES];
        cr_assert_eq(hash_hex_of(str_bytes(str_of(rows[i].input)), hex), OK);
        cr_expect_str_eq(hex, rows[i].expected, "%s", rows[i].name);
    }
}

Test(hash, piece_by_piece_is_the_same)
{
    enum { PIECES = 1000, PIECE_BYTES = 1000 };
    char piece[PIECE_BYTES];
    uint8_t digest[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    memset(piece, 'a', sizeof piece);
    struct hash *h CLEANUP(hash_drop) = NULL;
    cr_assert_eq(hash_new(&h), OK);
    for (int i = 0; i < PIECES; i++) cr_assert_eq(hash_add(h, bytes_of(piece, sizeof piece)), OK);
    cr_assert_eq(hash_end(h, digest), OK);
    hash_hex(digest, hex);
    cr_expect_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(hash, no_memory_is_told)
{
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct hash *h CLEANUP(hash_drop) = NULL;
        enum err e = hash_new(&h);
        cr_expect(e == OK || e == ERR_MEMORY);
        done = e == OK;
    }
    cr_expect(done);
    hash_free(NULL);
}
