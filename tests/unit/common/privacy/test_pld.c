#include "common/privacy/gaussian.h"
#include "common/privacy/pld.h"
#include "tests/support/failmalloc.h"
#include "tests/unit/common/privacy/sgm_rows.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define SAMPLED(noise_, rate_, steps_)                                                                                 \
    {                                                                                                                  \
        .mechanism = PRIVACY_SUBSAMPLED_GAUSSIAN, .noise = (noise_), .rate = (rate_), .steps = (steps_)                \
    }

static double epsilon_of(const struct privacy_event *e, size_t n, double interval, double delta)
{
    double out = -1;
    const struct pld_list list = { e, n, interval };
    cr_assert_eq(pld_epsilon(&list, delta, &out), OK);
    return out;
}

static double delta_of(const struct privacy_event *e, size_t n, double interval, double epsilon)
{
    double out = -1;
    const struct pld_list list = { e, n, interval };
    cr_assert_eq(pld_delta(&list, epsilon, &out), OK);
    return out;
}

static double sampled(double noise, double rate, uint64_t steps, double delta)
{
    const struct privacy_event e = SAMPLED(noise, rate, steps);
    return epsilon_of(&e, 1, 1e-3, delta);
}

/* +-2e-3 of dp_accounting's; past epsilon 690 on coarse grids that one is 1 too high, as the exact column shows. */
Test(pld, table, .timeout = 1200)
{
    for (size_t i = 0; i < SGM_ROWS; i++) {
        const struct sgm_row *row = &sgm_rows[i];
        const struct privacy_event e = SAMPLED(row->noise, row->rate, row->steps);
        double epsilon = epsilon_of(&e, 1, row->interval, row->delta);
        double wanted = row->exact > 0 ? row->exact : row->pld;
        double below = row->exact > 0 || row->pld < 690 ? 0 : 1;
        cr_expect(epsilon <= wanted + 2e-3 && epsilon >= wanted - 2e-3 - below, "row %zu: %.9g", i, epsilon);
        cr_expect(epsilon <= row->pld + 2e-3, "row %zu: %.9g", i, epsilon);
        cr_expect(epsilon <= row->opacus && epsilon <= row->accounting, "row %zu: above Renyi", i);
        double delta = delta_of(&e, 1, row->interval, epsilon);
        cr_expect(fabs(delta / row->delta - 1) < 1e-6, "row %zu: delta %.9g", i, delta);
    }
}

