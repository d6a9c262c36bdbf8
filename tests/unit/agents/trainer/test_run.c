#include "agents/trainer/run.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <stdio.h>

Test(run, ids)
{
    static const struct {
        const char *id;
        bool fine;
    } rows[] = {
        { "breast-cancer-1", true }, { "a.B_9:x", true }, { "", false },        { "a/b", false }, { "a b", false },
        { "~out", false },           { "a\n", false },    { "\xc3\xa9", false }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(run_id_fine(rows[i].id), rows[i].fine, "%s", rows[i].id);
}

Test(run, bounded)
{
    struct runs r = { 0 };
    struct run *run = NULL;
    struct plan *p = learned_plan(SITE_TASK);
    char id[16];
    for (int i = 0; i < RUNS_MAX; i++) {
        (void)snprintf(id, sizeof id, "r%d", i);
        cr_assert_eq(run_add(&r, id, plan_hold(p), &run), OK);
        cr_expect_eq(run_find(&r, id), run);
    }
    cr_expect_eq(run_add(&r, "more", p, &run), ERR_LIMIT);
    run_remove(&r, "r3");
    run_remove(&r, "absent");
    cr_expect(run_find(&r, "r3") == NULL && run_find(&r, "r15") != NULL && r.count == RUNS_MAX - 1);
    runs_fini(&r);
    cr_expect_eq(atomic_load(&p->holders), 1);
    plan_drop(p);
}

Test(run, keys)
{
    char key[RUN_KEY_BYTES];
    cr_expect_str_eq(run_key(key, "task", "r1"), "task/r1");
}
