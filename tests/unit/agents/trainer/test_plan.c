#include "tests/support/failmalloc.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

Test(plan, from_a_task)
{
    static const struct {
        const char *task, *model;
        bool noise;
    } rows[] = {
        { SITE_TASK, "logistic 2-1", false },
        { SITE_TASK SITE_NOISE, "logistic 2-1", true },
        { SITE_TASK "model: {arch: mlp}\n", "mlp 2-64-32-1", false },
        { SITE_TASK "model: {arch: softmax}\n", "softmax 2-2", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(plan_let_go) struct plan *p = learned_plan(rows[i].task);
        char text[MODEL_TEXT_BYTES];
        char digest[65];
        cr_expect_str_eq(model_text(&p->spec, text), rows[i].model);
        cr_expect_eq(plan_is_private(p), rows[i].noise);
        cr_assert_eq(agent_sha256(str_bytes(str_of(rows[i].task)), digest), OK);
        cr_expect_str_eq(p->digest, digest);
    }
}

Test(plan, holders)
{
    struct plan *p = learned_plan(SITE_TASK);
    cr_expect_eq(plan_hold(p), p);
    plan_drop(p);
    cr_expect_str_eq(p->task.name, "toy");
    plan_drop(p);
    plan_drop(NULL);
    cr_expect_null(plan_hold(NULL));
}

Test(plan, no_task_no_plan)
{
    struct plan *p = NULL;
    struct why why = { "" };
    cr_expect_neq(plan_new(STR("name: x\n"), &p, &why), OK);
    cr_expect(p == NULL && why.text[0]);
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) done = plan_new(STR(SITE_TASK), &p, NULL) == OK;
    cr_expect(done);
    plan_drop(p);
}
