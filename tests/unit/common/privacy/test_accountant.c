#include "common/privacy/accountant.h"
#include "common/privacy/gaussian.h"
#include "tests/unit/common/privacy/sgm_rows.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static bool near(double got, double wanted, double relative) { return fabs(got - wanted) <= relative * fabs(wanted); }

static struct accountant spent(enum privacy_mechanism mechanism, double noise, uint64_t steps)
{
    struct accountant a = accountant_make();
    const struct privacy_event e = { .mechanism = mechanism, .noise = noise, .steps = steps };
    cr_assert_eq(accountant_add(&a, &e), OK);
    return a;
}

#define SAMPLED(noise_, rate_, steps_)                                                                                 \
    {                                                                                                                  \
        .mechanism = PRIVACY_SUBSAMPLED_GAUSSIAN, .noise = (noise_), .rate = (rate_), .steps = (steps_)                \
    }

static struct accountant sampled(double noise, double rate, uint64_t steps)
{
    struct accountant a = accountant_make();
    const struct privacy_event e = SAMPLED(noise, rate, steps);
    cr_assert_eq(accountant_add(&a, &e), OK);
    return a;
}

/* The Renyi bound alone, over the grid. */
static double renyi(const struct accountant *a, double delta)
{
    double least = INFINITY;
    for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++)
        least = fmin(least, accountant_rdp_epsilon(accountant_order(i), a->rdp[i], delta));
    return least;
}

Test(accountant, grid_of_orders)
{
    static const struct {
        size_t i;
        double order;
    } rows[] = { { 0, 1.01 }, { 99, 2 },    { 100, 2.1 }, { 188, 10.9 }, { 189, 11 },
                 { 241, 63 }, { 242, 128 }, { 243, 256 }, { 244, 512 },  { 245, 1024 } };
    for (size_t i = 0; i < COUNT(rows); i++) cr_expect_eq(accountant_order(rows[i].i), rows[i].order, "%zu", rows[i].i);
    for (size_t i = 1; i < ACCOUNTANT_ORDERS; i++) cr_expect(accountant_order(i) > accountant_order(i - 1), "%zu", i);
}

/* rdp(a) = .05 a at delta 1e-5 (own script; both public libraries agree). */
Test(accountant, renyi_to_epsilon_and_delta)
{
    static const struct {
        double order, epsilon;
    } rows[] = {
        { 2, 10.226631103850337 }, { 4, 3.287861628831665 }, { 8, 1.6141091678455335 }, { 16, 1.3181505950444588 }
    };
    double least = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        double epsilon = accountant_rdp_epsilon(rows[i].order, .05 * rows[i].order, 1e-5);
        cr_expect(near(epsilon, rows[i].epsilon, 1e-13), "order %g: %.17g", rows[i].order, epsilon);
        least = fmin(least, accountant_rdp_delta(rows[i].order, .05 * rows[i].order, 1));
    }
    cr_expect(near(least, 7.360876990238826e-04, 1e-12), "%.17g", least);
    cr_expect_eq(accountant_rdp_epsilon(2, 1e-12, 1e-5), 0, "Bretagnolle-Huber");
}

Test(accountant, renyi_of_laplace)
{
    static const double orders[] = { 1.5, 2, 4, 8, 32 };
    static const struct {
        double b, rdp[5];
    } rows[] = {
        { 1, { .5128835112945086, .6191236299985929, .813689296592622, .9101988011774458, .9781484250454257 } },
        { 2, { .15597787848573952, .200303896173616, .32092653017871753, .41026788176229156, .47814842504542626 } },
        { .5, { 1.4368091584145994, 1.595773500587618, 1.8134616119036406, 1.9101987629396726, 1.9781484250454255 } },
        { 10, { .00724748538932854, .00964420784034467, .018991214963384198, .03567677343437432, .0782057585889131 } },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < COUNT(orders); j++) {
            double rdp = accountant_rdp_laplace(orders[j], rows[i].b);
            cr_expect(near(rdp, rows[i].rdp[j], 1e-12), "b %g order %g: %.17g", rows[i].b, orders[j], rdp);
        }
}

