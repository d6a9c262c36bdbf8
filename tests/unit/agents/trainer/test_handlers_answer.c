/* What leaves: covered when the task says so, nothing when the budget is spent, nothing of a small cohort. */
#include "common/learn/safetensors.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(trainer_handlers_answer, a_covered_update)
{
    struct site s;
    struct tensor_set *delta CLEANUP(tensor_set_drop) = NULL;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_NOISE, .policy = SITE_POLICY(10, "required", 8) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    site_do(&s, "train 1");
    cr_assert_eq(h->got[MSG_UPDATE], 1, "%s", h->text);
    /* sigma of epsilon 1, delta 1e-5 is 3.7306 sensitivities (analytic Gaussian), and the sensitivity is twice the clip
     */
    cr_expect_float_eq(h->noise, 2 * 3.7306316348, 2e-3, "%.6f", h->noise);
    cr_expect(h->loss == 0 && h->epsilon > 0);
    cr_assert_eq(safetensors_decode(buf_bytes(&h->delta), &delta, NULL), OK);
    cr_expect(delta->count == 2 && delta->nelements == 3 && tensor_set_finite(delta));
    site_do(&s, "moments");
    cr_expect_eq(h->got[MSG_STATS], 0);
    cr_expect(strstr(h->text, "noise") != NULL, "%s", h->text);
    site_close(&s);
}

Test(trainer_handlers_answer, budget_spent_and_no_byte_leaves)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_NOISE, .policy = SITE_POLICY(10, "required", 1.2) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    site_do(&s, "train 1");
    cr_assert_eq(h->got[MSG_UPDATE], 1, "%s", h->text);
    size_t bytes = h->delta.n;
    for (unsigned i = 1; i <= 2; i++) {
        site_do(&s, "train 2");
        cr_expect_eq(h->got[MSG_UPDATE], 1);
        cr_expect_eq(h->got[MSG_ROUND_DECLINE], i);
        cr_expect_str_eq(h->code, "ERR_BUDGET", "%s", h->text);
        site_kill(&s);
    }
    cr_expect_eq(h->delta.n, bytes);
    cr_expect_eq(site_trainer(&s)->account->site.count, 1);
    cr_expect_eq(h->epsilon, trainer_spent(site_trainer(&s)));
    site_close(&s);
}

Test(trainer_handlers_answer, small_held_out_cohorts_say_nothing)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(21, "optional", 8) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    site_do(&s, "evaluate 1");
    cr_expect_eq(h->got[MSG_EVALUATION], 1);
    cr_expect_eq(h->number, 0);
    site_close(&s);
}
