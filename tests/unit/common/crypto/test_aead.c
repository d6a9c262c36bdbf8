#include "common/crypto/aead.h"
#include "common/crypto/encode.h"
#include <criterion/criterion.h>
#include <string.h>

/* McGrew & Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13, 14 and 16. */
#define ZERO16 "00000000000000000000000000000000"
#define LONG_KEY "feffe9928665731c6d6a8f9467308308"
static const struct {
    const char *name, *key, *nonce, *aad, *plain, *sealed;
} rows[] = {
    { "case 13", ZERO16 ZERO16, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
    { "case 14", ZERO16 ZERO16, "000000000000000000000000", "", ZERO16,
      "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919" },
    { "case 16", LONG_KEY LONG_KEY, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba637b39",
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
      "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b" },
};

struct text {
    uint8_t p[128];
    size_t n;
};

static struct text unhex(const char *hex)
{
    struct text t = { .n = strlen(hex) / 2 };
    cr_assert_eq(hex_decode(str_of(hex), t.p, t.n), OK);
    return t;
}

static struct bytes view(const struct text *t) { return bytes_of(t->p, t->n); }

Test(aead, known_vectors_both_ways)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text key = unhex(rows[i].key), nonce = unhex(rows[i].nonce), aad = unhex(rows[i].aad);
        struct text plain = unhex(rows[i].plain), sealed = unhex(rows[i].sealed);
        uint8_t out[128];
        cr_assert_eq(aead_seal(key.p, nonce.p, view(&aad), view(&plain), out), OK);
        cr_expect_arr_eq(out, sealed.p, sealed.n, "%s", rows[i].name);
        cr_expect_eq(aead_open(key.p, nonce.p, view(&aad), view(&sealed), sealed.p), OK, "%s in place", rows[i].name);
        cr_expect(memcmp(sealed.p, plain.p, plain.n) == 0, "%s", rows[i].name);
    }
}

Test(aead, any_changed_byte_is_refused)
{
    struct text key = unhex(rows[2].key), nonce = unhex(rows[2].nonce), aad = unhex(rows[2].aad);
    struct text sealed = unhex(rows[2].sealed);
    struct text *const parts[] = { &key, &nonce, &aad, &sealed };
    static const uint8_t zero[128];
    for (size_t p = 0; p < 4; p++) {
        for (size_t i = 0; i < parts[p]->n; i++) {
            uint8_t out[128] = { 0 };
            parts[p]->p[i] ^= 1;
            cr_expect_eq(aead_open(key.p, nonce.p, view(&aad), view(&sealed), out), ERR_CRYPTO, "part %zu byte %zu", p,
                         i);
            cr_expect_arr_eq(out, zero, sealed.n - AEAD_TAG_BYTES, "plain bytes leaked");
            parts[p]->p[i] ^= 1;
        }
    }
}

Test(aead, any_shorter_text_is_refused)
{
    struct text key = unhex(rows[2].key), nonce = unhex(rows[2].nonce), aad = unhex(rows[2].aad);
    struct text sealed = unhex(rows[2].sealed);
    for (size_t n = 0; n < sealed.n; n++) {
        uint8_t out[128];
        cr_expect_eq(aead_open(key.p, nonce.p, view(&aad), bytes_of(sealed.p, n), out), ERR_CRYPTO, "%zu", n);
    }
}
