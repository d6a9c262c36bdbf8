/* Any setting of subsampled steps: both accountants grow with steps and rate, fall with noise and delta, and say
 * numbers. */
#include "common/privacy/pld.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define INTERVAL 1e-2
static const double close_enough = 1e-8; /* relative: rounding */

struct setting {
    double noise, rate, delta;
    uint64_t steps;
};

static void must(bool holds)
{
    if (!holds) abort();
}

static double fraction(const uint8_t *data, size_t i)
{
    uint32_t bits;
    memcpy(&bits, data + 4 * i, sizeof bits);
    return (double)bits / UINT32_MAX;
}

static struct privacy_event event_of(const struct setting *s)
{
    return (struct privacy_event){
        .mechanism = PRIVACY_SUBSAMPLED_GAUSSIAN, .noise = s->noise, .rate = s->rate, .steps = s->steps
    };
}

static double by_renyi(const struct setting *s)
{
    struct privacy_event e = event_of(s);
    struct accountant a = accountant_make();
    must(accountant_add(&a, &e) == OK);
    double epsilon = accountant_renyi(&a, s->delta, NULL);
    must(epsilon >= 0);
    return epsilon;
}

static double by_pld(const struct setting *s)
{
    struct privacy_event e = event_of(s);
    const struct pld_list list = { &e, 1, INTERVAL };
    double epsilon = -1;
    must(pld_epsilon(&list, s->delta, &epsilon) == OK && epsilon >= 0);
    return epsilon;
}

static void check(const struct setting *s, double (*epsilon)(const struct setting *s))
{
    double here = epsilon(s), more = here * (1 + close_enough) + 1e-12;
    struct setting other = *s;
    other.steps = s->steps / 2 + 1;
    if (other.steps < s->steps) must(epsilon(&other) <= more);
    other = *s;
    other.noise *= 1.25;
    must(epsilon(&other) <= more);
    other = *s;
    other.delta = fmin(.5, 3 * s->delta);
    must(epsilon(&other) <= more);
    other = *s;
    other.rate *= .75;
    must(epsilon(&other) <= more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 16) return 0;
    const struct setting s = {
        .noise = .5 * exp(6 * fraction(data, 0)),
        .rate = exp(-1e-6 - 12 * fraction(data, 1)), /* with 1 the answer is exact, below it of the grid */
        .delta = exp(-1 - 30 * fraction(data, 2)),
        .steps = 1 + (uint64_t)exp(8 * fraction(data, 3))
    };
    struct setting wide = s;
    wide.noise = .01 * exp(20 * fraction(data, 0));
    wide.steps = 1 + (uint64_t)exp(27 * fraction(data, 3));
    check(&wide, by_renyi);
    check(&s, by_pld);
    return 0;
}
