#include "common/privacy/accountant.h"
#include "common/privacy/pld.h"
#include "common/privacy/search.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* Opacus' orders and dp_accounting's privacy loss distributions, both by bisection; ours have more orders. */
static const struct {
    struct search_goal goal;
    double renyi, pld;
} rows[] = {
    { { 1, 1e-5, .01, 1000 }, 1.513122, 1.414631 },
    { { 3, 1e-5, .01, 1000 }, 0.864603, 0.813594 },
    { { 8, 1e-5, .01, 1000 }, 0.615718, 0.586268 },
    { { 1, 1e-5, .01, 10000 }, 4.125803, 3.813240 },
    { { 3, 1e-5, .01, 10000 }, 1.661856, 1.564987 },
    { { 8, 1e-6, .01, 10000 }, 0.961796, 0.928592 },
    { { 3, 1e-5, .1, 100 }, 1.796137, 1.674674 },
    { { 8, 1e-5, .1, 1000 }, 2.172092, 2.050785 },
    { { 3, 1e-5, 1, 10 }, 4.721934, 4.397451 },
    { { 8, 1e-5, 1, 100 }, 6.376702, 6.002291 },
    { { 1, 1e-5, 256. / 60000, 14062 }, 2.178420, 2.025147 },
    { { 1, 1e-6, .001, 10000 }, 0.991891, 0.787653 },
};

static struct privacy_event event_of(const struct search_goal *g, double noise)
{
    return (struct privacy_event){
        .mechanism = PRIVACY_SUBSAMPLED_GAUSSIAN, .noise = noise, .rate = g->rate, .steps = g->steps
    };
}

Test(search, by_renyi)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct search_found found = { 0, 0 };
        struct accountant a = accountant_make(), less = accountant_make();
        cr_assert_eq(search_noise_renyi(&rows[i].goal, &found), OK);
        cr_expect(found.noise <= rows[i].renyi * (1 + 3e-6), "row %zu: %.9g", i, found.noise);
        cr_expect(found.noise >= rows[i].renyi * (1 - 2e-4), "row %zu: %.9g", i, found.noise);
        struct privacy_event e = event_of(&rows[i].goal, found.noise);
        cr_assert_eq(accountant_add(&a, &e), OK);
        cr_expect_eq(accountant_renyi(&a, rows[i].goal.delta, NULL), found.epsilon, "row %zu", i);
        cr_expect(found.epsilon <= rows[i].goal.epsilon, "row %zu: %.9g", i, found.epsilon);
        e = event_of(&rows[i].goal, found.noise * (1 - SEARCH_CLOSE));
        cr_assert_eq(accountant_add(&less, &e), OK);
        cr_expect(accountant_renyi(&less, rows[i].goal.delta, NULL) > rows[i].goal.epsilon, "row %zu: not the least",
                  i);
    }
}

Test(search, by_pld, .timeout = 1200)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct search_found found = { 0, 0 };
        cr_assert_eq(search_noise_pld(&rows[i].goal, &found), OK);
        cr_expect(fabs(found.noise - rows[i].pld) <= 3e-5 * rows[i].pld, "row %zu: %.9g", i, found.noise);
        const struct privacy_event e = event_of(&rows[i].goal, found.noise);
        const struct pld_list list = { &e, 1, 0 };
        double epsilon = INFINITY;
        cr_assert_eq(pld_epsilon(&list, rows[i].goal.delta, &epsilon), OK);
        cr_expect(epsilon == found.epsilon && epsilon <= rows[i].goal.epsilon, "row %zu: %.9g", i, epsilon);
    }
}

Test(search, goals_out_of_range)
{
    static const struct {
        const char *name;
        struct search_goal goal;
        enum err err;
    } bad[] = {
        { "no epsilon", { 0, 1e-5, .1, 1 }, ERR_INPUT },
        { "endless", { INFINITY, 1e-5, .1, 1 }, ERR_INPUT },
        { "no delta", { 1, 0, .1, 1 }, ERR_INPUT },
        { "all delta", { 1, 1, .1, 1 }, ERR_INPUT },
        { "no rate", { 1, 1e-5, 0, 1 }, ERR_INPUT },
        { "more than all", { 1, 1e-5, 1.1, 1 }, ERR_INPUT },
        { "no steps", { 1, 1e-5, .1, 0 }, ERR_INPUT },
        { "not a number", { 1, NAN, .1, 1 }, ERR_INPUT },
        { "not to be had", { 1e-9, 1e-15, 1, 1 }, ERR_LIMIT },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct search_found found = { 7, 7 };
        cr_expect_eq(search_noise_renyi(&bad[i].goal, &found), bad[i].err, "%s", bad[i].name);
        cr_expect_eq(search_noise_pld(&bad[i].goal, &found), bad[i].err, "%s", bad[i].name);
        cr_expect_eq(found.noise, 7, "%s", bad[i].name);
    }
}

Test(search, hardly_any_noise)
{
    const struct search_goal goal = { 1e9, .5, 1, 1, 0 };
    struct search_found found = { 0, 0 };
    cr_assert_eq(search_noise_renyi(&goal, &found), OK);
    cr_expect(found.noise <= 2 * SEARCH_NOISE_MIN && found.epsilon <= goal.epsilon, "%g", found.noise);
}

/* In shares: enough by its own bound, which needs a little more than the Gaussian's; and no tight number is claimed. */
Test(search, distributed)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct search_goal goal = rows[i].goal;
        struct search_found found, plain;
        struct accountant a = accountant_make();
        goal.distributed = true;
        cr_assert(search_noise_renyi(&goal, &found) == OK && search_noise_renyi(&rows[i].goal, &plain) == OK);
        cr_expect(found.noise >= plain.noise * (1 - SEARCH_CLOSE) && found.noise <= 1.05 * plain.noise,
                  "row %zu: %g, %g", i, found.noise, plain.noise);
        struct privacy_event e = event_of(&goal, found.noise);
        e.mechanism = PRIVACY_DISTRIBUTED;
        cr_assert_eq(accountant_add(&a, &e), OK);
        cr_expect_leq(accountant_epsilon(&a, goal.delta), goal.epsilon, "row %zu", i);
        cr_expect_eq(search_noise_pld(&goal, &found), ERR_INPUT, "row %zu", i);
    }
}
