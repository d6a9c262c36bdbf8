#include "common/base/rng.h"
#include "common/privacy/norm_bound.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
enum { NUMBERS = 400, TIMES = 200 };

static const struct permit_site one = { "a@h", 320, 3, .1, 20, 3, "records" };

static struct permit some(enum privacy_mechanism mechanism)
{
    return (struct permit){ .run = "toy-1",
                            .noised = true,
                            .mechanism = mechanism,
                            .clip = 2,
                            .epsilon = 1,
                            .delta = 1e-5,
                            .training = { .learning_rate = .1, .batch = 32 },
                            .sites = &one,
                            .nsites = 1 };
}

/* ---- honest ones stay below, and not far below ---- */

static double noise_square(struct rng *rng, enum privacy_mechanism mechanism, double deviation)
{
    double u = rng_unit(rng) - .5;
    double laplace = (u < 0 ? 1 : -1) * log(1 - 2 * fabs(u)) / sqrt(2);
    double x = deviation * (mechanism == PRIVACY_LAPLACE ? laplace : rng_normal(rng));
    return x * x;
}

/* The worst that a clipped sum can be, all of it one way, and noise in all numbers. */
static double norm_of(struct rng *rng, enum privacy_mechanism mechanism, double signal, double deviation)
{
    double squares = 0;
    for (int n = 0; n + 1 < NUMBERS; n++) squares += noise_square(rng, mechanism, deviation);
    double along = signal + sqrt(noise_square(rng, mechanism, deviation));
    return sqrt(squares + along * along);
}

static uint64_t drawn(struct rng *rng, uint64_t units, double rate)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < units; i++) n += rng_unit(rng) < rate;
    return n;
}

static double of_update(struct rng *rng, const struct permit *p, double wrong)
{
    const struct permit_site *s = &p->sites[0];
    double deviation = permit_deviation(p, s);
    if (p->mechanism != PRIVACY_SUBSAMPLED_GAUSSIAN) return norm_of(rng, p->mechanism, wrong * p->clip, deviation);
    double expected = (double)p->training.batch;
    uint64_t units = (uint64_t)(expected / s->rate);
    double signal = wrong * p->clip * (double)drawn(rng, units * s->steps, s->rate);
    double by = p->training.learning_rate / expected;
    return norm_of(rng, p->mechanism, by * signal, by * deviation * sqrt((double)s->steps));
}

Test(norm_bound, honest_updates_are_below_and_others_not)
{
    static const struct {
        const char *name;
        enum privacy_mechanism mechanism;
        double noise;
        double least; /* of norm over bound, on average */
        double wrong; /* so many times too long a gradient or update is found */
    } rows[] = {
        { "gaussian", PRIVACY_GAUSSIAN, 3, .7, 200 },
        { "laplace", PRIVACY_LAPLACE, 3, .04, 8000 },
        { "dp-sgd", PRIVACY_SUBSAMPLED_GAUSSIAN, 3, .55, 3 },
        { "dp-sgd with hardly any noise", PRIVACY_SUBSAMPLED_GAUSSIAN, .01, .7, 1.5 },
    };
    struct rng rng = rng_make(11);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct permit p = some(rows[i].mechanism);
        struct permit_site s = one;
        double sum = 0;
        s.noise = rows[i].noise;
        p.sites = &s;
        const struct norm_seen seen = { .numbers = NUMBERS, .deviation = permit_deviation(&p, &s) };
        double most = norm_bound_update(&p, &s, &seen);
        for (int k = 0; k < TIMES; k++) {
            double norm = of_update(&rng, &p, 1);
            cr_expect_leq(norm, most, "%s", rows[i].name);
            sum += norm / most / TIMES;
        }
        cr_expect_gt(sum, rows[i].least, "%s: %g", rows[i].name, sum);
        cr_expect_gt(of_update(&rng, &p, rows[i].wrong), most, "%s", rows[i].name);
    }
}

/* With next to no noise a clipped update is as long as the clip, and float32 makes it a little longer. */
Test(norm_bound, rounding_is_no_excess)
{
    static const enum privacy_mechanism rows[] = { PRIVACY_GAUSSIAN, PRIVACY_LAPLACE };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct permit p = some(rows[i]);
        struct permit_site s = one;
        s.noise = 1e-12;
        const struct norm_seen seen = { .numbers = NUMBERS, .deviation = permit_deviation(&p, &s) };
        double most = norm_bound_update(&p, &s, &seen);
        cr_expect(most >= p.clip * (1 + 0x1p-23) && most <= 1.01 * p.clip, "%zu: %g", i, most);
    }
}

