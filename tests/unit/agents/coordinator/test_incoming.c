#include "agents/coordinator/incoming.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

Test(incoming, an_answer_belongs_to_run_round_and_stage)
{
    struct run r = { .head = { .state = RUN_TRAINING, .round = 3 } };
    static const struct {
        const char *name;
        uint64_t round;
        const char *stage;
        unsigned state;
        bool present;
    } rows[] = {
        { "right", 3, "training", RUN_TRAINING, true },
        { "no stage said", 3, "", RUN_TRAINING, true },
        { "an older round", 2, "training", RUN_TRAINING, false },
        { "another stage", 3, "evaluating", RUN_TRAINING, false },
        { "another state", 3, "", RUN_EVALUATING, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct msg m = { .round = rows[i].round };
        (void)strcpy(m.stage, rows[i].stage);
        struct incoming in = { .run = &r, .m = &m };
        cr_expect(incoming_is_present(&in, rows[i].state) == rows[i].present, "%s", rows[i].name);
    }
}

Test(incoming, moments_and_scores_that_cannot_be_are_refused)
{
    struct house h;
    house_open(&h, "standardise: moments\n", (const char *const[]){ "honest", "honest", "liar", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    cr_expect(house_head(&h, "toy-1").state == RUN_DONE);
    cr_expect(house_metric(&h, "himas_updates_refused_total{reason=\"numbers\"} 4\n"), "moments once, scores thrice");
    house_close(&h);
}

#define UPDATE(run)                                                                                                    \
    "{\"version\":1,\"type\":\"round.decline\",\"id\":\"7fffffffffffffff-1\",\"in_reply_to\":\"\",\"run\":\"" run      \
    "\",\"round\":1,\"stage\":\"\",\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[],\"code\":\"ERR_STATE\",\"text\":\"\"}"

Test(incoming, of_no_run)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", NULL });
    core_on_packet(sim_agent(h.sim, "coordinator"), &(struct packet){ .kind = PACKET_MESSAGE,
                                                                      .peer = "hospital-0@sim.local",
                                                                      .body = str_of(UPDATE("nothing-9")) });
    house_run(&h, 1000);
    cr_expect(house_metric(&h, "himas_updates_refused_total{reason=\"no-such-run\"} 1\n"));
    house_close(&h);
}
