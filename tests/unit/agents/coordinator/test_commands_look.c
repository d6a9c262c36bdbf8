#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>

Test(commands_look, status_says_whom_it_waits_for_and_until_when)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "silent", "silent", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_says(&h, "status", "toy-1 (task toy): training, round 1 of 3"));
    cr_expect(house_says(&h, "what are you waiting for", "waits for hospital-1, hospital-2 until "));
    cr_expect(house_says(&h, "status", "1 of 3 are in, 2 are needed"));
    sim_kill(h.sim, "hospital-2", 3600000);
    house_run(&h, 40000);
    cr_expect(house_says(&h, "status toy-1", "hospital-1, hospital-2 (away)"));
    house_close(&h);
}

Test(commands_look, runs_round_by_round)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    cr_expect(house_says(&h, "runs show toy-1", "toy-1 (task toy): done in round 3 of 3, started by olga@"));
    cr_expect(house_says(&h, "runs show toy-1", "train_loss"));
    cr_expect(house_says(&h, "list runs", "3 rounds; the model of round 3 is toy version 1"));
    cr_expect(house_says(&h, "status toy-1", "task_sha256"));
    house_close(&h);
}