/* Past epsilon 15 the distance to the continuous Gaussian may cost more than was set aside: then the Renyi bound. */
Test(accountant, full_batch_gaussians)
{
    for (size_t i = 0; i < SGM_ROWS; i++) {
        const struct sgm_row *row = &sgm_rows[i];
        double delta = row->delta, exact = row->exact, close = 1e-5 + 1e-6 * exact;
        if (row->rate < 1) continue;
        struct accountant a = spent(PRIVACY_GAUSSIAN, row->noise, row->steps);
        double bound = renyi(&a, delta), epsilon = accountant_epsilon(&a, delta);
        double analytic = gaussian_epsilon(row->noise / sqrt((double)row->steps), delta);
        cr_expect(bound <= row->opacus * (1 + 1e-6), "row %zu: renyi %.9g", i, bound);
        cr_expect(bound >= exact, "row %zu: renyi %.9g below the exact", i, bound);
        cr_expect(fabs(analytic - exact) <= close, "row %zu: analytic %.9g", i, analytic);
        cr_expect(epsilon >= exact - close && epsilon <= (exact < 15 ? exact + close : bound), "row %zu: %.9g", i,
                  epsilon);
        cr_expect(accountant_delta(&a, epsilon) <= delta * (1 + 1e-5), "row %zu: delta", i);
        struct accountant same = sampled(row->noise, 1, row->steps);
        cr_expect(accountant_epsilon(&same, delta) == epsilon, "row %zu: a rate of 1", i);
    }
}

/* The orders are those of both libraries and more: never above either by more than the rounding of the row. */
Test(accountant, subsampled_gaussians)
{
    for (size_t i = 0; i < SGM_ROWS; i++) {
        const struct sgm_row *row = &sgm_rows[i];
        struct accountant a = sampled(row->noise, row->rate, row->steps);
        double order = 0, epsilon = accountant_renyi(&a, row->delta, &order);
        double least = fmin(row->opacus, row->accounting);
        cr_expect(epsilon <= least * (1 + 1e-6) + 5e-7, "row %zu: %.9g above %.9g", i, epsilon, least);
        cr_expect(epsilon >= row->pld || epsilon >= row->exact, "row %zu: %.9g below the tight one", i, epsilon);
        cr_expect(order >= 1.01 && order <= 1024 && near(epsilon, renyi(&a, row->delta), 0), "row %zu", i);
        if (row->rate < 1) cr_expect_eq(accountant_epsilon(&a, row->delta), epsilon, "row %zu", i);
        cr_expect(accountant_delta(&a, epsilon) <= row->delta * (1 + 1e-5), "row %zu: delta", i);
    }
}

