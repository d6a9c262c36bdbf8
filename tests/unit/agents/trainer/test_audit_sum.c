#include "agents/trainer/audit_sum.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHTS = 3, KEYS = 200, UNITS = 80 };

static struct trained gradient_of(double first)
{
    struct trained t = { .samples = UNITS, .ngradient = WEIGHTS };
    t.gradient = calloc(secure_plan_room(WEIGHTS), sizeof *t.gradient);
    cr_assert_not_null(t.gradient);
    t.gradient[0] = first;
    return t;
}

static struct tensor_set *zeros(const struct plan *p)
{
    struct tensor_set *weights = NULL;
    cr_assert_eq(model_init(&p->spec, 1, &weights), OK);
    tensor_set_scale(0, weights);
    return weights;
}

/* From a gradient of zeros the steps are the noise alone: sigma times the clip (and what rounding adds, .1 %), times
 * the step over the expected number of units; within 5 standard errors of the variance. */
Test(audit_sum, all_of_the_noise)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_SHARES);
    struct unit_rule rule;
    double squares = 0;
    cr_assert_eq(unit_rule_make(p, UNITS, &rule, NULL), OK);
    for (uint8_t k = 0; k < KEYS; k++) {
        uint8_t key[STREAM_KEY_BYTES] = { k };
        struct trained t CLEANUP(trained_fini) = gradient_of(0);
        struct tensor_set *weights CLEANUP(tensor_set_drop) = zeros(p);
        cr_assert_eq(audit_sum_step(&(struct audit_sum){ p, 1, UNITS, key }, &t, weights, NULL), OK);
        squares += tensor_set_l2(weights) * tensor_set_l2(weights);
    }
    double deviation = rule.noise * rule.clip * p->task.train.learning_rate / (rule.rate * UNITS);
    double got = squares / (KEYS * WEIGHTS) / (deviation * deviation);
    cr_expect_float_eq(got, 1, .005 + 5 * sqrt(2.0 / (KEYS * WEIGHTS)), "%g", got);
}

/* A gradient goes in, a step the other way comes out. */
Test(audit_sum, goes_down_the_gradient)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_SHARES);
    /* of 1,000,000 records at most: the noise is small beside it */
    struct trained t CLEANUP(trained_fini) = gradient_of(500);
    struct tensor_set *weights CLEANUP(tensor_set_drop) = zeros(p);
    const uint8_t key[STREAM_KEY_BYTES] = { 1 };
    cr_assert_eq(audit_sum_step(&(struct audit_sum){ p, 1, UNITS, key }, &t, weights, NULL), OK);
    double step = p->task.train.learning_rate / (p->task.privacy.rate * UNITS) * 500;
    cr_expect_float_eq(weights->flat[0], -step, .1 * step);
    cr_expect(fabs((double)weights->flat[1]) < .1 * step);
}
