#include "agents/trainer/charge.h"
#include "tests/support/dice.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

struct ledger { /* what a transaction keeps */
    unsigned records;
    bool broken;
};
static enum err put(void *sink, const char *key, struct bytes record)
{
    struct ledger *l = sink;
    (void)key;
    (void)record;
    if (l->broken) return ERR_STORE;
    l->records++;
    return OK;
}

struct till {
    struct budget budget;
    struct ledger ledger;
    struct rng rng;
    struct charge charge;
    struct update_cover cover;
};

static void open_till(struct till *t, const char *task, double epsilon_max)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(task);
    *t = (struct till){ .rng = rng_make(1) };
    budget_init(&t->budget, epsilon_max, 1e-5);
    t->charge = (struct charge){ &t->budget, put, &t->ledger, dice_random, &t->rng };
    t->cover = update_cover_of(p);
    if (t->cover.in_training) cr_assert_eq(unit_rule_make(p, 100, &t->cover.unit, NULL), OK);
}

static enum err pay(struct till *t, uint64_t round, struct why *why)
{
    const struct work w = { .kind = WORK_TRAIN, .run = "r", .round = round };
    return charge_round(&t->charge, &w, &t->cover, why);
}

static bool has_key(const struct till *t)
{
    static const uint8_t none[STREAM_KEY_BYTES];
    return memcmp(t->cover.key, none, sizeof none) != 0;
}

Test(charge, once_a_round)
{
    struct till t;
    open_till(&t, SITE_TASK SITE_NOISE, 8);
    cr_assert_eq(pay(&t, 1, NULL), OK);
    cr_expect(has_key(&t) && t.ledger.records == 1);
    double spent = budget_spent(&t.budget);
    cr_assert_eq(pay(&t, 1, NULL), OK); /* reserved, not committed: nothing left */
    cr_expect(t.ledger.records == 1 && budget_spent(&t.budget) == spent);
    cr_assert_eq(budget_commit(&t.budget, "r", 1, put, &t.ledger, NULL), OK);
    cr_expect_eq(pay(&t, 1, NULL), ERR_DUPLICATE);
    cr_assert_eq(pay(&t, 2, NULL), OK);
    cr_expect_gt(budget_spent(&t.budget), spent);
    budget_fini(&t.budget);
}

Test(charge, refusals_change_nothing)
{
    static const struct {
        const char *name, *task;
        double epsilon_max;
        bool broken;
        enum err err;
    } rows[] = {
        { "no noise is free", SITE_TASK, 8, false, OK },
        { "spent", SITE_TASK SITE_NOISE, .5, false, ERR_BUDGET },
        { "no budget at all", SITE_TASK SITE_NOISE, 0, false, ERR_BUDGET },
        { "the ledger cannot be written", SITE_TASK SITE_NOISE, 8, true, ERR_STORE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct till t;
        open_till(&t, rows[i].task, rows[i].epsilon_max);
        t.ledger.broken = rows[i].broken;
        cr_expect_eq(pay(&t, 1, NULL), rows[i].err, "%s", rows[i].name);
        cr_expect(!has_key(&t) && t.ledger.records == 0 && t.budget.count == 0, "%s", rows[i].name);
        budget_fini(&t.budget);
    }
}

/* Three rounds are what the task has, and what its epsilon buys. */
Test(charge, patients)
{
    struct till t;
    open_till(&t, SITE_TASK SITE_UNIT_NOISE, 8);
    for (uint64_t round = 1; round <= 3; round++) cr_expect_eq(pay(&t, round, NULL), OK);
    double spent = budget_spent(&t.budget);
    cr_expect(spent > 7.99 && spent <= 8.0001, "%g", spent);
    cr_expect_eq(pay(&t, 3, NULL), OK);
    cr_expect_eq(pay(&t, 4, NULL), ERR_BUDGET);
    cr_assert_eq(budget_commit(&t.budget, "r", 3, put, &t.ledger, NULL), OK);
    cr_expect_eq(pay(&t, 3, NULL), ERR_DUPLICATE);
    t.cover.unit.units = 101, t.cover.unit.rate = 16.0 / 101; /* another file than the round was paid for */
    cr_expect_eq(pay(&t, 2, NULL), ERR_REFUSED);
    cr_expect(t.budget.count == 3 && budget_spent(&t.budget) == spent);
    budget_fini(&t.budget);
}

Test(charge, no_dice_no_noise)
{
    struct till t;
    open_till(&t, SITE_TASK SITE_NOISE, 8);
    t.charge.random = dice_broken;
    cr_expect_eq(pay(&t, 1, NULL), ERR_IO);
    cr_expect(!has_key(&t));
    budget_fini(&t.budget);
}

/* By the sum's own number, whatever the round: one that was given up stays spent. */
Test(charge, secure_sums)
{
    struct till t;
    open_till(&t, SITE_SHARES, 8);
    t.cover.unit = (struct unit_rule){ .epsilon = 8,
                                       .delta = 1e-5,
                                       .clip = 1,
                                       .units = 100,
                                       .noise = 4,
                                       .rate = .5,
                                       .steps = 1,
                                       .rounds = 4,
                                       .summed = true };
    t.cover.sum = 1;
    cr_assert_eq(pay(&t, 1, NULL), OK);
    double once = budget_spent(&t.budget);
    cr_assert_eq(pay(&t, 2, NULL), OK);
    cr_expect(t.ledger.records == 1 && budget_spent(&t.budget) == once, "the same sum");
    t.cover.sum = 2;
    cr_assert_eq(pay(&t, 1, NULL), OK);
    cr_expect(t.ledger.records == 2 && budget_spent(&t.budget) > once, "the same round's next sum");
    for (t.cover.sum = 7; t.cover.sum <= 8; t.cover.sum++) cr_assert_eq(pay(&t, 2, NULL), OK);
    struct why why = { "" };
    cr_expect_eq(pay(&t, 3, &why), ERR_BUDGET, "the noise is reckoned for four");
    cr_expect(t.ledger.records == 4 && strstr(why.text, "reckoned for 4 secure sums") != NULL, "%s", why.text);
    t.cover.sum = 8;
    cr_expect_eq(pay(&t, 3, NULL), OK, "the fourth one again");
    budget_fini(&t.budget);
}
