#include "common/privacy/secagg_header.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct secagg_header header(void)
{
    return (struct secagg_header){ .run = { 1 },
                                   .round = 4,
                                   .model_sha256 = { 2 },
                                   .roster_sha256 = { 3 },
                                   .layout_sha256 = { 5 },
                                   .cohort = 10,
                                   .survivors = 7,
                                   .adversaries = 2,
                                   .threshold = 7,
                                   .bits = 32,
                                   .length = 1000,
                                   .scale = 1024,
                                   .clip = 20,
                                   .sensitivity = 0.5,
                                   .sigma = 1.25,
                                   .deadline_ms = 1800000000000 };
}

static struct secagg_policy policy(void)
{
    return (struct secagg_policy){
        .model_sha256 = { 2 }, .roster_sha256 = { 3 }, .cohort_min = 5, .adversaries = 2, .sigma_min = 1
    };
}

Test(secagg_header, bytes_come_back_and_nothing_else_does)
{
    struct secagg_header h = header(), again;
    struct buf b CLEANUP(buf_free) = buf_make(1000), c CLEANUP(buf_free) = buf_make(1000);
    cr_assert_eq(secagg_header_encode(&h, &b), OK);
    cr_expect_eq(b.n, (size_t)SECAGG_HEADER_BYTES);
    cr_assert_eq(secagg_header_parse(buf_bytes(&b), &again), OK);
    cr_assert_eq(secagg_header_encode(&again, &c), OK);
    cr_expect(str_eq(buf_str(&b), buf_str(&c)));
    for (size_t n = 0; n < b.n; n++) cr_expect_eq(secagg_header_parse(bytes_of(b.p, n), &again), ERR_PROTO, "%zu", n);
    buf_add(&b, "", 1);
    cr_expect_eq(secagg_header_parse(buf_bytes(&b), &again), ERR_PROTO, "longer");
    b.p[0] ^= 1;
    cr_expect_eq(secagg_header_parse(bytes_of(b.p, b.n - 1), &again), ERR_PROTO, "label");
}

/* Each byte of the header is in its hash and under its signature. */
Test(secagg_header, signed_whole)
{
    struct secagg_header h = header(), other;
    struct rng r = rng_make(1);
    struct sign_key key;
    uint8_t signature[ED25519_SIGNATURE_BYTES], hash[HASH_BYTES], other_hash[HASH_BYTES];
    struct buf b CLEANUP(buf_free) = buf_make(1000);
    size_t tried = 0;
    cr_assert_eq(sign_generate(dice_random, &r, &key), OK);
    cr_assert_eq(secagg_header_sign(&h, &key, signature), OK);
    cr_expect_eq(secagg_header_verify(&h, key.public_key, signature), OK);
    cr_assert(secagg_header_hash(&h, hash) == OK && secagg_header_encode(&h, &b) == OK);
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] ^= 1;
        if (secagg_header_parse(buf_bytes(&b), &other) == OK) {
            tried++;
            cr_expect_eq(secagg_header_verify(&other, key.public_key, signature), ERR_CRYPTO, "byte %zu", i);
            cr_assert_eq(secagg_header_hash(&other, other_hash), OK);
            cr_expect(memcmp(hash, other_hash, HASH_BYTES) != 0, "byte %zu", i);
        }
        b.p[i] ^= 1;
    }
    cr_expect_gt(tried, 180u);
}

struct change {
    const char *name;
    size_t offset, size;
    double value; /* of a number with this size: 4 uint32_t, 8 uint64_t, 0 double */
    enum err expected;
};
#define AT(field) offsetof(struct secagg_header, field)

static void apply(const struct change *c, struct secagg_header *h)
{
    uint32_t narrow = c->size == 4 ? (uint32_t)c->value : 0;
    uint64_t wide = c->size == 8 ? (uint64_t)c->value : 0;
    const void *from = c->size == 4 ? (void *)&narrow : c->size == 8 ? (void *)&wide : (const void *)&c->value;
    memcpy((uint8_t *)h + c->offset, from, c->size == 0 ? sizeof c->value : c->size);
}

