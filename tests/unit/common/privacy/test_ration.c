#include "common/privacy/ration.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define DELTA 1e-5

static enum err keep(void *sink, const char *key, struct bytes record)
{
    (void)key, (void)record;
    ++*(size_t *)sink;
    return OK;
}

static void spend(struct budget *b, const struct privacy_event *e, uint64_t round)
{
    size_t kept = 0;
    enum budget_grant grant;
    cr_assert_eq(budget_reserve(b, "r", round, e, keep, &kept, &grant, NULL), OK);
    cr_assert(kept == 1 && grant == BUDGET_NEW);
}

static const struct privacy_event plain = { PRIVACY_GAUSSIAN, 4, 1, 1, 1, DELTA };

static double epsilon_of(const struct budget *b, struct privacy_event e, double noise, uint64_t rounds)
{
    struct accountant all = b->spent;
    e.noise = noise;
    e.steps *= rounds;
    struct filter fixed = filter_fix(b->filter, &e);
    cr_assert_eq(accountant_add(&all, &e), OK);
    return filter_epsilon(&fixed, &all);
}

/* What was found fits; the least smaller noise that would have been tried does not. */
static void is_least(const char *name, const struct budget *b, const struct privacy_event *e, uint64_t rounds,
                     const struct ration *r)
{
    cr_expect(epsilon_of(b, *e, r->noise, rounds) <= b->filter.epsilon_max, "%s", name);
    if (r->raised) {
        cr_expect(r->noise > e->noise && r->covered < rounds, "%s", name);
        cr_expect(epsilon_of(b, *e, r->noise / (1 + 2 * RATION_CLOSE), rounds) > b->filter.epsilon_max, "%s", name);
    } else {
        cr_expect(r->noise == e->noise && r->covered >= rounds, "%s", name);
    }
}

Test(ration, as_asked_or_the_least_that_lasts)
{
    static const struct {
        const char *name;
        double epsilon_max;
        struct privacy_event event;
        uint64_t spent, rounds;
        bool raised;
    } rows[] = {
        { "plenty", 100, { PRIVACY_GAUSSIAN, 4, 1, 1, 1, DELTA }, 0, 10, false },
        { "ends in the middle", 4, { PRIVACY_GAUSSIAN, 4, 1, 1, 1, DELTA }, 0, 100, true },
        { "near its end", 4, { PRIVACY_GAUSSIAN, 4, 1, 1, 1, DELTA }, 10, 10, true },
        { "one round left", 1.25, { PRIVACY_GAUSSIAN, 4, 1, 1, 1, DELTA }, 1, 1, true },
        { "subsampled", 2, { PRIVACY_SUBSAMPLED_GAUSSIAN, 1, 100, 1, 1, DELTA, .rate = .01 }, 1, 20, true },
        { "laplace", 2, { PRIVACY_LAPLACE, 4, 1, 1, .25, 0 }, 4, 8, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct budget b CLEANUP(budget_fini);
        struct ration r = { .noise = -1 };
        budget_init(&b, rows[i].epsilon_max, DELTA);
        for (uint64_t n = 0; n < rows[i].spent; n++) spend(&b, &rows[i].event, n);
        cr_assert_eq(ration_find(&b, &rows[i].event, rows[i].rounds, 1e6, &r, NULL), OK, "%s", rows[i].name);
        cr_expect_eq(r.raised, rows[i].raised, "%s", rows[i].name);
        is_least(rows[i].name, &b, &rows[i].event, rows[i].rounds, &r);
    }
}

/* Rationed round by round, a run of any length ends within its budget, and no round is refused. */
Test(ration, a_rationed_run_reaches_its_end)
{
    struct budget b CLEANUP(budget_fini);
    struct ration r;
    double last = 0;
    budget_init(&b, 3, DELTA);
    for (uint64_t round = 0; round < 60; round++) {
        struct privacy_event e = plain;
        cr_assert_eq(ration_find(&b, &e, 60 - round, 1e3, &r, NULL), OK);
        e.noise = r.noise;
        spend(&b, &e, round);
        cr_expect(r.noise >= last * (1 - 2 * RATION_CLOSE), "round %zu", (size_t)round);
        last = r.noise;
    }
    cr_expect(budget_spent(&b) <= 3 && budget_spent(&b) > 2.99, "%.17g", budget_spent(&b));
}

/* Not even the most is enough: then it is that, for as long as it lasts. */
Test(ration, the_end_is_told)
{
    struct budget b CLEANUP(budget_fini);
    struct ration r = { .noise = -1 };
    struct why why = { "" };
    struct privacy_event most = plain;
    most.noise = 5;
    budget_init(&b, 4, DELTA);
    cr_assert_eq(ration_find(&b, &plain, 100, 5, &r, &why), OK);
    cr_expect(r.noise == 5 && r.raised && r.lasts == budget_forecast(&b, &most) && r.lasts < 100);
    cr_expect(r.covered == budget_forecast(&b, &plain) && r.covered < r.lasts);
    cr_assert_eq(ration_find(&b, &plain, 100, 4, &r, &why), OK);
    cr_expect(r.noise == 4 && !r.raised && r.lasts == r.covered);
    most.noise = 1.3;
    spend(&b, &most, 1);
    cr_expect_eq(ration_find(&b, &most, 100, 1.4, &r, &why), ERR_BUDGET);
    cr_expect(strstr(why.text, "does not fit, even with noise 1.4") != NULL, "%s", why.text);
    cr_expect_eq(r.noise, 4);
}

Test(ration, refused)
{
    static const struct {
        const char *name;
        double noise;
        uint64_t steps, rounds;
        double noise_max;
    } rows[] = {
        { "no rounds", 4, 1, 0, 10 },
        { "too many rounds", 4, 1, RATION_ROUNDS_MAX + 1, 10 },
        { "no noise", 0, 1, 1, 10 },
        { "steps beyond counting", 4, ACCOUNTANT_STEPS_MAX, 2, 10 },
        { "asked for more than the most", 4, 1, 1, 3.5 },
        { "the most is no number", 4, 1, 1, NAN },
        { "the most is endless", 4, 1, 1, INFINITY },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct budget b CLEANUP(budget_fini);
        struct privacy_event e = plain;
        struct ration r = { .noise = -1 };
        struct why why = { "" };
        e.noise = rows[i].noise;
        e.steps = rows[i].steps;
        budget_init(&b, 8, DELTA);
        cr_expect_eq(ration_find(&b, &e, rows[i].rounds, rows[i].noise_max, &r, &why), ERR_INPUT, "%s", rows[i].name);
        cr_expect(r.noise == -1 && why.text[0] != '\0', "%s", rows[i].name);
    }
}

Test(ration, a_ledger_that_is_not_whole_gives_nothing)
{
    struct budget b CLEANUP(budget_fini);
    struct ration r = { .noise = -1 };
    struct why why = { "" };
    budget_init(&b, 8, DELTA);
    cr_assert_eq(budget_load(&b, BUDGET_PREFIX "0000000007", bytes_of("x", 1)), ERR_STORE);
    cr_expect_eq(ration_find(&b, &plain, 1, 100, &r, &why), ERR_BUDGET);
    cr_expect(strstr(why.text, "not whole") != NULL && r.noise == -1, "%s", why.text);
}
