#include "agents/coordinator/progress.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

enum { PHASE_S = 60, TELLS_S = 150, MOVES = 16 }; /* a model of one chunk: 8 and 8 more */

/* Two hospitals are needed and both are there; what the third is at decides how long the first round takes. */
Test(progress, a_phase_ends_for_lack_of_progress, .timeout = 60)
{
    static const struct {
        const char *mood;
        const char *hospitals; /* in the first round */
        int least_s, most_s;   /* it takes */
    } rows[] = {
        { "honest", "3/3", 0, PHASE_S },
        { "silent", "2/3", PHASE_S, PHASE_S + 10 },
        { "moving", "3/3", TELLS_S, TELLS_S + 20 },
        { "stuck", "2/3", PHASE_S, 2 * PHASE_S },
        { "boasting", "2/3", 2 * PHASE_S, PHASE_S + (MOVES + 2) * 10 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct house h;
        house_open(&h, NULL, (const char *const[]){ "honest", "honest", rows[i].mood, NULL });
        cr_expect(house_says(&h, "start toy", "toy-1 has begun"), "%s", rows[i].mood);
        int took_s = 0;
        while (house_head(&h, "toy-1").round < 2 && took_s < 3600) {
            house_run(&h, 1000);
            took_s++;
        }
        cr_expect(took_s >= rows[i].least_s && took_s <= rows[i].most_s, "%s: %d s", rows[i].mood, took_s);
        cr_expect(house_says(&h, "runs show toy-1", rows[i].hospitals), "%s", rows[i].mood);
        house_close(&h);
    }
}

Test(progress, a_run_that_fails_says_that_nothing_moved)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "stuck", "silent", NULL });
    cr_expect(house_says(&h, "start toy", "toy-1 has begun"));
    cr_expect(house_until_over(&h));
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.state == RUN_FAILED && strstr(head.why, "nothing moved to or from it"), "%s", head.why);
    house_close(&h);
}

/* Killed while a model is on its way, it goes on with the time the model had won. */
Test(progress, a_restarted_coordinator_goes_on_waiting, .timeout = 60)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "moving", NULL });
    cr_expect(house_says(&h, "start toy", "toy-1 has begun"));
    house_run(&h, 100 * 1000);
    sim_kill(h.sim, "coordinator", 1000);
    house_run(&h, 60 * 1000);
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.round == 2, "round %d, %s", (int)head.round, head.why);
    house_close(&h);
}
