#include "common/privacy/gaussian.h"
#include "common/privacy/pld_term.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define SAMPLED(noise_, rate_)                                                                                         \
    {                                                                                                                  \
        .mechanism = PRIVACY_SUBSAMPLED_GAUSSIAN, .noise = (noise_), .rate = (rate_), .steps = 1                       \
    }

/* delta of one release at any epsilon, the direction's; the closed form. */
static double exact(const struct privacy_event *e, enum pld_direction d, double epsilon)
{
    double q = e->mechanism == PRIVACY_SUBSAMPLED_GAUSSIAN ? e->rate : 1, s = e->noise;
    if (e->mechanism == PRIVACY_LAPLACE && epsilon < -1 / s) return -expm1(epsilon);
    if (e->mechanism == PRIVACY_LAPLACE) return fmax(0, -expm1((epsilon - 1 / s) / 2));
    double sign = d == PLD_REMOVE ? 1 : -1;
    double w = (expm1(sign * epsilon) + q) / q;
    double x = w > 0 ? s * s * log(w) + .5 : -INFINITY;
    double without = erfc(sign * x / s * M_SQRT1_2) / 2, one = erfc(sign * (x - 1) / s * M_SQRT1_2) / 2;
    double with = (1 - q) * without + q * one;
    return d == PLD_REMOVE ? with - exp(epsilon) * without : without - exp(epsilon) * with;
}

static double delta(const struct pld_side *s, double h, double epsilon)
{
    double sum = s->infinite;
    for (size_t i = 0; i < s->n; i++) {
        double l = (double)(s->first + (int64_t)i) * h;
        if (l > epsilon) sum += -expm1(epsilon - l) * s->p[i];
    }
    return sum;
}

/* On the two points around index k. */
static double near_mass(const struct pld_side *s, double k)
{
    double below = floor(k) - (double)s->first, sum = 0;
    for (int i = 0; i < 2; i++)
        if (below + i >= 0 && below + i < (double)s->n) sum += s->p[(size_t)below + (size_t)i];
    return sum;
}

static double whole(const struct pld_side *s)
{
    double sum = s->infinite;
    for (size_t i = 0; i < s->n; i++) sum += s->p[i];
    return sum;
}

static const struct privacy_event events[] = {
    SAMPLED(1, .01),
    SAMPLED(.4, .3),
    SAMPLED(3, .001),
    SAMPLED(1, .999),
    SAMPLED(.2, 1e-4),
    { .mechanism = PRIVACY_GAUSSIAN, .noise = 1, .steps = 1 },
    { .mechanism = PRIVACY_GAUSSIAN, .noise = .15, .steps = 1 },
    { .mechanism = PRIVACY_LAPLACE, .noise = 1, .steps = 1 },
    { .mechanism = PRIVACY_LAPLACE, .noise = 7.3, .steps = 1 },
};

/* At no epsilon below the truth, on the grid at it, and off the grid above it by the grid's square at most. */
Test(pld_term, dots_are_connected_from_above)
{
    static const double h = 1e-3;
    for (size_t i = 0; i < COUNT(events); i++) {
        struct pld_term t CLEANUP(pld_term_fini);
        cr_assert_eq(pld_term_init(&t, &events[i], h, 1e-15), OK);
        for (enum pld_direction d = PLD_REMOVE; d < PLD_DIRECTIONS; d++) {
            const struct pld_side *side = pld_term_side(&t, d);
            cr_expect(fabs(whole(side) - 1) < 1e-12, "event %zu: sums to %.15g", i, whole(side));
            cr_expect(side->infinite <= 1e-15, "event %zu", i);
            for (double k = -2000; k <= 9000; k += 123.5) {
                double truth = exact(&events[i], d, k * h), mine = delta(side, h, k * h);
                double on = 1e-11 + (k == floor(k) ? 1e-9 * truth : h / 4 * near_mass(side, k));
                cr_expect(mine >= truth - 1e-13 && mine <= truth + on, "event %zu/%d at %g: %.15g for %.15g", i, (int)d,
                          k * h, mine, truth);
            }
        }
    }
}

Test(pld_term, refusals)
{
    static const struct {
        const char *name;
        struct privacy_event event;
        double interval;
        enum err err;
    } rows[] = {
        { "too many losses", { .mechanism = PRIVACY_LAPLACE, .noise = 1e-3, .steps = 1 }, 1e-5, ERR_LIMIT },
        { "too large losses", { .mechanism = PRIVACY_GAUSSIAN, .noise = 1e-12, .steps = 1 }, 1, ERR_LIMIT },
        { "infinite losses", { .mechanism = PRIVACY_GAUSSIAN, .noise = 1e-200, .steps = 1 }, 1, ERR_LIMIT },
        { "hardly a loss", { .mechanism = PRIVACY_GAUSSIAN, .noise = 1e100, .steps = 1 }, 1, OK },
        { "no loss", { .mechanism = PRIVACY_LAPLACE, .noise = 1e300, .steps = 1 }, 1, OK },
        { "a rate near 0", SAMPLED(1, 1e-300), 1e-4, OK },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pld_term t CLEANUP(pld_term_fini) = { .steps = 0 };
        cr_expect_eq(pld_term_init(&t, &rows[i].event, rows[i].interval, 1e-15), rows[i].err, "%s", rows[i].name);
        if (rows[i].err == OK) cr_expect(fabs(whole(&t.side[0]) - 1) < 1e-12, "%s", rows[i].name);
    }
}

Test(pld_term, memory)
{
    struct pld_term t = { .steps = 0 };
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = pld_term_init(&t, &events[0], 1e-3, 1e-15);
        cr_expect(e == OK || (e == ERR_MEMORY && t.side[0].p == NULL));
        done = e == OK;
    }
    pld_term_fini(&t);
    pld_term_fini(&t);
}
