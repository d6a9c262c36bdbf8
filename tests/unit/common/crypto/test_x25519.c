#include "common/crypto/encode.h"
#include "common/crypto/x25519.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <string.h>

/* RFC 7748, section 6.1. */
#define A_SECRET "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define A_PUBLIC "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define B_SECRET "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
#define B_PUBLIC "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
#define SHARED "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

static const uint8_t *unhex(const char *hex, uint8_t out[X25519_BYTES])
{
    cr_assert_eq(hex_decode(str_of(hex), out, X25519_BYTES), OK);
    return out;
}

static void expect(const uint8_t *got, const char *hex, const char *name)
{
    uint8_t wanted[X25519_BYTES];
    cr_expect_arr_eq(got, unhex(hex, wanted), X25519_BYTES, "%s", name);
}

Test(x25519, rfc_7748)
{
    static const struct {
        const char *name, *secret, *public_key, *peer;
    } rows[] = { { "Alice", A_SECRET, A_PUBLIC, B_PUBLIC }, { "Bob", B_SECRET, B_PUBLIC, A_PUBLIC } };
    for (size_t i = 0; i < 2; i++) {
        uint8_t secret[X25519_BYTES], public_key[X25519_BYTES], peer[X25519_BYTES], out[X25519_BYTES];
        cr_assert_eq(x25519_public(unhex(rows[i].secret, secret), public_key), OK);
        expect(public_key, rows[i].public_key, rows[i].name);
        cr_assert_eq(x25519_shared(secret, public_key, unhex(rows[i].peer, peer), out), OK);
        expect(out, SHARED, rows[i].name);
    }
}

/* The points of small order of RFC 7748 6.1's warning: all give zero. */
Test(x25519, small_order_is_refused)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        uint8_t secret[X25519_BYTES], public_key[X25519_BYTES], peer[X25519_BYTES], out[X25519_BYTES] = { 9 };
        unhex(A_SECRET, secret);
        unhex(A_PUBLIC, public_key);
        cr_expect_eq(x25519_shared(secret, public_key, unhex(points[i], peer), out), ERR_CRYPTO, "%s", points[i]);
        cr_expect_eq(out[0], 9, "touched");
    }
}

/* Two drawn pairs agree, and differ; where nothing can be drawn there is no pair. */
Test(x25519, generate)
{
    struct rng r = rng_make(7);
    struct x25519_pair pairs[2], none = { .secret = { 9 } };
    uint8_t shared[2][X25519_BYTES];
    for (int i = 0; i < 2; i++) cr_assert_eq(x25519_generate(dice_random, &r, &pairs[i]), OK);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(x25519_shared(pairs[i].secret, pairs[i].public_key, pairs[!i].public_key, shared[i]), OK);
    cr_expect_arr_eq(shared[0], shared[1], X25519_BYTES);
    cr_expect_arr_neq(pairs[0].public_key, pairs[1].public_key, X25519_BYTES);
    cr_expect_eq(x25519_generate(dice_broken, NULL, &none), ERR_IO);
    cr_expect_eq(none.secret[0], 9, "touched");
}