/* Where the coarse grids of both libraries have their order too: the same epsilon, 1e-6 relative.  And dense orders. */
Test(accountant, renyi_references)
{
    static const struct {
        const char *name;
        double noise, rate;
        uint64_t steps;
        double delta, epsilon, close;
    } rows[] = {
        { "1.1 .01 1000", 1.1, .01, 1000, 1e-6, 1.976750, 1e-6 },
        { "1 .1 100", 1, .1, 100, 1e-5, 7.899255, 1e-6 },
        { "1.1 .1 1000", 1.1, .1, 1000, 1e-5, 22.737361, 1e-6 },
        { "4 .1 1000", 4, .1, 1000, 1e-5, 3.736242, 1e-6 },
        { ".5 .01 1000, dense", .5, .01, 1000, 1e-5, 15.414524, 4e-3 },
        { ".8 .01 10000", .8, .01, 10000, 1e-6, 12.047242, 1e-6 },
        { "MNIST", 1.1, 256. / 60000, 14062, 1e-5, 2.596556, 1e-6 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct accountant a = sampled(rows[i].noise, rows[i].rate, rows[i].steps);
        double epsilon = accountant_renyi(&a, rows[i].delta, NULL);
        cr_expect(near(epsilon, rows[i].epsilon, rows[i].close), "%s: %.9g", rows[i].name, epsilon);
    }
}

Test(accountant, unlike_steps_add_up)
{
    const struct privacy_event one[] = { SAMPLED(1, .01, 500), SAMPLED(1.5, .02, 500) };
    const struct privacy_event two[] = { { .mechanism = PRIVACY_GAUSSIAN, .noise = 4, .steps = 10 },
                                         SAMPLED(1.1, .01, 1000) };
    const struct {
        const struct privacy_event *events;
        double delta, renyi, tight;
    } rows[] = { { one, 1e-5, 2.1476683416, 1.8974829562 }, { two, 1e-6, 4.4927152670, 4.1944991082 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct accountant a = accountant_make();
        for (size_t j = 0; j < 2; j++) cr_assert_eq(accountant_add(&a, &rows[i].events[j]), OK);
        double epsilon = accountant_epsilon(&a, rows[i].delta);
        cr_expect(near(epsilon, rows[i].renyi, 1e-6), "row %zu: %.12g", i, epsilon);
        cr_expect(epsilon >= rows[i].tight, "row %zu", i);
    }
}

Test(accountant, denser_grid_pays)
{
    struct accountant a = spent(PRIVACY_GAUSSIAN, 1, 10000);
    cr_expect(near(renyi(&a, 1e-5), 5476.2, 1e-4), "%.9g", renyi(&a, 1e-5));
}

/* Between the privacy loss distribution (tight) and dp_accounting's Renyi bound, and never above basic composition. */
Test(accountant, laplace_composition)
{
    static const struct {
        double b;
        uint64_t steps;
        double delta, tight, renyi;
    } rows[] = {
        { 2, 10, 1e-5, 4.989962, 4.990334 },     { 2, 10, 1e-6, 4.998978, 4.998981 },
        { 10, 10, 1e-5, .989962, .990334 },      { 10, 10, 1e-6, .998978, .998981 },
        { 10, 100, 1e-5, 4.220347, 4.532686 },   { 10, 100, 1e-6, 4.692667, 4.984174 },
        { 20, 100, 1e-5, 1.947709, 2.104642 },   { 20, 100, 1e-6, 2.193281, 2.342284 },
        { 100, 1000, 1e-5, 1.195703, 1.304073 }, { 100, 1000, 1e-6, 1.362925, 1.465842 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct accountant a = spent(PRIVACY_LAPLACE, rows[i].b, rows[i].steps);
        double epsilon = accountant_epsilon(&a, rows[i].delta);
        cr_expect(epsilon >= rows[i].tight && epsilon <= rows[i].renyi + 2e-6, "row %zu: %.9g", i, epsilon);
        cr_expect(epsilon <= (double)rows[i].steps / rows[i].b * (1 + 1e-9), "row %zu: above basic", i);
    }
    struct accountant one = spent(PRIVACY_LAPLACE, 1, 1);
    cr_expect(near(accountant_epsilon(&one, 0), 1, 1e-12), "pure epsilon needs no delta");
}

Test(accountant, composition_adds)
{
    struct accountant steps = spent(PRIVACY_GAUSSIAN, 2, 2), twice = spent(PRIVACY_GAUSSIAN, 2, 1);
    const struct privacy_event again = { .mechanism = PRIVACY_GAUSSIAN, .noise = 2, .steps = 1 };
    const struct privacy_event other = { .mechanism = PRIVACY_LAPLACE, .noise = 10, .steps = 1 };
    cr_assert_eq(accountant_add(&twice, &again), OK);
    cr_expect(near(accountant_epsilon(&steps, 1e-5), accountant_epsilon(&twice, 1e-5), 1e-9));
    double before = accountant_epsilon(&twice, 1e-5);
    cr_assert_eq(accountant_add(&twice, &other), OK);
    double after = accountant_epsilon(&twice, 1e-5);
    cr_expect(after > before && after <= before + .1 + 1e-6, "mixed: %g after %g", after, before);
}

Test(accountant, bad_events_are_refused)
{
    const struct privacy_event rows[] = {
        { PRIVACY_MECHANISMS, 1, 1, 0, 0, 0 },
        { PRIVACY_GAUSSIAN, 0, 1, 0, 0, 0 },
        { PRIVACY_GAUSSIAN, -1, 1, 0, 0, 0 },
        { PRIVACY_GAUSSIAN, NAN, 1, 0, 0, 0 },
        { PRIVACY_LAPLACE, INFINITY, 1, 0, 0, 0 },
        { PRIVACY_LAPLACE, 1, 0, 0, 0, 0 },
        { PRIVACY_LAPLACE, 1, ACCOUNTANT_STEPS_MAX + 1, 0, 0, 0 },
        SAMPLED(1, 0, 1), /* would be free */
        SAMPLED(1, -.1, 1),
        SAMPLED(1, 1.1, 1),
        SAMPLED(1, NAN, 1),
        SAMPLED(0, .1, 1),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct accountant a = accountant_make();
        cr_expect_eq(accountant_add(&a, &rows[i]), ERR_INPUT, "row %zu", i);
        cr_expect_eq(accountant_epsilon(&a, 1e-5), 0, "row %zu", i);
    }
}

Test(accountant, edges)
{
    struct accountant none = accountant_make(), weak = spent(PRIVACY_GAUSSIAN, 1e-9, 1);
    enum privacy_mechanism m = PRIVACY_LAPLACE;
    cr_expect_eq(accountant_epsilon(&none, 1e-5), 0);
    cr_expect_eq(accountant_epsilon(&none, 0), 0);
    cr_expect_eq(accountant_delta(&none, 0), 0);
    cr_expect(accountant_epsilon(&weak, 1e-5) > 1e15);
    struct accountant some = spent(PRIVACY_GAUSSIAN, 1, 1);
    cr_expect_eq(accountant_epsilon(&some, 0), INFINITY);
    cr_expect_eq(accountant_round_up(1.00001), 1.0001);
    cr_expect_eq(accountant_round_up(INFINITY), INFINITY);
    cr_expect(accountant_mechanism(STR("gaussian"), &m) == OK && m == PRIVACY_GAUSSIAN);
    cr_expect_eq(accountant_mechanism(STR("Gaussian"), &m), ERR_INPUT);
    cr_expect_str_eq(accountant_mechanism_name(PRIVACY_LAPLACE), "laplace");
    cr_expect_str_eq(accountant_mechanism_name(PRIVACY_MECHANISMS), "none");
    cr_expect(accountant_mechanism(STR("subsampled-gaussian"), &m) == OK && m == PRIVACY_SUBSAMPLED_GAUSSIAN);
}

/* Shares of discrete noise: at whole orders the subsampled Gaussian's own divergence, between them a little more, and
 * no bound but the Renyi one, in every step or not. */
Test(accountant, distributed)
{
    static const double rates[] = { .1, 1 };
    enum privacy_mechanism m = PRIVACY_LAPLACE;
    cr_expect(accountant_mechanism(STR("distributed"), &m) == OK && m == PRIVACY_DISTRIBUTED);
    for (size_t r = 0; r < COUNT(rates); r++) {
        struct accountant shares = accountant_make(), plain = accountant_make();
        const struct privacy_event e = { .mechanism = PRIVACY_DISTRIBUTED, .noise = 2, .steps = 40, .rate = rates[r] };
        const struct privacy_event like = SAMPLED(2, rates[r], 40);
        cr_assert(accountant_add(&shares, &e) == OK && accountant_add(&plain, &like) == OK);
        for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++) {
            bool whole = accountant_order(i) == floor(accountant_order(i));
            cr_expect(shares.rdp[i] >= plain.rdp[i] * (1 - 1e-12), "order %g", accountant_order(i));
            cr_expect(!whole || near(shares.rdp[i], plain.rdp[i], 1e-9), "order %g", accountant_order(i));
        }
        cr_expect(shares.subsampled == 40 && shares.gaussians == 0);
        double epsilon = accountant_epsilon(&shares, 1e-5);
        cr_expect(epsilon == accountant_renyi(&shares, 1e-5, NULL) && epsilon >= accountant_epsilon(&plain, 1e-5));
        cr_expect(epsilon <= 1.05 * accountant_renyi(&plain, 1e-5, NULL), "%g", epsilon);
    }
    const struct privacy_event never = { .mechanism = PRIVACY_DISTRIBUTED, .noise = 2, .steps = 1, .rate = 0 };
    cr_expect(!accountant_is_release(&never));
}
