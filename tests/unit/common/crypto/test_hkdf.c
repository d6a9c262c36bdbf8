#include "common/crypto/encode.h"
#include "common/crypto/hkdf.h"
#include <criterion/criterion.h>
#include <string.h>

/* RFC 5869, appendix A, cases 1 and 3; case 2 is below. */
static const struct {
    const char *name, *secret, *salt, *info, *expected;
} rows[] = {
    { "case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
    { "case 3", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};

static struct bytes unhex(const char *hex, uint8_t *out)
{
    size_t n = strlen(hex) / 2;
    cr_assert_eq(hex_decode(str_of(hex), out, n), OK);
    return bytes_of(out, n);
}

Test(hkdf, known_vectors)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t secret[64], salt[64], info[64], out[42];
        char hex[2 * sizeof out + 1];
        cr_assert_eq(hkdf_sha256(unhex(rows[i].secret, secret), unhex(rows[i].salt, salt), unhex(rows[i].info, info),
                                 out, sizeof out),
                     OK);
        hex_encode(bytes_of(out, sizeof out), hex);
        cr_expect_str_eq(hex, rows[i].expected, "%s", rows[i].name);
        uint8_t prk[HKDF_PRK_BYTES], again[sizeof out];
        cr_assert_eq(hkdf_extract(unhex(rows[i].secret, secret), unhex(rows[i].salt, salt), prk), OK);
        cr_assert_eq(hkdf_expand(prk, unhex(rows[i].info, info), again, sizeof again), OK);
        cr_expect(memcmp(again, out, sizeof out) == 0, "%s, in two steps", rows[i].name);
    }
}

/* RFC 5869, appendix A, case 2: all inputs of 80 bytes, longer than a block of the hash. */
Test(hkdf, long_inputs)
{
    uint8_t inputs[3][80], out[82];
    char hex[2 * sizeof out + 1];
    for (size_t i = 0; i < sizeof inputs[0]; i++) {
        inputs[0][i] = (uint8_t)i;
        inputs[1][i] = (uint8_t)(0x60 + i);
        inputs[2][i] = (uint8_t)(0xb0 + i);
    }
    cr_assert_eq(
        hkdf_sha256(bytes_of(inputs[0], 80), bytes_of(inputs[1], 80), bytes_of(inputs[2], 80), out, sizeof out), OK);
    hex_encode(bytes_of(out, sizeof out), hex);
    cr_expect_str_eq(hex,
                     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                     "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

Test(hkdf, length_is_bounded)
{
    uint8_t out[HKDF_MAX_BYTES + 1];
    struct bytes secret = str_bytes(STR("secret")), none = bytes_of(NULL, 0);
    cr_expect_eq(hkdf_sha256(secret, none, none, out, HKDF_MAX_BYTES), OK);
    cr_expect_eq(hkdf_sha256(secret, none, none, out, HKDF_MAX_BYTES + 1), ERR_LIMIT);
    cr_expect_eq(hkdf_sha256(secret, none, none, out, 0), ERR_LIMIT);
}
