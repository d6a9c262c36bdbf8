#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

Test(core_tx, the_class_of_a_failure_decides_the_reaction)
{
    struct sim *s = toys_start("");
    toys_fail_with = ERR_BUDGET;
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    cr_expect(toys_state(s, "client")->errors == 1 && toys_state(s, "server")->rebuilt == 1,
              "LIMIT: the sender hears why, nothing else");
    toys_fail_with = OK;
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    cr_expect(toys_state(s, "server")->joins == 0, "a refused message is not handled when it comes again");
    toys_fail_with = ERR_IO;
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-2"));
    cr_expect(toys_metric(s, "server", "himas_rebuilds_total 1"), "ENV: the state is rebuilt");
    toys_fail_with = OK;
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-2"));
    cr_expect(toys_state(s, "server")->joins == 1, "and the message counts when it comes again");
    sim_free(s);
}
