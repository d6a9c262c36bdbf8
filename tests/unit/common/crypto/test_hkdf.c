#include "common/crypto/encode.h"
#include "common/crypto/hkdf.h"
#include <criterion/criterion.h>
#include <string.h>

/* RFC 5869, appendix A, cases 1 and 3. */
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
    }
}

Test(hkdf, length_is_bounded)
{
    uint8_t out[HKDF_MAX_BYTES + 1];
    struct bytes secret = str_bytes(STR("secret")), none = bytes_of(NULL, 0);
    cr_expect_eq(hkdf_sha256(secret, none, none, out, HKDF_MAX_BYTES), OK);
    cr_expect_eq(hkdf_sha256(secret, none, none, out, HKDF_MAX_BYTES + 1), ERR_LIMIT);
    cr_expect_eq(hkdf_sha256(secret, none, none, out, 0), ERR_LIMIT);
}
