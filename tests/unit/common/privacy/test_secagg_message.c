#include "common/privacy/secagg_message.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Every kind of message, behind one set of functions. */
union any {
    struct secagg_advert advert;
    struct secagg_bundle bundle;
    struct secagg_delivery delivery;
    struct secagg_input input;
    struct secagg_request request;
    struct secagg_vote vote;
    struct secagg_answer answer;
};
#define KIND(name)                                                                                                     \
    static enum err name##_encode(const union any *m, struct buf *out)                                                 \
    {                                                                                                                  \
        return secagg_##name##_encode(&m->name, out);                                                                  \
    }                                                                                                                  \
    static enum err name##_parse(struct bytes in, union any *out) { return secagg_##name##_parse(in, &out->name); }
#define SIGNED(name)                                                                                                   \
    static enum err name##_sign(union any *m, const struct sign_key *k) { return secagg_##name##_sign(&m->name, k); }  \
    static enum err name##_verify(const union any *m, const uint8_t *k) { return secagg_##name##_verify(&m->name, k); }
KIND(advert)
KIND(bundle)
KIND(delivery)
KIND(input)
KIND(request)
KIND(vote)
KIND(answer)
SIGNED(advert)
SIGNED(bundle)
SIGNED(input)
SIGNED(vote)
SIGNED(answer)

static const struct {
    const char *name;
    enum err (*encode)(const union any *m, struct buf *out);
    enum err (*parse)(struct bytes in, union any *out);
    enum err (*sign)(union any *m, const struct sign_key *key);
    enum err (*verify)(const union any *m, const uint8_t *identity);
} kinds[] = {
    { "advert", advert_encode, advert_parse, advert_sign, advert_verify },
    { "bundle", bundle_encode, bundle_parse, bundle_sign, bundle_verify },
    { "delivery", delivery_encode, delivery_parse, NULL, NULL },
    { "input", input_encode, input_parse, input_sign, input_verify },
    { "request", request_encode, request_parse, NULL, NULL },
    { "vote", vote_encode, vote_parse, vote_sign, vote_verify },
    { "answer", answer_encode, answer_parse, answer_sign, answer_verify },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const struct secagg_set some = { 3, { 2, 5, 9 } };

static void fill(size_t kind, union any *m)
{
    memset(m, 0, sizeof *m);
    if (kind == 0) m->advert = (struct secagg_advert){ 7, { 1 }, { 2 }, { 3 }, { 4 } };
    if (kind == 1) {
        m->bundle = (struct secagg_bundle){ .session = { 1 }, .from = 7, .seed_commit = { 3 }, .n = 2 };
        m->bundle.shares[0] = (struct secagg_sealed){ 7, 4, { 5 }, { 6 }, { 7 } };
        m->bundle.shares[1] = (struct secagg_sealed){ 7, 8, { 9 }, { 10 }, { 11 } };
    }
    if (kind == 2) {
        m->delivery = (struct secagg_delivery){ .session = { 1 }, .to = 7, .sharers = some, .n = 2 };
        m->delivery.shares[0] = (struct secagg_sealed){ 2, 7, { 5 }, { 6 }, { 7 } };
        m->delivery.shares[1] = (struct secagg_sealed){ 5, 7, { 9 }, { 10 }, { 11 } };
    }
    if (kind == 3) m->input = (struct secagg_input){ { 1 }, 7, { 3 }, { 4 } };
    if (kind == 4) m->request = (struct secagg_request){ { 1 }, some, { 1, { 3 } } };
    if (kind == 5) m->vote = (struct secagg_vote){ { 1 }, 7, { 3 }, { 4 } };
    if (kind == 6) {
        m->answer = (struct secagg_answer){ .session = { 1 }, .from = 7, .n = 2 };
        m->answer.shares[0] = (struct secagg_share){ 2, SECAGG_SELF, { 9 } };
        m->answer.shares[1] = (struct secagg_share){ 3, SECAGG_PAIR, { 8 } };
    }
}

Test(secagg_message, bytes_come_back_and_no_others_do)
{
    for (size_t k = 0; k < KINDS; k++) {
        union any *m = calloc(1, sizeof *m), *again = calloc(1, sizeof *again), *untouched = calloc(1, sizeof *again);
        struct buf b CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX),
                     c CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
        cr_assert(m && again && untouched);
        fill(k, m);
        cr_assert_eq(kinds[k].encode(m, &b), OK);
        for (size_t n = 0; n < b.n; n++) {
            cr_expect_eq(kinds[k].parse(bytes_of(b.p, n), again), ERR_PROTO, "%s cut at %zu", kinds[k].name, n);
            cr_expect_arr_eq(again, untouched, sizeof *again, "%s", kinds[k].name);
        }
        cr_assert_eq(kinds[k].parse(buf_bytes(&b), again), OK, "%s", kinds[k].name);
        cr_assert_eq(kinds[k].encode(again, &c), OK);
        cr_expect(str_eq(buf_str(&b), buf_str(&c)), "%s", kinds[k].name);
        for (size_t other = 0; other < KINDS; other++)
            if (other != k)
                cr_expect_eq(kinds[other].parse(buf_bytes(&b), again), ERR_PROTO, "%s as %s", kinds[k].name,
                             kinds[other].name);
        buf_add(&b, "", 1);
        cr_expect_eq(kinds[k].parse(buf_bytes(&b), again), ERR_PROTO, "%s and more", kinds[k].name);
        free(m);
        free(again);
        free(untouched);
    }
}

