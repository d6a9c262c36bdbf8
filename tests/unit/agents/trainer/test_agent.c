/* A whole run with one hospital, as the coordinator sees it. */
#include "tests/support/birth.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>

Test(trainer_agent, a_run)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8) });
    const struct heard *h = site_heard(&s);
    cr_expect_eq(h->got[MSG_JOIN], 1);
    cr_expect_gt(h->got[MSG_HEARTBEAT], 0);
    cr_expect_str_eq(h->doing, "idle");
    site_do(&s, "invite");
    cr_assert_eq(h->got[MSG_RUN_ACCEPT], 1, "%s", h->text);
    cr_expect_eq(h->number, 60);
    site_do(&s, "moments");
    cr_expect_eq(h->got[MSG_STATS], 1, "%s", h->text);
    cr_expect(h->number == 60 && h->ninputs == 2);
    site_do(&s, "train 1");
    cr_expect_eq(h->got[MSG_UPDATE], 1, "%s", h->text);
    cr_expect(h->number == 60 && h->noise == 0 && h->loss > 0 && h->delta.n > 8);
    site_do(&s, "evaluate 1");
    cr_expect_eq(h->got[MSG_EVALUATION], 1, "%s", h->text);
    cr_expect_eq(h->number, 20);
    site_do(&s, "end");
    cr_expect_eq(site_trainer(&s)->runs.count, 0);
    cr_expect_eq(site_trainer(&s)->queue.count, 0);
    cr_expect_eq(h->got[MSG_ERROR] + h->got[MSG_RUN_DECLINE] + h->got[MSG_ROUND_DECLINE], 0);
    site_close(&s);
}

Test(trainer_agent, tables_are_whole)
{
    size_t n = 0;
    while (trainer_agent.handlers[n].on != MSG_NONE) n++;
    cr_expect_eq(n, 14);
    for (const struct setting *x = trainer_agent.settings; x->name; x++)
        cr_expect(x->doc != NULL && x->doc[0] != '\0', "%s", x->name);
    cr_expect_eq(trainer_agent.safety, STORE_POWER_SAFE);
}

/* With a run and what it spent in the store. */
Test(trainer_agent, out_of_memory_it_does_not_start_and_spoils_nothing)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_NOISE, .policy = SITE_POLICY(10, "optional", 8) });
    site_do(&s, "invite");
    site_do(&s, "train 1");
    cr_assert_eq(site_heard(&s)->got[MSG_UPDATE], 1, "%s", site_heard(&s)->text);
    cr_expect_gt(birth_without_memory(s.sim, "hospital"), 20);
    site_do(&s, "evaluate 1");
    cr_expect_eq(site_heard(&s)->got[MSG_EVALUATION], 1);
    site_close(&s);
}
