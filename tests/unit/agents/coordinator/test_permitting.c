/* Who is asked for.  What a guardian says to it: tests/sim/sim_operator.c and sim_federation.c. */
#include "agents/coordinator/permitting.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>

Test(permitting, who_is_asked_for)
{
    static const struct {
        const char *name;
        struct site site;
        uint64_t phase, round;
        bool takes, sums;
    } rows[] = {
        { "joined", { .membership = SITE_JOINED, .joined_phase = 2 }, 2, 3, true, true },
        { "joined after nobody was asked any more",
          { .membership = SITE_JOINED, .joined_phase = 3 },
          2,
          3,
          false,
          false },
        { "invited", { .membership = SITE_INVITED }, 2, 3, false, false },
        { "declined", { .membership = SITE_DECLINED }, 2, 3, false, false },
        { "refused this round", { .membership = SITE_JOINED, .refused_round = 3 }, 2, 3, true, false },
        { "left this round's sum", { .membership = SITE_JOINED, .left_round = 3 }, 2, 3, true, false },
        { "refused the one before", { .membership = SITE_JOINED, .refused_round = 2 }, 2, 3, true, true },
        { "before the first round nobody has refused", { .membership = SITE_JOINED }, 2, 0, true, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct run r = { .head = { .phase = rows[i].phase, .round = rows[i].round } };
        cr_expect_eq(permitting_takes(&r, &rows[i].site), rows[i].takes, "%s", rows[i].name);
        cr_expect_eq(permitting_sums(&r, &rows[i].site), rows[i].sums, "%s", rows[i].name);
    }
}

/* Each round passes by, and no permit is kept. */
Test(permitting, without_a_guardian_nobody_is_asked)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", "honest", NULL });
    (void)house_say(&h, "start toy");
    house_run(&h, 100);
    const struct coordinator *c = house_state(&h);
    cr_assert_eq(c->nruns, 1u);
    cr_expect(!permitting_wanted(c->runs[0]));
    cr_expect(house_until_over(&h) && !house_has(&h, "permit/"));
    cr_expect_eq(house_head(&h, "toy-1").state, RUN_DONE);
    house_close(&h);
}
