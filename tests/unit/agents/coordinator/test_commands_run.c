#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

Test(commands_run, pause_and_resume)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", "silent", NULL });
    cr_expect(house_says(&h, "start toy", "toy-1 has begun: 3 rounds, 3 hospitals invited, 2 needed."));
    cr_expect(house_says(&h, "start toy", "toy is running already, as toy-1"));
    cr_expect(house_says(&h, "pause", "toy-1 pauses when round 1 is closed."));
    cr_expect(house_says(&h, "status", "pauses after this round"));
    house_run(&h, 130000);
    cr_expect(house_head(&h, "toy-1").state == RUN_PAUSED && house_head(&h, "toy-1").round == 1);
    cr_expect(house_says(&h, "pause", "that cannot be done now"));
    house_run(&h, 600000);
    cr_expect(house_says(&h, "status", "waits for `resume`"));
    sim_kill(h.sim, "coordinator", 1000);
    house_run(&h, 3000);
    cr_expect(house_says(&h, "go on", "toy-1 goes on: training, round 2 of 3."));
    cr_expect(house_until_over(&h));
    cr_expect(house_head(&h, "toy-1").state == RUN_DONE);
    house_close(&h);
}

Test(commands_run, paused_before_training)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", "absent", NULL });
    sim_say(h.sim, "olga", "coordinator", "start toy");
    house_run(&h, 2500);
    cr_expect(house_says(&h, "pause toy-1", "toy-1 is paused"));
    cr_expect(house_says(&h, "resume toy-1", "toy-1 goes on: inviting"));
    cr_expect(house_until_over(&h));
    cr_expect(house_head(&h, "toy-1").state == RUN_DONE);
    house_close(&h);
}

Test(commands_run, abort_keeps_the_newest_model)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", "silent", NULL });
    (void)house_say(&h, "start toy");
    house_run(&h, 70000);
    cr_expect(house_head(&h, "toy-1").round == 2);
    cr_expect(house_says(&h, "stop toy-1", "toy-1 is aborted"));
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.state == RUN_ABORTED && strstr(head.why, "aborted by olga@"), "%s", head.why);
    cr_expect(house_says(&h, "models list", "aborted"));
    house_close(&h);
}

Test(commands_run, fewer_rounds)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    cr_expect(house_says(&h, "start toy 1", "toy-1 has begun: 1 rounds"));
    cr_expect(house_until_over(&h));
    cr_expect(house_head(&h, "toy-1").round == 1);
    house_close(&h);
}
