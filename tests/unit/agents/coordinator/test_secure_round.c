#include "agents/coordinator/secure_round.h"
#include "common/privacy/secagg_client.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define TASK_OF(quorum, adversaries)                                                                                   \
    "name: toy\n"                                                                                                      \
    "data: {columns: [{name: x, min: 0, max: 1}, {name: z, role: label, classes: 2}]}\n"                               \
    "rounds: {quorum: " #quorum ", max_update_norm: 2, max_samples: 50}\n"                                             \
    "aggregation: {secure: yes, adversaries: " #adversaries "}\n"
#define TASK(adversaries) TASK_OF(4, adversaries)

static enum err plan(const char *task, size_t n, struct secure_round **out, struct why *why)
{
    struct run r = { .id = "toy-1" };
    cr_assert_eq(run_init(&r, str_of(task), why), OK, "%s", why->text);
    r.head.quorum = r.task.rounds.quorum;
    struct secure_round_of of = { .run = &r, .number = 7, .model_sha256 = { 9 } };
    *out = secure_round_new(n);
    for (size_t i = 0; i < n; i++) {
        char jid[40];
        uint8_t key[ED25519_KEY_BYTES] = { (uint8_t)i, (uint8_t)(i >> 8), 1 };
        (void)snprintf(jid, sizeof jid, "hospital-%04zu@x", i);
        secure_round_add(*out, jid, key);
    }
    enum err e = secure_round_plan(*out, &of, why);
    run_fini(&r);
    return e;
}

