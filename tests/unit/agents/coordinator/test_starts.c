#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

/* Each rule, and who started the run. */
static const struct row {
    const char *start;
    const char *by;
} rows[] = {
    { "start: { when_present: 2 }\n", "enough hospitals are here" },
    { "start: { cron: \"* * * * *\" }\n", "schedule" },
};

Test(starts, by_rule)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct house h;
        house_open(&h, rows[i].start, (const char *const[]){ "honest", "honest", NULL });
        house_run(&h, 70000);
        cr_assert(house_has(&h, "head/toy-1"), "%s", rows[i].start);
        cr_expect_str_eq(house_head(&h, "toy-1").started_by, rows[i].by, "%s", rows[i].start);
        house_run(&h, 600000);
        cr_expect(!house_has(&h, "head/toy-2"), "%swithin min_interval", rows[i].start);
        house_close(&h);
    }
}

Test(starts, a_restart_starts_nothing_twice)
{
    struct house h;
    house_open(&h, "start: { when_present: 2, min_interval: 0s }\n", (const char *const[]){ "honest", "honest", NULL });
    house_run(&h, 10000);
    cr_expect(house_head(&h, "toy-1").state == RUN_DONE);
    sim_kill(h.sim, "coordinator", 1000);
    house_run(&h, 60000);
    cr_expect(!house_has(&h, "head/toy-2"));
    house_close(&h);
}

#define DATA_NEW                                                                                                       \
    "{\"version\":1,\"type\":\"data.new\",\"id\":\"7fffffffffffffff-1\",\"in_reply_to\":\"\",\"run\":\"\",\"round\":"  \
    "0,\"stage\":"                                                                                                     \
    "\"\",\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[],\"records\":120}"

Test(starts, new_data)
{
    struct house h;
    house_open(&h, "start: { when_new_data: yes }\n", (const char *const[]){ "honest", "honest", NULL });
    house_run(&h, 10000);
    cr_expect(!house_has(&h, "head/"));
    core_on_packet(sim_agent(h.sim, "coordinator"),
                   &(struct packet){ .kind = PACKET_MESSAGE, .peer = "hospital-0@sim.local", .body = STR(DATA_NEW) });
    house_run(&h, 10000);
    cr_expect_str_eq(house_head(&h, "toy-1").started_by, "new data");
    house_close(&h);
}
