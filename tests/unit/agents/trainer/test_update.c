#include "agents/trainer/update.h"
#include "common/learn/safetensors.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define LAPLACE "privacy: {mechanism: laplace, epsilon: 0.5, clip: 2}\n"

static struct tensor_set *change(float each)
{
    static const struct tensor_shape shape = { "layer0.weight", 2, { 1, 1000 } };
    struct tensor_set *s = NULL;
    cr_assert_eq(tensor_set_new(&shape, 1, &s), OK);
    for (size_t i = 0; i < s->nelements; i++) s->flat[i] = each;
    return s;
}

Test(update, covers)
{
    static const struct {
        const char *task;
        bool wanted;
        enum privacy_mechanism mechanism;
        double epsilon, delta, clip, noise;
    } rows[] = {
        { SITE_TASK, false, PRIVACY_GAUSSIAN, 0, 0, 0, 0 },
        { SITE_TASK SITE_NOISE, true, PRIVACY_GAUSSIAN, 1, 1e-5, 1, 7.4612632696 },
        { SITE_TASK LAPLACE, true, PRIVACY_LAPLACE, .5, 0, 2, 8 * 1.4142135624 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(plan_let_go) struct plan *p = learned_plan(rows[i].task);
        struct tensor_set *delta CLEANUP(tensor_set_drop) = change(1);
        CLEANUP(buf_free) struct buf out = buf_make(1 << 20);
        struct update_cover c = update_cover_of(p);
        double noise = -1;
        cr_expect(c.wanted == rows[i].wanted && c.rule.mechanism == rows[i].mechanism);
        cr_expect(c.rule.epsilon == rows[i].epsilon && c.rule.clip == rows[i].clip);
        cr_expect(c.rule.mechanism == PRIVACY_LAPLACE || c.rule.delta == rows[i].delta);
        cr_assert_eq(update_write(delta, &c, &out, &noise, NULL), OK);
        cr_expect_float_eq(noise, rows[i].noise, 1e-3 * rows[i].noise + 1e-12, "row %zu: %.9f", i, noise);
        cr_expect_gt(out.n, 4000);
    }
}

/* Noise that training put in already: nothing is added here, and the step's is told. */
Test(update, covered_in_training)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK SITE_UNIT_NOISE);
    struct tensor_set *delta CLEANUP(tensor_set_drop) = change(1);
    CLEANUP(buf_free) struct buf out = buf_make(1 << 20);
    struct update_cover c = update_cover_of(p);
    double noise = -1;
    cr_assert(c.wanted && c.in_training);
    cr_assert_eq(unit_rule_make(p, 100, &c.unit, NULL), OK);
    cr_assert_eq(update_write(delta, &c, &out, &noise, NULL), OK);
    cr_expect(noise == c.unit.noise * c.unit.clip && noise > .5);
    for (size_t i = 0; i < delta->nelements; i++) cr_expect_eq(delta->flat[i], 1);
}

/* A share of the noise is too little by itself. */
Test(update, in_shares_nothing_is_written)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_SHARES);
    struct tensor_set *delta CLEANUP(tensor_set_drop) = change(1);
    CLEANUP(buf_free) struct buf out = buf_make(1 << 20);
    struct update_cover c = update_cover_of(p);
    double noise = -1;
    cr_expect(c.wanted && c.in_sum && !c.in_training);
    cr_expect_eq(update_write(delta, &c, &out, &noise, NULL), ERR_BUG);
    cr_expect(out.n == 0 && noise == -1);
}

/* Sum of squares over n: within 20 % of sigma^2 for n = 1000, except once in 10^5 (chi-square); the key is fixed. */
Test(update, noise_is_there_and_follows_the_key)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK SITE_NOISE);
    struct update_cover c = update_cover_of(p);
    struct buf bytes[3];
    double noise = 0;
    for (size_t i = 0; i < 3; i++) {
        struct tensor_set *delta CLEANUP(tensor_set_drop) = change(.001f);
        struct buf *out = &bytes[i];
        *out = buf_make(1 << 20);
        c.key[0] = i == 2;
        cr_assert_eq(update_write(delta, &c, out, &noise, NULL), OK);
        double l2 = tensor_set_l2(delta);
        cr_expect_float_eq(l2 * l2 / 1000 / (noise * noise), 1, .2);
    }
    cr_expect(bytes[0].n == bytes[1].n && memcmp(bytes[0].p, bytes[1].p, bytes[0].n) == 0);
    cr_expect_neq(memcmp(bytes[0].p, bytes[2].p, bytes[0].n), 0);
    for (size_t i = 0; i < 3; i++) buf_free(&bytes[i]);
}

Test(update, what_cannot_be_covered_stays)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK SITE_NOISE);
    struct tensor_set *delta CLEANUP(tensor_set_drop) = change(NAN);
    CLEANUP(buf_free) struct buf out = buf_make(1 << 20);
    struct update_cover c = update_cover_of(p);
    double noise = -1;
    cr_expect_eq(update_write(delta, &c, &out, &noise, NULL), ERR_INPUT);
    cr_expect(out.n == 0 && noise == -1);
}