/* Whatever byte is changed: the message does not parse, or the signature does not hold. */
Test(secagg_message, signatures_are_over_all)
{
    struct rng r = rng_make(1);
    struct sign_key key, other;
    cr_assert(sign_generate(dice_random, &r, &key) == OK && sign_generate(dice_random, &r, &other) == OK);
    for (size_t k = 0; k < KINDS; k++) {
        union any *m = calloc(1, sizeof *m);
        struct buf b CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
        cr_assert_not_null(m);
        if (kinds[k].sign == NULL) {
            free(m);
            continue;
        }
        fill(k, m);
        cr_assert_eq(kinds[k].sign(m, &key), OK);
        cr_expect_eq(kinds[k].verify(m, key.public_key), OK, "%s", kinds[k].name);
        cr_expect_eq(kinds[k].verify(m, other.public_key), ERR_CRYPTO, "%s", kinds[k].name);
        cr_assert_eq(kinds[k].encode(m, &b), OK);
        for (size_t i = 0; i < b.n; i++) {
            b.p[i] ^= 4;
            bool holds = kinds[k].parse(buf_bytes(&b), m) == OK && kinds[k].verify(m, key.public_key) == OK;
            cr_expect(!holds, "%s byte %zu", kinds[k].name, i);
            b.p[i] ^= 4;
        }
        free(m);
    }
}

Test(secagg_message, lists_ascend)
{
    struct buf b CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    union any *m = calloc(1, sizeof *m), *again = calloc(1, sizeof *again);
    cr_assert(m && again);
    const struct {
        const char *name;
        size_t kind;
        uint32_t *id;
    } rows[] = {
        { "bundle, a holder twice", 1, &m->bundle.shares[1].to },
        { "delivery, a sender twice", 2, &m->delivery.shares[1].from },
        { "delivery, a sharer twice", 2, &m->delivery.sharers.ids[2] },
        { "request, a survivor twice", 4, &m->request.survivors.ids[1] },
        { "answer, about one twice", 6, &m->answer.shares[1].about },
    };
    const uint32_t values[] = { 4, 2, 5, 2, 2 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fill(rows[i].kind, m);
        *rows[i].id = values[i];
        buf_clear(&b);
        cr_assert_eq(kinds[rows[i].kind].encode(m, &b), OK);
        cr_expect_eq(kinds[rows[i].kind].parse(buf_bytes(&b), again), ERR_PROTO, "%s", rows[i].name);
    }
    fill(6, m);
    m->answer.shares[0].half = SECAGG_HALVES;
    buf_clear(&b);
    cr_assert_eq(answer_encode(m, &b), OK);
    cr_expect_eq(answer_parse(buf_bytes(&b), again), ERR_PROTO, "no half");
    free(m);
    free(again);
}

Test(secagg_message, views_are_of_model_and_lists)
{
    struct secagg_request r = { { 1 }, some, { 1, { 3 } } };
    uint8_t one[HASH_BYTES], other[HASH_BYTES], model[HASH_BYTES] = { 1 };
    cr_assert_eq(secagg_request_hash(&r, model, one), OK);
    model[0] = 2;
    cr_assert_eq(secagg_request_hash(&r, model, other), OK);
    cr_expect(memcmp(one, other, HASH_BYTES) != 0, "model");
    model[0] = 1;
    r.survivors.n = 2;
    cr_assert_eq(secagg_request_hash(&r, model, other), OK);
    cr_expect(memcmp(one, other, HASH_BYTES) != 0, "survivors");
}
