#include "common/privacy/secure_plan.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct secure_want usual = { SECURE_PLAIN, 100, 3, 0, 0, 1e4, 1000000 };

Test(secure_plan, plans)
{
    static const struct {
        const char *name;
        struct secure_want want;
        enum err expected;
        unsigned bits;
        double step;
    } rows[] = {
        { "a task's defaults", { SECURE_PLAIN, 100, 3, 0, 0, 1e4, 1000000 }, OK, 56, 0x1p-20 },
        { "tight bounds, a narrow ring", { SECURE_PLAIN, 100, 3, 0, 0, 10, 100 }, OK, 33, 0x1p-20 },
        { "a crowd has a coarser step", { SECURE_PLAIN, 100, 1000, 0, 0, 1e4, 1000000 }, OK, 62, 0x1p-17 },
        { "one hospital", { SECURE_PLAIN, 1, 1, 0, 0, 1, 1 }, OK, 22, 0x1p-20 },
        { "no ring is wide enough", { SECURE_PLAIN, 100, 3, 0, 0, 1e12, 1000000 }, ERR_SETTING, 0, 0 },
        { "nor for the losses", { SECURE_PLAIN, 100, 3, 0, 0, 1e-3, (uint64_t)1e18 }, ERR_SETTING, 0, 0 },
        { "no model", { SECURE_PLAIN, 0, 3, 0, 0, 1, 1 }, ERR_INPUT, 0, 0 },
        { "no cohort", { SECURE_PLAIN, 1, 0, 0, 0, 1, 1 }, ERR_INPUT, 0, 0 },
        { "no weight", { SECURE_PLAIN, 1, 3, 0, 0, 1, 0 }, ERR_INPUT, 0, 0 },
        { "a norm that is no number", { SECURE_PLAIN, 1, 3, 0, 0, NAN, 1 }, ERR_INPUT, 0, 0 },
        { "a mode that is none", { SECURE_MODES, 1, 3, 0, 0, 1, 1 }, ERR_INPUT, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secure_plan p = { .bits = 0 };
        struct why why = { "" };
        cr_expect_eq(secure_plan_of(&rows[i].want, &p, &why), rows[i].expected, "%s: %s", rows[i].name, why.text);
        cr_expect((rows[i].expected == OK) == (why.text[0] == '\0'), "%s", rows[i].name);
        cr_expect_eq(p.bits, rows[i].bits, "%s: %u", rows[i].name, p.bits);
        if (rows[i].expected == OK) cr_expect(1 / p.update.scale == rows[i].step, "%s", rows[i].name);
    }
}

/* As many vectors as the plan is for, each part at its bound and all of one sign: nothing wraps. */
Test(secure_plan, no_sum_wraps)
{
    for (uint32_t n = 1; n <= 1024; n = 3 * n + 1) {
        struct secure_want want = { SECURE_PLAIN, 1, n, 0, 0, 3.3, 1234 };
        struct secure_plan p;
        cr_assert_eq(secure_plan_of(&want, &p, NULL), OK);
        for (double sign = -1; sign <= 1; sign += 2) {
            struct secagg_vec one CLEANUP(secagg_vec_fini) = { 0 }, sum CLEANUP(secagg_vec_fini) = { 0 };
            double most[] = { sign * 3.3 * 1234, 1234, sign * SECURE_LOSS_MAX * 1234 };
            const struct quantise *parts[] = { &p.update, &p.count, &p.loss };
            cr_assert(secagg_vec_init(&one, p.bits, p.length) == OK && secagg_vec_init(&sum, p.bits, p.length) == OK);
            for (size_t k = 0; k < 3; k++) cr_assert_eq(quantise_put(parts[k], &most[k], 1, &one, k), OK);
            for (uint32_t i = 0; i < n; i++) cr_assert_eq(secagg_vec_add(&sum, &one), OK);
            for (size_t k = 0; k < 3; k++) {
                double back = 0;
                cr_assert_eq(quantise_get(parts[k], &sum, k, &back, 1), OK);
                cr_expect_float_eq(back, n * most[k], n * .5 / parts[k]->scale + 1e-9 * fabs(back));
            }
        }
    }
}

/* What stands in the header follows from the plan, and every number of the plan is in its hash. */
Test(secure_plan, header_says_the_same)
{
    const struct secure_want others[] = {
        { SECURE_PLAIN, 101, 3, 0, 0, 1e4, 1000000 },
        { SECURE_PLAIN, 100, 4, 0, 0, 1e4, 1000000 },
        { SECURE_PLAIN, 100, 3, 0, 0, 2e4, 1000000 },
        { SECURE_PLAIN, 100, 3, 0, 0, 1e4, 1000001 },
    };
    struct secure_plan p, other;
    struct secagg_header h = { .round = 7 };
    cr_assert_eq(secure_plan_of(&usual, &p, NULL), OK);
    secure_plan_put(&p, &h);
    cr_expect(h.round == 7 && h.length == 102 && h.bits == p.bits && h.clip == 1e10 && h.sigma == 0);
    cr_expect_eq(secure_plan_match(&p, &h, NULL), OK);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct why why = { "" };
        cr_assert_eq(secure_plan_of(&others[i], &other, NULL), OK);
        cr_expect_eq(secure_plan_match(&other, &h, &why), ERR_REFUSED, "%zu", i);
        cr_expect(why.text[0] != '\0' && memcmp(other.layout_sha256, p.layout_sha256, HASH_BYTES) != 0, "%zu", i);
    }
    struct secagg_header bent[] = { h, h, h, h, h, h };
    bent[0].bits++, bent[1].length++, bent[2].scale *= 2, bent[3].clip *= 2, bent[4].sigma = 1;
    bent[5].layout_sha256[0] ^= 1;
    for (size_t i = 0; i < sizeof bent / sizeof *bent; i++)
        cr_expect_eq(secure_plan_match(&p, &bent[i], NULL), ERR_REFUSED, "%zu", i);
}

