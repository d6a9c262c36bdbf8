#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

Test(core, presence_is_mutual_and_ends_with_the_link)
{
    struct sim *s = toys_start("");
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local") &&
              agent_online(sim_agent(s, "client"), "server@sim.local"));
    sim_cut(s, "client", 5000);
    (void)sim_run(s, 1000, NULL, NULL);
    cr_expect(!agent_online(sim_agent(s, "server"), "client@sim.local"));
    (void)sim_run(s, 6000, NULL, NULL);
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local"));
    sim_kill(s, "server", 1000);
    (void)sim_run(s, 3000, NULL, NULL);
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local"), "a restarted agent learns who is there");
    sim_free(s);
}
