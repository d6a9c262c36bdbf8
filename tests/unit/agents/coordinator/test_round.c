#include "agents/coordinator/round.h"
#include "common/base/rng.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(round, the_table_has_no_defect)
{
    struct why why = { 0 };
    cr_expect(fsm_defect(round_fsm(), &why) == OK, "%s", why.text);
}

/* Guards decided by dice, actions left out: whatever happens, the run stays on the table and can always end. */
static bool dice_guard(const void *self) { return rng_below((struct rng *)(uintptr_t)self, 2) == 0; }

Test(round, random_walk)
{
    const struct fsm *f = round_fsm();
    struct fsm_edge edges[FSM_MAX_STATES * 4];
    struct fsm walk = *f;
    struct rng rng = rng_make(11);
    unsigned state = f->initial;
    unsigned long ended = 0;
    cr_assert(f->nedges <= FSM_MAX_STATES * 4);
    for (size_t i = 0; i < f->nedges; i++) {
        edges[i] = f->edges[i];
        edges[i].action = NULL;
        if (edges[i].guard) edges[i].guard = dice_guard;
    }
    walk.edges = edges;
    for (long step = 0; step < 100000; step++) {
        if (f->final >> state & 1u) {
            state = f->initial;
            ended++;
        }
        (void)!fsm_step(&walk, &rng, &state, (unsigned)rng_below(&rng, EVENT_COUNT), NULL);
        cr_assert(state < RUN_STATES);
    }
    cr_expect(ended > 1000, "%lu walks ended", ended);
}

Test(round, names)
{
    cr_expect_str_eq(round_event_name(EVENT_DEADLINE), "deadline");
    cr_expect_str_eq(round_event_name(EVENT_COUNT), "unknown");
    for (unsigned e = 0; e < EVENT_COUNT; e++) cr_expect(round_event_name(e)[0] != 0);
}

/* Third hospital's mood, and how a run of three rounds with quorum 2 ends. */
static const struct row {
    const char *mood;
    unsigned end;
    uint64_t in_last_round;
} rows[] = {
    { "honest", RUN_DONE, 3 }, { "declines", RUN_DONE, 2 }, { "refuses", RUN_DONE, 2 }, { "silent", RUN_DONE, 2 },
    { "absent", RUN_DONE, 2 }, { "nan", RUN_DONE, 2 },      { "small", RUN_DONE, 3 },   { "liar", RUN_DONE, 3 },
    { "again", RUN_DONE, 3 },  { "twice", RUN_DONE, 3 },    { "early", RUN_DONE, 3 },   { "slow", RUN_DONE, 2 },
};

Test(round, runs_end_whatever_one_hospital_does, .timeout = 60)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct house h;
        house_open(&h, NULL, (const char *const[]){ "honest", "honest", rows[i].mood, NULL });
        cr_expect(house_says(&h, "start toy", "toy-1 has begun"), "%s", rows[i].mood);
        cr_expect(house_until_over(&h), "%s", rows[i].mood);
        struct run_head head = house_head(&h, "toy-1");
        cr_expect(head.state == rows[i].end && head.round == 3, "%s: %s in round %d: %s", rows[i].mood,
                  run_state_name(head.state), (int)head.round, head.why);
        char expected[64];
        (void)snprintf(expected, sizeof expected, "%d/%d", (int)rows[i].in_last_round,
                       strcmp(rows[i].mood, "declines") == 0 || strcmp(rows[i].mood, "absent") == 0 ? 2 : 3);
        cr_expect(house_says(&h, "runs show toy-1", expected), "%s", rows[i].mood);
        house_close(&h);
    }
}

Test(round, below_the_quorum_a_run_fails_and_says_why)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "refuses", "silent", NULL });
    cr_expect(house_says(&h, "start toy", "toy-1 has begun"));
    cr_expect(house_until_over(&h));
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.state == RUN_FAILED && head.round == 1);
    cr_expect(strstr(head.why, "1 of the 2 hospitals needed") && strstr(head.why, "hospital-1 declined: ERR_REFUSED") &&
                  strstr(head.why, "hospital-2 did not answer in time"),
              "%s", head.why);
    house_close(&h);
}
