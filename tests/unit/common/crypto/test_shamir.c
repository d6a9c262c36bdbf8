#include "common/crypto/shamir.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <string.h>

/* Hands out coefficient blocks, each filled with one byte. */
static enum err filled(void *self, void *out, size_t n)
{
    const uint8_t *bytes = self;
    for (size_t i = 0; i < n; i++) ((uint8_t *)out)[i] = bytes[i / SHAMIR_SECRET_BYTES];
    return OK;
}

Test(shamir, field_vectors)
{
    static const struct {
        const char *name;
        uint8_t secret, coefficients[2], shares[5];
    } rows[] = {
        { "2a + 5b x + 1c x^2", 0x2a, { 0x5b, 0x1c }, { 0x6d, 0xec, 0xab, 0x86, 0xc1 } },
        { "ff + 01 x + 80 x^2", 0xff, { 0x01, 0x80 }, { 0x7e, 0xcb, 0x4a, 0x23, 0xa2 } },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        uint8_t secret[SHAMIR_SECRET_BYTES], coefficients[2];
        struct shamir_share shares[5];
        memset(secret, rows[r].secret, sizeof secret);
        memcpy(coefficients, rows[r].coefficients, sizeof coefficients);
        cr_assert_eq(shamir_split(secret, 3, 5, filled, coefficients, shares), OK);
        for (size_t i = 0; i < 5; i++) {
            cr_expect_eq(shares[i].index, i + 1, "%s", rows[r].name);
            for (size_t b = 0; b < SHAMIR_SECRET_BYTES; b++)
                cr_expect_eq(shares[i].value[b], rows[r].shares[i], "%s share %zu", rows[r].name, i + 1);
        }
    }
}

/* Any t of the n shares, taken from a turning start, backwards, give the secret; t - 1 do not. */
static void any_of(struct rng *r, size_t t, size_t n)
{
    uint8_t secret[SHAMIR_SECRET_BYTES], again[SHAMIR_SECRET_BYTES];
    struct shamir_share shares[SHAMIR_SHARES_MAX], some[SHAMIR_SHARES_MAX];
    cr_assert_eq(dice_random(r, secret, sizeof secret), OK);
    cr_assert_eq(shamir_split(secret, t, n, dice_random, r, shares), OK);
    for (size_t start = 0; start < n; start += 1 + n / 5) {
        for (size_t i = 0; i < t; i++) some[t - 1 - i] = shares[(start + i) % n];
        cr_assert_eq(shamir_join(some, t, again), OK);
        cr_expect_arr_eq(secret, again, sizeof secret, "%zu of %zu from %zu", t, n, start);
        if (t == 1) continue;
        cr_assert_eq(shamir_join(some, t - 1, again), OK);
        cr_expect(memcmp(secret, again, sizeof secret) != 0, "%zu - 1 of %zu from %zu", t, n, start);
    }
}

Test(shamir, threshold_and_no_fewer)
{
    static const size_t rows[][2] = { { 1, 1 },  { 1, 5 },   { 2, 2 },     { 2, 3 },    { 3, 5 },
                                      { 7, 12 }, { 40, 60 }, { 255, 255 }, { 128, 255 } };
    struct rng r = rng_make(3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) any_of(&r, rows[i][0], rows[i][1]);
}

Test(shamir, bad_calls_are_refused)
{
    static const size_t rows[][2] = { { 0, 3 }, { 4, 3 }, { 2, 256 }, { 0, 0 } };
    struct rng r = rng_make(4);
    uint8_t secret[SHAMIR_SECRET_BYTES] = { 1 };
    struct shamir_share shares[3] = { { 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(shamir_split(secret, rows[i][0], rows[i][1], dice_random, &r, shares), ERR_INPUT, "row %zu", i);
    cr_expect_eq(shamir_split(secret, 2, 3, dice_broken, NULL, shares), ERR_IO);
    cr_assert_eq(shamir_split(secret, 2, 3, dice_random, &r, shares), OK);
    cr_expect_eq(shamir_join(shares, 0, secret), ERR_INPUT);
    cr_expect_eq(shamir_join(shares, 256, secret), ERR_INPUT);
    shares[1].index = 1;
    cr_expect_eq(shamir_join(shares, 2, secret), ERR_INPUT, "the same index twice");
    shares[1].index = 0;
    cr_expect_eq(shamir_join(shares, 2, secret), ERR_INPUT, "index 0");
}

Test(shamir, commitments_bind_share_index_and_context)
{
    struct shamir_share share = { 1, { 9 } };
    uint8_t one[HASH_BYTES], other[HASH_BYTES];
    struct bytes context = bytes_of("a to b", 6);
    cr_assert_eq(shamir_commit(&share, context, one), OK);
    cr_assert_eq(shamir_commit(&share, bytes_of("a to c", 6), other), OK);
    cr_expect(memcmp(one, other, sizeof one) != 0);
    share.index = 2;
    cr_assert_eq(shamir_commit(&share, context, other), OK);
    cr_expect(memcmp(one, other, sizeof one) != 0);
    share = (struct shamir_share){ 1, { 8 } };
    cr_assert_eq(shamir_commit(&share, context, other), OK);
    cr_expect(memcmp(one, other, sizeof one) != 0);
}
