#include "common/crypto/sign.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(sign, purposes_are_kept_apart)
{
    static const struct {
        const char *name, *purpose, *message;
        enum err expected;
    } rows[] = {
        { "as signed", "advert", "text", OK },
        { "other purpose", "answer", "text", ERR_CRYPTO },
        { "other text", "advert", "texs", ERR_CRYPTO },
        { "a border moved", "advertt", "ext", ERR_CRYPTO },
        { "no purpose", "", "text", ERR_LIMIT },
        { "purpose too long", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "text", ERR_LIMIT },
    };
    struct sign_key key;
    struct rng r = rng_make(2);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    cr_assert_eq(sign_generate(dice_random, &r, &key), OK);
    cr_assert_eq(sign_statement(&key, STR("advert"), bytes_of("text", 4), signature), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes message = str_bytes(str_of(rows[i].message));
        enum err e = sign_verify(key.public_key, str_of(rows[i].purpose), message, signature);
        cr_expect_eq(e, rows[i].expected, "%s: %s", rows[i].name, err_name(e));
    }
    cr_expect_eq(ed25519_verify(key.public_key, bytes_of("text", 4), signature), ERR_CRYPTO);
}

Test(sign, fingerprint_is_for_reading_aloud)
{
    uint8_t key[ED25519_KEY_BYTES] = { 7 };
    char one[SIGN_FINGERPRINT_BYTES], other[SIGN_FINGERPRINT_BYTES];
    cr_assert_eq(sign_fingerprint(key, one), OK);
    key[31] ^= 1;
    cr_assert_eq(sign_fingerprint(key, other), OK);
    cr_expect_str_neq(one, other);
    cr_expect_eq(strlen(one), 39u);
    for (size_t i = 0; i < 39; i++) cr_expect_eq(one[i] == '-', i % 5 == 4, "%s", one);
}

Test(sign, no_randomness_no_key)
{
    struct sign_key key = { { 5 }, { 6 } };
    cr_expect_eq(sign_generate(dice_broken, NULL, &key), ERR_IO);
    cr_expect(key.secret[0] == 5 && key.public_key[0] == 6);
    sign_wipe(NULL);
    sign_wipe(&key);
    cr_expect_eq(key.secret[0], 0);
}