/* Between the lower and the upper bound of the PRV accountant, and near dp_accounting's. */
Test(pld, check_points, .timeout = 120)
{
    static const struct {
        const char *name;
        struct privacy_event event;
        double delta, epsilon, lower, upper;
    } rows[] = {
        { "1 .01 1000", SAMPLED(1, .01, 1000), 1e-5, 1.828244, 1.818108, 1.838372 },
        { "1.1 .01 1000", SAMPLED(1.1, .01, 1000), 1e-5, 1.515370, 1.505258, 1.525473 },
        { "1.1 .01 10000", SAMPLED(1.1, .01, 10000), 1e-5, 5.192620, 5.182305, 5.202865 },
        { ".8 .01 1000", SAMPLED(.8, .01, 1000), 1e-5, 3.141018, 3.130769, 3.151263 },
        { ".5 .01 1000", SAMPLED(.5, .01, 1000), 1e-5, 13.360826, 13.349883, 13.371764 },
        { "4 .1 1000", SAMPLED(4, .1, 1000), 1e-5, 3.444345, 3.434148, 3.454536 },
        { "1 .1 100", SAMPLED(1, .1, 100), 1e-5, 7.046603, 7.036151, 7.057056 },
        { ".8 .01 10000", SAMPLED(.8, .01, 10000), 1e-6, 11.183190, 11.172694, 11.193637 },
        { "MNIST", SAMPLED(1.1, 256. / 60000, 14062), 1e-5, 2.381686, 2.371456, 2.391744 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double epsilon = epsilon_of(&rows[i].event, 1, 1e-4, rows[i].delta);
        cr_expect(fabs(epsilon - rows[i].epsilon) <= 2e-5, "%s: %.9g", rows[i].name, epsilon);
        cr_expect(epsilon >= rows[i].lower && epsilon <= rows[i].upper, "%s: %.9g", rows[i].name, epsilon);
    }
}

Test(pld, unlike_releases)
{
    const struct privacy_event one[] = { SAMPLED(1, .01, 500), SAMPLED(1.5, .02, 500) };
    const struct privacy_event same[] = { SAMPLED(1.5, .02, 250), SAMPLED(1, .01, 500), SAMPLED(1.5, .02, 250) };
    const struct privacy_event two[] = { SAMPLED(4, 1, 10), SAMPLED(1.1, .01, 1000) };
    const struct privacy_event three[] = { { .mechanism = PRIVACY_LAPLACE, .noise = 2, .steps = 4 }, SAMPLED(1, 1, 1) };
    const struct {
        const struct privacy_event *events;
        size_t n;
        double delta, epsilon;
    } rows[] = { { one, 2, 1e-5, 1.8974829562 }, { same, 3, 1e-5, 1.8974829562 }, { two, 2, 1e-6, 4.1944991082 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double epsilon = epsilon_of(rows[i].events, rows[i].n, 1e-4, rows[i].delta);
        cr_expect(fabs(epsilon - rows[i].epsilon) <= 2e-5, "row %zu: %.9g", i, epsilon);
    }
    double mixed = epsilon_of(three, 2, 1e-4, 1e-5);
    cr_expect(mixed > gaussian_epsilon(1, 1e-5) && mixed < gaussian_epsilon(1, 1e-5) + 2, "%.9g", mixed);
}

Test(pld, laplace)
{
    static const struct {
        double b;
        uint64_t steps;
        double delta, epsilon;
    } rows[] = {
        { 2, 10, 1e-5, 4.989962 },     { 2, 10, 1e-6, 4.998978 },   { 10, 10, 1e-5, .989962 },
        { 10, 10, 1e-6, .998978 },     { 10, 100, 1e-5, 4.220347 }, { 10, 100, 1e-6, 4.692667 },
        { 20, 100, 1e-5, 1.947709 },   { 20, 100, 1e-6, 2.193281 }, { 100, 1000, 1e-5, 1.195703 },
        { 100, 1000, 1e-6, 1.362925 }, { 1, 1, 1e-5, .999980 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct privacy_event e = { .mechanism = PRIVACY_LAPLACE, .noise = rows[i].b, .steps = rows[i].steps };
        double epsilon = epsilon_of(&e, 1, 1e-4, rows[i].delta);
        cr_expect(fabs(epsilon - rows[i].epsilon) <= 1e-4, "row %zu: %.9g", i, epsilon);
        cr_expect(epsilon <= (double)rows[i].steps / rows[i].b + 1e-3, "row %zu: above basic", i);
    }
}

/* Where a plain transform has only noise left, against many Gaussian steps as one. */
Test(pld, tiny_deltas)
{
    static const double deltas[] = { 1e-8, 1e-12, 1e-15, 1e-20 };
    const struct privacy_event mixed[] = { SAMPLED(1, .999999, 5), SAMPLED(1, .01, 1) };
    for (size_t i = 0; i < COUNT(deltas); i++) {
        double epsilon = epsilon_of(mixed, 2, 1e-3, deltas[i]);
        double less = gaussian_epsilon(1 / sqrt(5), deltas[i]), more = gaussian_epsilon(1 / sqrt(6), deltas[i]);
        cr_expect(epsilon > less * (1 - 1e-4) && epsilon < more, "%g: %.9g", deltas[i], epsilon);
        cr_expect(fabs(delta_of(mixed, 2, 1e-3, epsilon) / deltas[i] - 1) < 1e-3, "%g", deltas[i]);
    }
}

/* Over a spread of settings: more noise, more delta, fewer steps and a smaller rate never cost more; and never more
 * than the Renyi bound says. */
Test(pld, monotone, .timeout = 120)
{
    uint64_t state = 12345;
    for (int i = 0; i < 40; i++) {
        double u[4];
        for (int k = 0; k < 4; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            u[k] = (double)(state >> 11) * 0x1p-53;
        }
        double noise = .6 * exp(3 * u[0]), rate = exp(-7 * u[1]), delta = exp(-4 - 20 * u[3]);
        uint64_t steps = (uint64_t)exp(7 * u[2]) + 1;
        double here = sampled(noise, rate, steps, delta), close = here * 1e-9 + 1e-12;
        cr_expect(sampled(noise * 1.05, rate, steps, delta) <= here + close, "noise %g %g %d", noise, rate, (int)steps);
        cr_expect(sampled(noise, rate * .95, steps, delta) <= here + close, "rate %g %g %d", noise, rate, (int)steps);
        cr_expect(sampled(noise, rate, steps + 1, delta) >= here - close, "steps %g %g %d", noise, rate, (int)steps);
        cr_expect(sampled(noise, rate, steps, delta * 2) <= here + close, "delta %g %g %d", noise, rate, (int)steps);
        struct accountant a = accountant_make();
        const struct privacy_event e = SAMPLED(noise, rate, steps);
        cr_assert_eq(accountant_add(&a, &e), OK);
        double fine = epsilon_of(&e, 1, 1e-4, delta), renyi = accountant_renyi(&a, delta, NULL);
        cr_expect(fine <= renyi * (1 + 1e-6) + 1e-4, "%g %g %d: %g above Renyi's %g", noise, rate, (int)steps, fine,
                  renyi);
        cr_expect(here >= fine - 1e-6 && here <= 1.5 * fine + 2e-3, "grid %g %g %d", noise, rate, (int)steps);
    }
}

Test(pld, edges)
{
    const struct privacy_event bad = SAMPLED(1, 0, 1), weak = SAMPLED(1e-9, 1, 1), weaker = SAMPLED(1e-9, .5, 1);
    const struct privacy_event strong = SAMPLED(1e300, .5, 1), fine = SAMPLED(.5, .5, 1000), usual = SAMPLED(1, .1, 10);
    const struct pld_list list = { &bad, 1, 0 };
    double out = 7;
    cr_expect_eq(pld_epsilon(&list, 1e-5, &out), ERR_INPUT);
    cr_expect_eq(pld_delta(&list, 1, &out), ERR_INPUT);
    cr_expect_eq(out, 7);
    cr_expect_eq(epsilon_of(NULL, 0, 0, 1e-5), 0);
    cr_expect_eq(delta_of(NULL, 0, 0, 1), 0);
    cr_expect_eq(epsilon_of(&weaker, 1, 0, 1e-5), INFINITY);
    cr_expect_eq(delta_of(&weaker, 1, 0, 1), 1);
    cr_expect(epsilon_of(&weak, 1, 0, 1e-5) > 1e15);
    cr_expect_eq(epsilon_of(&usual, 1, 0, 0), INFINITY);
    cr_expect_eq(epsilon_of(&usual, 1, 0, 1), 0);
    cr_expect_eq(epsilon_of(&strong, 1, 0, 1e-3), 0);
    cr_expect(delta_of(&usual, 1, 1e-3, 0) < 1 && delta_of(&usual, 1, 1e-3, 0) > .1);
    cr_expect(epsilon_of(&fine, 1, 1e-6, 1e-5) < 1e3, "a grid too fine is made coarser");
}

Test(pld, too_many_kinds_and_memory)
{
    static struct privacy_event many[PLD_MAX_TERMS + 1];
    const struct pld_list list = { many, COUNT(many), 0 }, small = { many, 2, 1e-2 };
    double out = -1;
    bool done = false;
    for (size_t i = 0; i < COUNT(many); i++) many[i] = (struct privacy_event)SAMPLED(1 + (double)i, .1, 1);
    cr_expect_eq(pld_epsilon(&list, 1e-5, &out), ERR_LIMIT);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = pld_epsilon(&small, 1e-5, &out);
        cr_expect(e == OK || (e == ERR_MEMORY && out == -1));
        done = e == OK;
    }
}