Test(secagg_header, rounds_that_cannot_be)
{
    const struct change rows[] = {
        { "as it is", AT(cohort), 4, 10, OK },
        { "round 0", AT(round), 8, 0, ERR_INPUT },
        { "cohort of 2", AT(cohort), 4, 2, ERR_INPUT },
        { "cohort too large for shares", AT(cohort), 4, 256, ERR_INPUT },
        { "cohort too large", AT(cohort), 4, 1025, ERR_INPUT },
        { "more survivors than members", AT(survivors), 4, 11, ERR_INPUT },
        { "two survivors", AT(survivors), 4, 2, ERR_INPUT },
        { "all adversaries", AT(adversaries), 4, 7, ERR_INPUT },
        { "all adversaries but one", AT(adversaries), 4, 6, ERR_INPUT },
        { "more adversaries than can be", AT(adversaries), 4, UINT32_MAX, ERR_INPUT },
        { "threshold 1", AT(threshold), 4, 1, ERR_INPUT },
        { "threshold above survivors", AT(threshold), 4, 8, ERR_INPUT },
        { "threshold (n + adversaries) / 2", AT(threshold), 4, 6, ERR_REFUSED },
        { "one more adversary", AT(adversaries), 4, 4, ERR_REFUSED },
        { "ring of 7", AT(bits), 4, 7, ERR_INPUT },
        { "ring of 63", AT(bits), 4, 63, ERR_INPUT },
        { "no elements", AT(length), 4, 0, ERR_INPUT },
        { "scale 0", AT(scale), 0, 0, ERR_INPUT },
        { "clip negative", AT(clip), 0, -1, ERR_INPUT },
        { "sigma NaN", AT(sigma), 0, NAN, ERR_INPUT },
        { "noise for a sensitivity of 0", AT(sensitivity), 0, 0, ERR_INPUT },
        { "sensitivity infinite", AT(sensitivity), 0, INFINITY, ERR_INPUT },
        { "a sensitivity without noise", AT(sigma), 0, 0, ERR_INPUT },
        { "odd degree", AT(degree), 4, 7, ERR_INPUT },
        { "neighbours below the threshold", AT(degree), 4, 6, ERR_INPUT },
        { "enough neighbours", AT(degree), 4, 8, OK },
        { "degree of all", AT(degree), 4, 10, ERR_INPUT },
        { "deadline never", AT(deadline_ms), 8, 0x1p60, ERR_INPUT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secagg_header h = header();
        struct why why = { "" };
        apply(&rows[i], &h);
        cr_expect_eq(secagg_header_check(&h, &why), rows[i].expected, "%s: %s", rows[i].name, why.text);
        cr_expect((why.text[0] == '\0') == (rows[i].expected == OK), "%s", rows[i].name);
    }
}

Test(secagg_header, a_trainer_has_demands_of_its_own)
{
    static const struct {
        const char *name;
        struct secagg_policy policy;
        enum err expected;
    } rows[] = {
        { "as it is", { { 2 }, { 3 }, 5, 2, 1 }, OK },
        { "other model", { { 9 }, { 3 }, 5, 2, 1 }, ERR_REFUSED },
        { "other roster", { { 2 }, { 9 }, 5, 2, 1 }, ERR_REFUSED },
        { "larger cohort", { { 2 }, { 3 }, 8, 2, 1 }, ERR_REFUSED },
        { "more adversaries", { { 2 }, { 3 }, 5, 3, 1 }, ERR_REFUSED },
        { "more noise", { { 2 }, { 3 }, 5, 2, 1.26 }, ERR_REFUSED },
        { "noise NaN", { { 2 }, { 3 }, 5, 2, NAN }, ERR_REFUSED },
    };
    struct secagg_header h = header();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        cr_expect_eq(secagg_header_admit(&h, &rows[i].policy, &why), rows[i].expected, "%s", rows[i].name);
        cr_expect((why.text[0] == '\0') == (rows[i].expected == OK), "%s", rows[i].name);
    }
    struct secagg_policy p = policy();
    h.threshold = 6;
    cr_expect_eq(secagg_header_admit(&h, &p, NULL), ERR_REFUSED, "threshold too low");
}

Test(secagg_header, who_is_present_counts)
{
    struct secagg_header h = header();
    cr_expect_eq(secagg_header_present(&h, 10, NULL), OK);
    cr_expect_eq(secagg_header_present(&h, 7, NULL), OK);
    cr_expect_eq(secagg_header_present(&h, 6, NULL), ERR_REFUSED);
    cr_expect_eq(secagg_header_present(&h, 11, NULL), ERR_REFUSED);
    h.degree = 8;
    cr_expect_eq(secagg_header_present(&h, 10, NULL), OK);
    h.threshold = 5; /* two of eight neighbours may be adversaries */
    cr_expect_eq(secagg_header_present(&h, 10, NULL), ERR_REFUSED);
}

/* 1.25 sensitivities of 512 units over 5 honest survivors. */
Test(secagg_header, shares_of_noise)
{
    struct secagg_header h = header();
    cr_expect_float_eq(secagg_header_share(&h), 1.25 * 512 / sqrt(5), 1e-9);
    h.sigma = 0;
    cr_expect_eq(secagg_header_share(&h), 0);
}

Test(secagg_header, one_header_a_round)
{
    struct secagg_seen seen = { 0 };
    struct secagg_header h = header(), other = header(), next = header(), before = header();
    struct why why = { "" };
    other.length++;
    next.round++;
    before.round--;
    cr_expect_eq(secagg_seen_admit(&seen, &h, &why), OK);
    cr_expect_eq(secagg_seen_admit(&seen, &h, &why), OK, "the same again");
    cr_expect_eq(secagg_seen_admit(&seen, &other, &why), ERR_REFUSED);
    cr_expect_not_null(strstr(why.text, "two headers for round 4"));
    cr_expect_eq(secagg_seen_admit(&seen, &before, &why), ERR_DUPLICATE, "gone by");
    seen.answered = true;
    cr_expect_eq(secagg_seen_admit(&seen, &h, &why), ERR_DUPLICATE, "answered");
    cr_expect_eq(secagg_seen_admit(&seen, &next, &why), OK);
    cr_expect(seen.round == 5 && !seen.answered);
}