Test(norm_bound, means_of_sums)
{
    static const struct {
        const char *name;
        bool patients;
        double rate, deviation, wrong;
    } rows[] = {
        { "hospitals", false, 1, .2, 6 },
        { "patients, all of them", true, 1, .002, 2 },
        { "patients by chance", true, .05, .002, 3 },
        { "few patients", true, .01, .002, 9 },
    };
    enum { PATIENTS = 2000 };
    struct rng rng = rng_make(12);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct permit p = some(PRIVACY_DISTRIBUTED);
        struct permit_site s = one;
        s.rate = rows[i].rate;
        p.sites = &s;
        p.patients = rows[i].patients;
        const struct norm_seen seen = { NUMBERS, 0, rows[i].deviation, rows[i].patients ? PATIENTS : 0 };
        double most = norm_bound_mean(&p, &seen);
        double by = p.training.learning_rate * p.clip / (s.rate * PATIENTS);
        for (int k = 0; k < TIMES; k++) {
            double signal = p.patients ? by * (double)drawn(&rng, PATIENTS, s.rate) : p.clip;
            cr_expect_leq(norm_of(&rng, p.mechanism, signal, rows[i].deviation), most, "%s", rows[i].name);
        }
        double signal = p.patients ? by * (double)drawn(&rng, PATIENTS, s.rate) : p.clip;
        cr_expect_gt(norm_of(&rng, p.mechanism, rows[i].wrong * signal, rows[i].deviation), most, "%s", rows[i].name);
    }
}

/* Hospitals of different rates, whichever stands first: all patients may be the one's, and the step be over what either
 * expects. */
Test(norm_bound, each_hospital_has_its_own_rate)
{
    static const double rates[][2] = { { .05, .01 }, { .01, .05 }, { .05, .05 }, { .01, .01 } };
    enum { PATIENTS = 2000 };
    struct rng rng = rng_make(13);
    for (size_t i = 0; i < COUNT(rates); i++) {
        struct permit p = some(PRIVACY_DISTRIBUTED);
        struct permit_site sites[] = { one, one };
        const struct norm_seen seen = { NUMBERS, 0, .002, PATIENTS };
        for (size_t k = 0; k < 2; k++) sites[k].rate = rates[i][k];
        p.sites = sites;
        p.nsites = 2;
        p.patients = true;
        double bound = norm_bound_mean(&p, &seen);
        for (int k = 0; k < TIMES; k++) {
            uint64_t n = drawn(&rng, PATIENTS / 2, rates[i][0]) + drawn(&rng, PATIENTS / 2, rates[i][1]);
            double by = p.training.learning_rate * p.clip / PATIENTS / fmin(rates[i][0], rates[i][1]);
            cr_expect_leq(norm_of(&rng, p.mechanism, by * (double)n, seen.deviation), bound, "row %zu", i);
        }
        sites[0].rate = rates[i][1];
        sites[1].rate = rates[i][0];
        cr_expect_eq(norm_bound_mean(&p, &seen), bound, "row %zu: the order says nothing", i);
    }
}

/* ---- steps as the engine makes them ---- */

static void adam(double *mean, double *square, double *w, double g, int t, double rate)
{
    *mean = .9 * *mean + .1 * g;
    *square = .999 * *square + .001 * g * g;
    *w -= rate * *mean / (1 - pow(.9, t)) / (sqrt(*square / (1 - pow(.999, t))) + 1e-8);
}

/* Gradients that grow are what makes Adam's steps longest. */
Test(norm_bound, no_gradient_makes_adam_go_farther)
{
    static const double growth[] = { 1, 1.01, 1.1, 1.11, 1.2, 2, 10 };
    for (size_t i = 0; i < COUNT(growth); i++) {
        struct permit p = some(PRIVACY_SUBSAMPLED_GAUSSIAN);
        struct permit_site s = one;
        double mean = 0, square = 0, w = 0, g = 1;
        s.steps = 200;
        p.training.adam = true;
        p.sites = &s;
        for (int t = 1; t <= 200; t++, g *= growth[i]) adam(&mean, &square, &w, g, t, p.training.learning_rate);
        const struct norm_seen seen = { .numbers = 1, .deviation = 1 };
        cr_expect_leq(fabs(w), norm_bound_update(&p, &s, &seen), "%g", growth[i]);
        cr_expect_gt(20 * fabs(w), norm_bound_update(&p, &s, &seen), "%g", growth[i]);
    }
}

