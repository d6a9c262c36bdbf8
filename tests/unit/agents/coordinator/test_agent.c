#include "tests/support/birth.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

/* Every message a trainer may send the coordinator is handled; an audit, and questions about the log, are the
 * guardian's. */
Test(agent, handles_what_trainers_say)
{
    for (unsigned t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        if (msg_desc((enum msg_type)t)->roles != ROLE_TRAINER || t == MSG_AUDIT || t == MSG_LOG_ASK) continue;
        bool handled = false;
        for (const struct agent_handler *h = coordinator_agent.handlers; h->on != MSG_NONE; h++)
            handled = handled || h->on == (enum msg_type)t;
        cr_expect(handled, "%s", msg_desc((enum msg_type)t)->name);
    }
}

Test(agent, commands_have_help_and_somebody_who_may)
{
    for (const struct command *c = coordinator_agent.commands; c->name; c++)
        cr_expect(c->doc && c->doc[0] && c->roles && c->run, "%s", c->name);
}

/* In the middle of a round: its journal, plan and one update are in the store. */
Test(agent, out_of_memory_it_does_not_start_and_spoils_nothing)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "slow", NULL });
    (void)house_say(&h, "start toy");
    house_run(&h, 5000);
    cr_assert(house_says(&h, "status", "training") && house_has(&h, "update/"));
    cr_expect_gt(birth_without_memory(h.sim, "coordinator"), 20);
    cr_expect(house_until_over(&h));
    house_close(&h);
}