Test(secure_plan, text)
{
    struct buf text CLEANUP(buf_free) = buf_make(SECURE_TEXT_BYTES);
    struct buf small CLEANUP(buf_free) = buf_make(10);
    struct secure_plan p;
    uint8_t hash[HASH_BYTES];
    cr_assert_eq(secure_plan_of(&usual, &p, NULL), OK);
    cr_assert_eq(secure_plan_text(&p, &text), OK);
    cr_assert_eq(hash_of(buf_bytes(&text), hash), OK);
    cr_expect_eq(memcmp(hash, p.layout_sha256, HASH_BYTES), 0);
    buf_add(&text, "", 1);
    cr_expect_not_null(strstr((char *)text.p, "mode: plain\n"));
    cr_expect_not_null(strstr((char *)text.p, "elements 0 to 99: the update times the weight"));
    cr_expect_eq(secure_plan_text(&p, &small), ERR_LIMIT);
}

#define NOISED(mode, weights, cohort, survivors, adversaries, rate, multiplier)                                        \
    {                                                                                                                  \
        mode, weights, cohort, survivors, adversaries, 1, 1000, 40, { 8, 1e-5, 1, rate, multiplier }                   \
    }

Test(secure_plan, with_noise)
{
    static const struct {
        const char *name;
        struct secure_want want;
        enum err expected;
        size_t length;
        double multiplier,
            sensitivity; /* the first by `himas privacy sigma` for 44 steps, here with whole orders only: within 2 % */
        uint32_t honest;
    } rows[] = {
        { "patients", NOISED(SECURE_PATIENT, 31, 3, 3, 1, .3, 0), OK, 32, 1.541, 1, 2 },
        { "more of them a step", NOISED(SECURE_PATIENT, 31, 3, 3, 1, .5, 0), OK, 32, 2.292, 1, 2 },
        { "hospitals", NOISED(SECURE_SITE, 31, 3, 3, 1, 0, 0), OK, 32, 4.230, 1, 2 },
        { "a large model", NOISED(SECURE_PATIENT, 1000000, 3, 3, 1, .3, 0), OK, 1 << 20, 1.541, 1, 2 },
        { "a large cohort", NOISED(SECURE_PATIENT, 5000, 1000, 700, 200, .3, 0), OK, 8192, 1.541, 1, 500 },
        { "more noise than needed", NOISED(SECURE_PATIENT, 31, 3, 3, 1, .3, 2), OK, 32, 2, 1, 2 },
        { "less", NOISED(SECURE_PATIENT, 31, 3, 3, 1, .3, 1.5), ERR_SETTING, 0, 0, 0, 0 },
        { "nobody honest", NOISED(SECURE_PATIENT, 31, 3, 3, 3, .3, 0), ERR_INPUT, 0, 0, 0, 0 },
        { "no chance", NOISED(SECURE_PATIENT, 31, 3, 3, 1, 0, 0), ERR_INPUT, 0, 0, 0, 0 },
        { "more survivors than members", NOISED(SECURE_SITE, 31, 3, 4, 1, 0, 0), ERR_INPUT, 0, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secure_plan p = { .bits = 0 };
        struct why why = { "" };
        cr_expect_eq(secure_plan_of(&rows[i].want, &p, &why), rows[i].expected, "%s: %s", rows[i].name, why.text);
        if (rows[i].expected != OK) continue;
        cr_expect(p.rotated == rows[i].length && p.length == p.rotated + (p.want.mode == SECURE_PATIENT) &&
                      p.bits <= SECAGG_BITS_MAX,
                  "%s", rows[i].name);
        cr_expect_float_eq(p.want.noise.multiplier, rows[i].multiplier, .02 * rows[i].multiplier, "%s: %g",
                           rows[i].name, p.want.noise.multiplier);
        cr_expect(p.sensitivity >= 1 && p.sensitivity <= 1.003, "%s: %g", rows[i].name, p.sensitivity);
        double all = p.share / p.update.scale * sqrt(rows[i].honest);
        cr_expect_float_eq(all, p.want.noise.multiplier * p.sensitivity, 1e-9 * all, "%s", rows[i].name);
        cr_expect(p.share >= DDGAUSS_SHARE_SURE && p.share <= DDGAUSS_SHARE_MAX, "%s", rows[i].name);
    }
}

/* What is charged sum by sum stays within the promise, up to the last sum that is reckoned with. */
Test(secure_plan, the_promise_holds_over_all_sums)
{
    static const struct secure_want wants[] = { NOISED(SECURE_PATIENT, 31, 3, 3, 1, .3, 0),
                                                NOISED(SECURE_SITE, 31, 3, 3, 1, 0, 0) };
    cr_expect(secure_plan_sums(1) == 2 && secure_plan_sums(10) == 11 && secure_plan_sums(40) == 44);
    for (size_t i = 0; i < 2; i++) {
        struct secure_plan p;
        struct accountant a = accountant_make();
        cr_assert_eq(secure_plan_of(&wants[i], &p, NULL), OK);
        struct privacy_event e = secure_plan_event(&p);
        for (uint64_t k = 0; k < secure_plan_sums(40); k++) cr_assert_eq(accountant_add(&a, &e), OK);
        double spent = accountant_epsilon(&a, 1e-5);
        cr_expect(spent <= 8 && spent > 7.99, "%g", spent);
        cr_assert_eq(accountant_add(&a, &e), OK);
        cr_expect_gt(accountant_epsilon(&a, 1e-5), 8);
    }
}

/* A header of another plan is refused, each way; the coordinator's own search gives what trainers then check. */
Test(secure_plan, noised_headers)
{
    static const struct secure_want want = NOISED(SECURE_PATIENT, 31, 3, 3, 1, .3, 0);
    struct secure_plan p, again;
    struct secagg_header h = { .cohort = 3, .survivors = 3, .adversaries = 1 };
    struct buf text CLEANUP(buf_free) = buf_make(SECURE_TEXT_BYTES);
    cr_assert_eq(secure_plan_of(&want, &p, NULL), OK);
    secure_plan_put(&p, &h);
    cr_expect(h.sigma == p.want.noise.multiplier && h.sensitivity == p.sensitivity && h.clip == 1000);
    cr_expect_float_eq(secagg_header_share(&h), p.share, 1e-9 * p.share);
    struct secure_want theirs = want;
    theirs.noise.multiplier = h.sigma;
    cr_assert_eq(secure_plan_of(&theirs, &again, NULL), OK);
    cr_expect_eq(secure_plan_match(&again, &h, NULL), OK);
    struct secagg_header bent[] = { h, h };
    bent[0].sigma *= 2, bent[1].sensitivity /= 2;
    for (size_t i = 0; i < 2; i++) cr_expect_eq(secure_plan_match(&again, &bent[i], NULL), ERR_REFUSED);
    theirs.noise.rate = .2; /* another task's: less noise would do, and the text differs */
    cr_assert_eq(secure_plan_of(&theirs, &again, NULL), OK);
    cr_expect_eq(secure_plan_match(&again, &h, NULL), ERR_REFUSED);
    cr_assert_eq(secure_plan_text(&p, &text), OK);
    buf_add(&text, "", 1);
    cr_expect_not_null(strstr((char *)text.p, "mode: patient\n"));
    cr_expect_not_null(strstr((char *)text.p, "epsilon: 8 at delta 1.0000000000000001e-05 over 44 sums\n"));
}