/* Twice the threshold is above cohort and adversaries, and as many must stay. */
Test(secure_round, cohorts)
{
    static const struct {
        const char *task;
        size_t n;
        enum err e;
        uint32_t survivors, threshold;
        bool complete;
    } rows[] = {
        { TASK(0), 3, ERR_REFUSED, 0, 0, true }, { TASK(0), 4, OK, 4, 3, true },    { TASK(0), 9, OK, 5, 5, true },
        { TASK(2), 9, OK, 6, 6, true },          { TASK(0), 64, OK, 33, 33, true }, { TASK(0), 300, OK, 200, 0, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secure_round *s CLEANUP(secure_round_drop) = NULL;
        struct why why = { "" };
        cr_assert_eq(plan(rows[i].task, rows[i].n, &s, &why), rows[i].e, "%zu: %s", rows[i].n, why.text);
        if (rows[i].e != OK) {
            cr_expect(strstr(why.text, "needs 4 hospitals, and 3") != NULL, "%s", why.text);
            continue;
        }
        cr_expect(s->header.round == 7 && s->header.cohort == rows[i].n && s->header.survivors == rows[i].survivors &&
                      s->needed == rows[i].survivors && (s->header.degree == 0) == rows[i].complete,
                  "%zu", rows[i].n);
        if (rows[i].complete) cr_expect_eq(s->header.threshold, rows[i].threshold, "%zu", rows[i].n);
        cr_expect_eq(secagg_header_check(&s->header, &why), OK, "%s", why.text);
        cr_expect_eq(secure_round_number(s, "hospital-0002@x"), 3);
        cr_expect_eq(secure_round_number(s, "hospital-9@x"), 0);
        cr_expect(!secure_round_solvable(s));
    }
}

/* As many as survive may be all that send keys: the header must hold for each number in between. */
Test(secure_round, whoever_sends_keys)
{
    static const char *const tasks[] = { TASK(0), TASK_OF(6, 4), TASK_OF(12, 10) };
    for (size_t k = 0; k < sizeof tasks / sizeof *tasks; k++)
        for (size_t n = 65; n < 150; n++) {
            struct secure_round *s CLEANUP(secure_round_drop) = NULL;
            struct why why = { "" };
            cr_assert_eq(plan(tasks[k], n, &s, &why), OK, "%zu: %s", n, why.text);
            cr_expect(s->header.degree > 0 && 5 * s->header.survivors <= 4 * n, "%zu", n);
            for (uint32_t there = s->header.survivors; there <= n; there++)
                cr_expect_eq(secagg_header_present(&s->header, there, &why), OK, "%u of %zu: %s", there, n, why.text);
        }
}

enum { HOSPITALS = 4 };

static void advert_of(const struct secure_round *s, const struct sign_key *key, uint32_t id, struct rng *rng,
                      struct buf *out)
{
    struct secagg_client *c CLEANUP(secagg_client_drop) = NULL;
    struct secagg_policy policy = { .cohort_min = 3 };
    struct secagg_advert a;
    memcpy(policy.model_sha256, s->header.model_sha256, HASH_BYTES);
    memcpy(policy.roster_sha256, s->header.roster_sha256, HASH_BYTES);
    cr_assert_eq(secagg_client_new(&s->header, &policy, key, id, dice_random, rng, &c, NULL), OK);
    secagg_client_advert(c, &a);
    buf_clear(out);
    cr_assert_eq(secagg_advert_encode(&a, out), OK);
}

/* The same with a key of small order, signed again. */
static void spoil_key(struct buf *advert, bool channel, const struct sign_key *key)
{
    struct secagg_advert a;
    cr_assert_eq(secagg_advert_parse(buf_bytes(advert), &a), OK);
    memset(channel ? a.channel_key : a.mask_key, 0, X25519_BYTES);
    cr_assert_eq(secagg_advert_sign(&a, key), OK);
    buf_clear(advert);
    cr_assert_eq(secagg_advert_encode(&a, advert), OK);
}

Test(secure_round, keys_are_each_hospitals_own)
{
    struct secure_round *s CLEANUP(secure_round_drop) = NULL;
    struct buf advert CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    struct sign_key keys[HOSPITALS];
    struct rng rng = rng_make(5);
    struct why why = { "" };
    cr_assert_eq(plan(TASK(0), HOSPITALS, &s, &why), OK, "%s", why.text);
    for (size_t i = 0; i < HOSPITALS; i++) {
        cr_assert_eq(sign_generate(dice_random, &rng, &keys[i]), OK);
        memcpy(s->members[i].identity, keys[i].public_key, ED25519_KEY_BYTES);
    }
    cr_assert_eq(secagg_roster_hash(&(struct secagg_roster){ s->members, HOSPITALS }, s->header.roster_sha256), OK);
    advert_of(s, &keys[2], 3, &rng, &advert);
    cr_expect_eq(secure_round_take_keys(s, 2, buf_bytes(&advert), &why), ERR_REFUSED, "another's");
    cr_expect_eq(secure_round_take_keys(s, 3, bytes_of(advert.p, advert.n - 1), &why), ERR_PROTO);
    cr_expect_eq(secure_round_take_keys(s, 3, buf_bytes(&advert), &why), OK, "%s", why.text);
    cr_expect_eq(secure_round_take_keys(s, 3, buf_bytes(&advert), &why), ERR_REFUSED, "twice");
    advert_of(s, &keys[2], 1, &rng, &advert);
    cr_expect_eq(secure_round_take_keys(s, 1, buf_bytes(&advert), &why), ERR_CRYPTO, "signed by another");
    for (int channel = 0; channel < 2; channel++) {
        advert_of(s, &keys[0], 1, &rng, &advert);
        spoil_key(&advert, channel, &keys[0]);
        cr_expect_eq(secure_round_take_keys(s, 1, buf_bytes(&advert), &why), ERR_CRYPTO);
        cr_expect(strstr(why.text, "small order") != NULL, "%s", why.text);
    }
    s->header.round++;
    advert_of(s, &keys[0], 1, &rng, &advert);
    s->header.round--;
    cr_expect_eq(secure_round_take_keys(s, 1, buf_bytes(&advert), &why), ERR_REFUSED, "of another sum");
    for (uint32_t id = 1; id <= HOSPITALS; id++) {
        if (id == 3) continue;
        advert_of(s, &keys[id - 1], id, &rng, &advert);
        cr_expect_eq(secure_round_take_keys(s, id, buf_bytes(&advert), &why), OK, "%s", why.text);
    }
    cr_assert_eq(s->nadverts, HOSPITALS);
    for (uint32_t i = 0; i < HOSPITALS; i++) cr_expect_eq(s->adverts[i].from, i + 1);
    struct buf all CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    cr_expect_eq(secure_round_begin_sharing(s, &all, &why), OK, "%s", why.text);
    cr_expect_eq(all.n, HOSPITALS * advert.n);
}
