#include "common/crypto/encode.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <string.h>

/* RFC 4648, section 10. */
static const struct {
    const char *plain, *text;
} pairs[] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
};

Test(encode, base64_known)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(64);
        struct buf plain CLEANUP(buf_free) = buf_make(64);
        cr_assert_eq(base64_encode(str_bytes(str_of(pairs[i].plain)), &text), OK);
        cr_expect(str_is(buf_str(&text), pairs[i].text), "%s", pairs[i].text);
        cr_assert_eq(base64_decode(str_of(pairs[i].text), &plain), OK, "%s", pairs[i].text);
        cr_expect(str_is(buf_str(&plain), pairs[i].plain), "%s", pairs[i].text);
    }
}

Test(encode, base64_refuses)
{
    static const char *const bad[] = {
        "Z",      "Zg",       "Zg=",      "Zg===",        "Z===",     "====",     "=Zg=",     "Zh==",  "Zm9=",
        "Zm9v\n", " Zm9v",    "Zm 9v",    "Zm9v=",        "Zg==Zg==", "Zm-_",     "Zm9v\x80", "Zm9vZ", "Zm=v",
        "Zg==\n", "    Zm9v", "Zm9v    ", "Zm9v\n\n\n\n", "Zm9v----", "====Zm9v", "Zg==Zm9v", "    ",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out CLEANUP(buf_free) = buf_make(64);
        cr_expect_eq(base64_decode(str_of(bad[i]), &out), ERR_INPUT, "%s", bad[i]);
        cr_expect_eq(out.n, 0, "%s", bad[i]);
        cr_expect_eq(buf_err(&out), OK, "%s", bad[i]);
    }
}

Test(encode, base64_round_trip_of_every_length)
{
    struct rng r = rng_make(1);
    for (size_t n = 0; n < 300; n++) {
        uint8_t data[300];
        (void)dice_random(&r, data, n);
        struct buf text CLEANUP(buf_free) = buf_make(1024);
        struct buf plain CLEANUP(buf_free) = buf_make(1024);
        cr_assert_eq(base64_encode(bytes_of(data, n), &text), OK);
        cr_assert_eq(text.n, (n + 2) / 3 * 4);
        cr_assert_eq(base64_decode(buf_str(&text), &plain), OK);
        cr_assert(plain.n == n && (n == 0 || memcmp(plain.p, data, n) == 0), "%zu", n);
    }
}

Test(encode, base64_larger_than_one_block_of_groups)
{
    enum { N = 7000001 };
    struct buf data CLEANUP(buf_free) = buf_make(N);
    struct buf text CLEANUP(buf_free) = buf_make((size_t)N * 2);
    struct buf plain CLEANUP(buf_free) = buf_make(N + 1);
    struct buf tight CLEANUP(buf_free) = buf_make(7);
    struct rng r = rng_make(2);
    uint8_t *p = buf_grow(&data, N);
    cr_assert_not_null(p);
    (void)dice_random(&r, p, N);
    cr_assert_eq(base64_encode(buf_bytes(&data), &text), OK);
    cr_assert_eq(base64_decode(buf_str(&text), &plain), OK);
    cr_expect(plain.n == N && memcmp(plain.p, data.p, N) == 0);
    cr_expect_eq(base64_encode(str_bytes(STR("foobar")), &tight), ERR_LIMIT);
}

Test(encode, hex_both_ways)
{
    static const struct {
        const char *text;
        size_t n;
        enum err expected;
    } rows[] = {
        { "00ff10", 3, OK },       { "00FF10", 3, OK },        { "", 0, OK },
        { "00ff1", 3, ERR_INPUT }, { "00ff1g", 3, ERR_INPUT }, { "00ff10", 2, ERR_INPUT },
        { "00:ff", 2, ERR_INPUT }, { " 0ff10", 3, ERR_INPUT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t out[4] = { 7, 7, 7, 7 };
        char again[9];
        cr_expect_eq(hex_decode(str_of(rows[i].text), out, rows[i].n), rows[i].expected, "%s", rows[i].text);
        if (rows[i].expected != OK) cr_expect_eq(out[0], 7, "%s", rows[i].text);
        hex_encode(bytes_of(out, rows[i].n), again);
        if (rows[i].expected == OK) cr_expect(str_is_nocase(str_of(again), rows[i].text), "%s", rows[i].text);
    }
}
