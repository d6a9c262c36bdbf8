#include "common/privacy/filter.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define GAUSS(noise)                                                                                                   \
    {                                                                                                                  \
        PRIVACY_GAUSSIAN, noise, 1, 1, 1, 1e-5, 0                                                                      \
    }
#define LAPLACE(noise)                                                                                                 \
    {                                                                                                                  \
        PRIVACY_LAPLACE, noise, 1, 1, 1, 0, 0                                                                          \
    }
#define SAMPLED(noise, rate)                                                                                           \
    {                                                                                                                  \
        PRIVACY_SUBSAMPLED_GAUSSIAN, noise, 1, 1, 1, 1e-5, rate                                                        \
    }

/* The most events alike that the least of all bounds would let pass. */
static uint64_t most(const struct privacy_event *e, double epsilon, double delta)
{
    struct accountant a = accountant_make();
    for (uint64_t n = 0;; n++) {
        cr_assert_eq(accountant_add(&a, e), OK);
        if (accountant_epsilon(&a, delta) > epsilon) return n;
    }
}

/* Releases alike: the bound fixed by the first of them lets as many pass as the least of all would, and not one more.
 */
Test(filter, one_bound_costs_nothing_for_releases_alike)
{
    static const struct {
        struct privacy_event event;
        double epsilon;
        enum filter_bound bound;
    } rows[] = {
        { GAUSS(4), 3, FILTER_GAUSSIAN },       { GAUSS(.7), 20, FILTER_GAUSSIAN },
        { LAPLACE(1.001), 1, FILTER_PURE },     { LAPLACE(40), 3, FILTER_RENYI },
        { SAMPLED(1, .01), 1.5, FILTER_RENYI }, { SAMPLED(.8, .1), 8, FILTER_RENYI },
        { SAMPLED(2, 1), 4, FILTER_GAUSSIAN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct filter f = filter_fix(filter_make(rows[i].epsilon, 1e-5), &rows[i].event);
        struct accountant a = accountant_make();
        uint64_t passed = 0;
        cr_expect_eq(f.bound, rows[i].bound, "row %zu: %d", i, (int)f.bound);
        for (; filter_allows(&f, &a, &rows[i].event, 1); passed++) {
            cr_assert_eq(accountant_add(&a, &rows[i].event), OK);
            cr_expect(filter_epsilon(&f, &a) <= rows[i].epsilon &&
                          filter_epsilon(&f, &a) >= accountant_epsilon(&a, 1e-5),
                      "row %zu", i);
        }
        cr_expect_eq(passed, most(&rows[i].event, rows[i].epsilon, 1e-5), "row %zu: %d", i, (int)passed);
        const struct accountant nothing = accountant_make();
        cr_expect(passed > 0 && filter_allows(&f, &nothing, &rows[i].event, passed), "row %zu", i);
        cr_expect_not(filter_allows(&f, &nothing, &rows[i].event, passed + 1), "row %zu", i);
    }
}

/* Releases of another kind later: the bound stays, though the least of all bounds is below the cap by then. */
Test(filter, the_bound_stays)
{
    static const struct {
        const char *name;
        struct privacy_event first, later;
        uint64_t times;
        bool allowed;
    } rows[] = {
        { "the same again", GAUSS(4), GAUSS(4), 3, true },
        { "another order would allow it", SAMPLED(.5, .001), SAMPLED(3.8, 1), 1, false },
        { "more noise fits", SAMPLED(.5, .001), SAMPLED(9, 1), 1, true },
        { "a Laplace among Gaussians", GAUSS(4), LAPLACE(100), 1, false },
        { "a Gaussian among pure ones", LAPLACE(.9), GAUSS(100), 1, false },
        { "no release", GAUSS(4), GAUSS(0), 1, false },
        { "none of it", GAUSS(4), GAUSS(4), 0, false },
        { "more than can be counted", GAUSS(1e9), GAUSS(1e9), UINT64_MAX, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct filter open = filter_make(3, 1e-5), f = filter_fix(open, &rows[i].first);
        struct accountant a = accountant_make();
        cr_assert_eq(accountant_add(&a, &rows[i].first), OK);
        struct filter again = filter_fix(f, &rows[i].later);
        cr_expect(again.bound == f.bound && again.order == f.order, "%s", rows[i].name);
        cr_expect_eq(filter_allows(&f, &a, &rows[i].later, rows[i].times), rows[i].allowed, "%s", rows[i].name);
        if (accountant_add(&a, &rows[i].later) == OK && rows[i].times == 1)
            cr_expect(accountant_epsilon(&a, 1e-5) <= 3, "%s: the least of all bounds would allow it", rows[i].name);
    }
}

Test(filter, open_until_the_first_release)
{
    static const struct privacy_event none = GAUSS(-1), some = GAUSS(4), weak = GAUSS(.001);
    const struct accountant nothing = accountant_make();
    struct filter f = filter_make(3, 1e-5);
    cr_expect_eq(filter_fix(f, &none).bound, FILTER_OPEN);
    cr_expect_eq(filter_epsilon(&f, &nothing), 0);
    cr_expect(filter_allows(&f, &nothing, &some, 1));
    cr_expect_not(filter_allows(&f, &nothing, &weak, 1));
    cr_expect_not(filter_allows(&f, &nothing, &none, 1));
}
