#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The puppets' scores never change: the first round is the best, and the patience of one is spent in the second. */
Test(close, early_stop_keeps_the_best_round)
{
    struct house h;
    house_open(&h,
               "rounds: { count: 9, quorum: 2, round_deadline: 60s, max_update_norm: 10, patience: 1 }\n"
               "standardise: none\n",
               (const char *const[]){ "honest", "honest", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.state == RUN_DONE && head.round == 2 && head.best_round == 1);
    cr_expect_str_eq(head.why, "2 rounds; the model of round 1 is toy version 1");
    house_close(&h);
}

Test(close, rounds_between_two_scorings_are_closed_without_scores)
{
    struct house h;
    house_open(&h,
               "rounds: { count: 5, quorum: 2, round_deadline: 60s, max_update_norm: 10, evaluate_every: 2 }\n"
               "standardise: none\n",
               (const char *const[]){ "honest", "honest", NULL });
    (void)house_say(&h, "watch");
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.state == RUN_DONE && head.round == 5 && head.loss == head.loss, "%s", head.why);
    cr_expect_str_eq(head.why, "5 rounds; the model of round 5 is toy version 1");
    const char *heard = sim_heard(h.sim, "olga").p;
    for (int round = 1; round <= 5; round++) {
        char closed[40];
        (void)snprintf(closed, sizeof closed, "round %d of 5 closed", round);
        const char *line = strstr(heard, closed);
        cr_assert_not_null(line, "%s", closed);
        bool scored = strncmp(strchr(line, ':'), ": loss", 6) == 0;
        bool left_out = strncmp(strchr(line, ':'), ": not scored", 12) == 0;
        cr_expect(scored == (round % 2 == 0 || round == 5) && left_out == !scored, "%s", closed);
    }
    house_close(&h);
}

Test(close, without_scores_a_run_still_ends)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "small", "small", NULL });
    (void)house_say(&h, "watch");
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    cr_expect(house_head(&h, "toy-1").state == RUN_DONE);
    cr_expect(strstr(sim_heard(h.sim, "olga").p, "no hospital could score it") != NULL);
    house_close(&h);
}

Test(close, what_was_learned_before_a_failure_is_kept)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", "silent", NULL });
    (void)house_say(&h, "start toy");
    house_run(&h, 50000);
    sim_kill(h.sim, "hospital-1", 3600000);
    cr_expect(house_until_over(&h));
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.state == RUN_FAILED && head.round > 1, "%s", head.why);
    cr_expect(strstr(head.why, "hospital-1 has been silent since") != NULL, "%s", head.why);
    cr_expect(house_says(&h, "models list", "failed"));
    house_close(&h);
}