Test(norm_bound, what_pulls_the_weights_is_reckoned_with)
{
    static const struct {
        const char *name;
        struct permit_training training;
        double start;
        bool bound;
    } rows[] = {
        { "nothing", { false, .1, 0, 0, 32 }, 5, true },
        { "decay", { false, .1, .5, 0, 32 }, 5, true },
        { "a pull to where it began", { false, .1, 0, 5, 32 }, 5, true },
        { "both", { false, .5, 1, 2.9, 32 }, 5, true },
        { "so much that it swings out", { false, .5, 1, 3.1, 32 }, 5, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct permit p = some(PRIVACY_SUBSAMPLED_GAUSSIAN);
        const struct permit_training *t = &rows[i].training;
        struct permit_site s = one;
        double w = rows[i].start, most;
        p.training = *t;
        s.noise = 0;
        p.sites = &s;
        const struct norm_seen seen = { .numbers = 1, .start = rows[i].start };
        most = norm_bound_update(&p, &s, &seen);
        for (uint64_t k = 0; k < s.steps; k++) {
            double g = p.clip + t->proximal_mu * (w - rows[i].start);
            w = w * (1 - t->learning_rate * t->weight_decay) - t->learning_rate * g;
        }
        cr_expect_eq(isfinite(most) != 0, rows[i].bound, "%s: %g", rows[i].name, most);
        cr_expect_leq(fabs(w - rows[i].start), most, "%s", rows[i].name);
        cr_expect(!rows[i].bound || most < 100 * fabs(w - rows[i].start), "%s: %g", rows[i].name, most);
    }
}

/* ---- what is not bound, and what is told too much of ---- */

Test(norm_bound, nothing_to_go_by)
{
    struct permit p = some(PRIVACY_GAUSSIAN);
    const struct norm_seen none = { .deviation = 3 }, ten = { .numbers = 10, .deviation = 3 };
    cr_expect_eq(norm_bound_update(&p, &one, &none), INFINITY);
    cr_expect_eq(norm_bound_mean(&p, &none), INFINITY);
    p.mechanism = PRIVACY_DISTRIBUTED;
    cr_expect_eq(norm_bound_update(&p, &one, &ten), INFINITY, "nobody sees one");
    p.patients = true;
    cr_expect_lt(norm_bound_mean(&p, &ten), 100, "of no patients");
    p.nsites = 0;
    p.sites = NULL;
    cr_expect_eq(norm_bound_mean(&p, &ten), INFINITY, "of no hospitals");
    p.noised = false;
    cr_expect_eq(norm_bound_update(&p, &one, &ten), INFINITY);
    cr_expect_eq(norm_bound_mean(&p, &ten), INFINITY);
}

Test(norm_bound, more_noise_than_permitted_is_no_reason)
{
    static const enum privacy_mechanism rows[] = { PRIVACY_GAUSSIAN, PRIVACY_LAPLACE, PRIVACY_SUBSAMPLED_GAUSSIAN };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct permit p = some(rows[i]);
        double permitted = permit_deviation(&p, &one);
        const struct norm_seen twice = { .numbers = 10, .deviation = 2 * permitted };
        const struct norm_seen more = { .numbers = 10, .deviation = 1e6 * permitted };
        cr_expect_eq(norm_bound_update(&p, &one, &twice), norm_bound_update(&p, &one, &more), "%zu", i);
    }
}

/* Of hospitals' own noise in a sum: none of them is longer, so the mean is not. */
Test(norm_bound, the_mean_is_no_longer_than_the_longest)
{
    struct permit_site two[] = { one, one };
    struct permit p = some(PRIVACY_SUBSAMPLED_GAUSSIAN);
    two[1].steps = 40;
    p.sites = two;
    p.nsites = 2;
    const struct norm_seen seen = { .numbers = NUMBERS, .deviation = permit_deviation(&p, &two[1]) };
    double most = norm_bound_update(&p, &two[1], &seen);
    cr_expect_float_eq(norm_bound_mean(&p, &seen), most + 0x1p-11 * sqrt(NUMBERS), 1e-9);
}
