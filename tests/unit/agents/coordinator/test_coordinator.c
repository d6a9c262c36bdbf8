#include "common/runtime/core_state.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

Test(coordinator, a_bounded_wait_ends_at_its_deadline)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "silent", "silent", NULL });
    (void)house_say(&h, "start toy");
    house_run(&h, 55000);
    cr_expect(house_head(&h, "toy-1").state == RUN_TRAINING);
    house_run(&h, 6000);
    cr_expect(house_head(&h, "toy-1").state == RUN_FAILED, "within a second of the deadline");
    house_close(&h);
}

/* A hundred phases of a minute each, all over in a moment. */
Test(coordinator, ended_phases_leave_no_timers_behind)
{
    struct house h;
    house_open(&h, "rounds: { count: 50, quorum: 2, round_deadline: 60s, max_update_norm: 1000 }\nstandardise: none\n",
               (const char *const[]){ "honest", "honest", NULL });
    size_t before = sim_agent(h.sim, "coordinator")->ntimers;
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.state == RUN_DONE && head.phase > 100 && head.ended_ms - head.started_ms < 60000, "%s", head.why);
    cr_expect_leq(sim_agent(h.sim, "coordinator")->ntimers, before + 1);
    house_close(&h);
}

Test(coordinator, a_deadline_survives_a_restart)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "silent", "silent", NULL });
    (void)house_say(&h, "start toy");
    house_run(&h, 20000);
    sim_kill(h.sim, "coordinator", 1000);
    house_run(&h, 35000);
    cr_expect(house_head(&h, "toy-1").state == RUN_TRAINING);
    house_run(&h, 10000);
    cr_expect(house_head(&h, "toy-1").state == RUN_FAILED, "the time that was left, not the whole again");
    house_close(&h);
}

Test(coordinator, away_longer_than_a_deadline_it_leaves_time_to_answer)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "slow", NULL });
    (void)house_say(&h, "start toy");
    sim_kill(h.sim, "coordinator", 65000);
    house_run(&h, 75000);
    cr_expect(house_head(&h, "toy-1").round >= 1 && house_head(&h, "toy-1").state != RUN_FAILED,
              "the slow one answers 70 s after it was asked");
    house_close(&h);
}

Test(coordinator, several_runs_have_numbers_of_their_own)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    for (int i = 0; i < 3; i++) {
        (void)house_say(&h, "start toy");
        cr_expect(house_until_over(&h));
    }
    cr_expect(house_head(&h, "toy-3").state == RUN_DONE && house_head(&h, "toy-3").number == 3);
    cr_expect(house_state(&h)->nruns == 0, "ended runs leave memory");
    house_close(&h);
}
