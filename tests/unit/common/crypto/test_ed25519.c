#include "common/crypto/ed25519.h"
#include "common/crypto/encode.h"
#include <criterion/criterion.h>
#include <string.h>

enum { HEX_BYTES = 2 * ED25519_SIGNATURE_BYTES + 1, MESSAGE_MAX = 8 };

/* RFC 8032 7.1. */
static const struct {
    const char *name, *secret, *public_key, *message, *signature;
} vectors[] = {
    { "test 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
      "6"
      "55141438e7a100b" },
    { "test 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
      "b"
      "00d291612bb0c00" },
    { "test 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
      "c"
      "027beceea1ec40a" },
};

Test(ed25519, rfc_8032)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t secret[ED25519_KEY_BYTES], public_key[ED25519_KEY_BYTES], message[MESSAGE_MAX];
        uint8_t signature[ED25519_SIGNATURE_BYTES];
        char hex[HEX_BYTES];
        size_t n = strlen(vectors[i].message) / 2;
        cr_assert_eq(hex_decode(str_of(vectors[i].secret), secret, sizeof secret), OK);
        cr_assert_eq(hex_decode(str_of(vectors[i].message), message, n), OK);
        cr_assert_eq(ed25519_public(secret, public_key), OK);
        hex_encode(bytes_of(public_key, sizeof public_key), hex);
        cr_expect_str_eq(hex, vectors[i].public_key, "%s", vectors[i].name);
        cr_assert_eq(ed25519_sign(secret, bytes_of(message, n), signature), OK);
        hex_encode(bytes_of(signature, sizeof signature), hex);
        cr_expect_str_eq(hex, vectors[i].signature, "%s", vectors[i].name);
        cr_expect_eq(ed25519_verify(public_key, bytes_of(message, n), signature), OK, "%s", vectors[i].name);
        cr_expect_eq(ed25519_verify(public_key, bytes_of("x", 1), signature), ERR_CRYPTO, "%s", vectors[i].name);
    }
}

Test(ed25519, every_flipped_bit_is_seen)
{
    static const uint8_t secret[ED25519_KEY_BYTES] = { 1 };
    uint8_t public_key[ED25519_KEY_BYTES], signature[ED25519_SIGNATURE_BYTES];
    struct bytes message = bytes_of("round 7", 7);
    cr_assert_eq(ed25519_public(secret, public_key), OK);
    cr_assert_eq(ed25519_sign(secret, message, signature), OK);
    for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_expect_eq(ed25519_verify(public_key, message, signature), ERR_CRYPTO, "bit %zu", bit);
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    memset(public_key, 0xff, sizeof public_key); /* no point */
    cr_expect_eq(ed25519_verify(public_key, message, signature), ERR_CRYPTO);
}
