#include "common/base/file.h"
#include "common/runtime/core_state.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static void task_path(const struct house *h, int i, char path[128])
{
    (void)snprintf(path, 128, "%s/tasks/t%d.yaml", h->dir, i);
}

/* Tasks t0, t1 ... beside toy; the coordinator reads them when it begins again. */
static void more_tasks(struct house *h, int n)
{
    for (int i = 0; i < n; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
        char path[128];
        task_path(h, i, path);
        buf_addf(&text, "name: t%d%s", i, strchr(house_task, '\n'));
        buf_add_z(&text,
                  "rounds: { count: 1, quorum: 2, join_deadline: 1h, round_deadline: 1h, max_update_norm: 1 }\n");
        cr_assert(file_write(path, buf_bytes(&text), 0600, NULL) == OK);
    }
    sim_kill(h->sim, "coordinator", 100);
    house_run(h, 20000);
}

/* One run more than there may be is refused in words and counted; those that go on do, also after a restart; and when
 * one has ended there is room for one. */
Test(coordinator, so_many_runs_at_once, .timeout = 60)
{
    struct house h;
    char text[128];
    house_open(&h, NULL, (const char *const[]){ "silent", "silent", NULL });
    more_tasks(&h, COORDINATOR_MAX_RUNS);
    for (int i = 0; i < COORDINATOR_MAX_RUNS; i++) {
        (void)snprintf(text, sizeof text, "start t%d", i);
        cr_assert(house_says(&h, text, "has begun"), "%s", text);
    }
    (void)snprintf(text, sizeof text, "%d runs are going on; wait for one to end", COORDINATOR_MAX_RUNS);
    cr_expect(house_says(&h, "start toy", text));
    struct buf metrics CLEANUP(buf_free) = buf_make(1 << 20);
    core_metrics(sim_agent(h.sim, "coordinator"), &metrics);
    cr_expect(strstr((const char *)metrics.p, "himas_calls_refused_total{reason=\"ERR_LIMIT\"} 1\n"));
    sim_kill(h.sim, "coordinator", 100);
    house_run(&h, 20000);
    cr_expect_eq(house_state(&h)->nruns, COORDINATOR_MAX_RUNS, "%zu", house_state(&h)->nruns);
    cr_expect(house_says(&h, "start toy", text));
    cr_expect(house_says(&h, "stop t0-1", "is aborted"));
    cr_expect(house_says(&h, "start toy", "toy-33 has begun"));
    cr_expect_eq(house_state(&h)->nruns, COORDINATOR_MAX_RUNS);
    for (int i = 0; i < COORDINATOR_MAX_RUNS; i++) {
        (void)snprintf(text, sizeof text, "t%d-%d", i, i + 1);
        cr_expect_eq(house_head(&h, text).state == RUN_ABORTED, i == 0, "%s", text);
        task_path(&h, i, text);
        (void)unlink(text);
    }
    house_close(&h);
}
