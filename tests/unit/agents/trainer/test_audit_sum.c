#include "agents/trainer/audit_sum.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHTS = 3, KEYS = 200, UNITS = 80 };

static struct trained nothing(const struct plan *p, bool gradient)
{
    struct trained t = { .samples = UNITS };
    cr_assert_eq(model_init(&p->spec, 1, &t.delta), OK);
    tensor_set_scale(0, t.delta);
    if (gradient) t.gradient = calloc(t.delta->nelements, sizeof *t.gradient);
    return t;
}

/* From a gradient of zeros the steps are the noise alone: sigma times the clip (and what rounding adds, .1 %), times
 * the step over the expected number of units; within 5 standard errors of the variance. */
Test(audit_sum, all_of_the_noise)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_SHARES);
    struct trained t CLEANUP(trained_fini) = nothing(p, true);
    struct unit_rule rule;
    double squares = 0;
    cr_assert_eq(unit_rule_make(p, UNITS, &rule, NULL), OK);
    for (uint8_t k = 0; k < KEYS; k++) {
        uint8_t key[STREAM_KEY_BYTES] = { k };
        struct tensor_set *weights CLEANUP(tensor_set_drop) = NULL;
        cr_assert_eq(tensor_set_zeros_like(t.delta, &weights), OK);
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
    struct trained t CLEANUP(trained_fini) = nothing(p, true);
    struct tensor_set *weights CLEANUP(tensor_set_drop) = NULL;
    const uint8_t key[STREAM_KEY_BYTES] = { 1 };
    cr_assert_eq(tensor_set_zeros_like(t.delta, &weights), OK);
    t.gradient[0] = 500; /* of 1,000,000 records at most: the noise is small beside it */
    cr_assert_eq(audit_sum_step(&(struct audit_sum){ p, 1, UNITS, key }, &t, weights, NULL), OK);
    double step = p->task.train.learning_rate / (p->task.privacy.rate * UNITS) * 500;
    cr_expect_float_eq(weights->flat[0], -step, .1 * step);
    cr_expect(fabs((double)weights->flat[1]) < .1 * step);
}
