#include "common/privacy/secure_plan.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct secure_want usual = { SECURE_PLAIN, 100, 3, 1e4, 1000000 };

Test(secure_plan, plans)
{
    static const struct {
        const char *name;
        struct secure_want want;
        enum err expected;
        unsigned bits;
        double step;
    } rows[] = {
        { "a task's defaults", { SECURE_PLAIN, 100, 3, 1e4, 1000000 }, OK, 56, 0x1p-20 },
        { "tight bounds, a narrow ring", { SECURE_PLAIN, 100, 3, 10, 100 }, OK, 33, 0x1p-20 },
        { "a crowd has a coarser step", { SECURE_PLAIN, 100, 1000, 1e4, 1000000 }, OK, 62, 0x1p-17 },
        { "one hospital", { SECURE_PLAIN, 1, 1, 1, 1 }, OK, 22, 0x1p-20 },
        { "no ring is wide enough", { SECURE_PLAIN, 100, 3, 1e12, 1000000 }, ERR_SETTING, 0, 0 },
        { "nor for the losses", { SECURE_PLAIN, 100, 3, 1e-3, (uint64_t)1e18 }, ERR_SETTING, 0, 0 },
        { "no model", { SECURE_PLAIN, 0, 3, 1, 1 }, ERR_INPUT, 0, 0 },
        { "no cohort", { SECURE_PLAIN, 1, 0, 1, 1 }, ERR_INPUT, 0, 0 },
        { "no weight", { SECURE_PLAIN, 1, 3, 1, 0 }, ERR_INPUT, 0, 0 },
        { "a norm that is no number", { SECURE_PLAIN, 1, 3, NAN, 1 }, ERR_INPUT, 0, 0 },
        { "a mode that is none", { SECURE_MODES, 1, 3, 1, 1 }, ERR_INPUT, 0, 0 },
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
        struct secure_want want = { SECURE_PLAIN, 1, n, 3.3, 1234 };
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
        { SECURE_PLAIN, 101, 3, 1e4, 1000000 },
        { SECURE_PLAIN, 100, 4, 1e4, 1000000 },
        { SECURE_PLAIN, 100, 3, 2e4, 1000000 },
        { SECURE_PLAIN, 100, 3, 1e4, 1000001 },
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
