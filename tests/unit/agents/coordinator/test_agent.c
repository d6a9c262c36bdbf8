#include "agents/coordinator/coordinator.h"
#include <criterion/criterion.h>
#include <string.h>

/* Every message a trainer may send the coordinator is handled. */
Test(agent, handles_what_trainers_say)
{
    for (unsigned t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        if (msg_desc((enum msg_type)t)->roles != ROLE_TRAINER) continue;
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
