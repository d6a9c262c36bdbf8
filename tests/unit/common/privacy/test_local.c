#include "common/privacy/filter.h"
#include "common/privacy/gaussian.h"
#include "common/privacy/local.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { N = 20000 };

/* Sensitivity is twice the clip bound: the factors of Balle & Wang's table, doubled. */
Test(local, noise_scale)
{
    static const struct {
        struct local_rule rule;
        double scale;
    } rows[] = {
        { { PRIVACY_GAUSSIAN, 1, 1e-5, 1 }, 2 * 3.7306316348159374 },
        { { PRIVACY_GAUSSIAN, 1, 1e-5, .5 }, 3.7306316348159374 },
        { { PRIVACY_GAUSSIAN, 8, 1e-6, 3 }, 6 * .6529353843582156 },
        { { PRIVACY_GAUSSIAN, .1, 1e-6, 1 }, 2 * 36.304690426196274 },
        { { PRIVACY_LAPLACE, 1, 0, 1 }, 2 },
        { { PRIVACY_LAPLACE, .5, 0, 3 }, 12 },
        { { PRIVACY_GAUSSIAN, 1, 1e-5, 1, .least = 3 }, 2 * 3.7306316348159374 },
        { { PRIVACY_GAUSSIAN, 1, 1e-5, .5, .least = 5 }, 5 },
        { { PRIVACY_LAPLACE, .5, 0, 3, .least = 2.5 }, 15 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double scale = 0;
        cr_assert_eq(local_noise_scale(&rows[i].rule, &scale, NULL), OK);
        cr_expect(scale >= rows[i].scale && scale <= rows[i].scale * (1 + 1e-6), "row %zu: %.12g", i, scale);
    }
    cr_expect_float_eq(local_deviation(PRIVACY_LAPLACE, 2), 2 * M_SQRT2, 1e-12);
    cr_expect_eq(local_deviation(PRIVACY_GAUSSIAN, 2), 2);
    cr_expect_eq(local_deviation(PRIVACY_MECHANISMS, 2), 0);
}

Test(local, impossible_rules_are_refused_in_words)
{
    static const struct local_rule rows[] = {
        { PRIVACY_MECHANISMS, 1, 1e-5, 1 },  { PRIVACY_GAUSSIAN, 0, 1e-5, 1 },  { PRIVACY_GAUSSIAN, -1, 1e-5, 1 },
        { PRIVACY_GAUSSIAN, NAN, 1e-5, 1 },  { PRIVACY_GAUSSIAN, 1, 0, 1 },     { PRIVACY_GAUSSIAN, 1, 1, 1 },
        { PRIVACY_GAUSSIAN, 1, NAN, 1 },     { PRIVACY_GAUSSIAN, 1, 1e-5, 0 },  { PRIVACY_GAUSSIAN, 1, 1e-5, NAN },
        { PRIVACY_GAUSSIAN, 40, 1e-5, 1 },   { PRIVACY_LAPLACE, 0, 0, 1 },      { PRIVACY_LAPLACE, 1, 0, -1 },
        { PRIVACY_LAPLACE, INFINITY, 0, 1 }, { PRIVACY_LAPLACE, 1e-300, 0, 1 }, { PRIVACY_LAPLACE, 1e12, 0, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        struct privacy_event e;
        float v[1] = { 7 };
        double scale = -1;
        cr_expect_eq(local_noise_scale(&rows[i], &scale, &why), ERR_INPUT, "row %zu", i);
        cr_expect(strlen(why.text) > 10 && scale < 0, "row %zu", i);
        cr_expect_eq(local_event(&rows[i], &e, NULL), ERR_INPUT, "row %zu", i);
        cr_expect_eq(local_privatise(&rows[i], v, 1, dice_broken, NULL, &scale, NULL), ERR_INPUT, "row %zu", i);
        cr_expect(v[0] == 7 && scale < 0, "row %zu", i);
    }
}

/* One release, charged, costs at most what its rule says, and nearly that. */
Test(local, event_costs_what_the_rule_says)
{
    for (double epsilon = .05; epsilon < 15; epsilon *= 1.5)
        for (double delta = 1e-9; delta < .01; delta *= 10)
            for (enum privacy_mechanism m = 0; m < PRIVACY_MECHANISMS; m++) {
                const struct local_rule rule = { m, epsilon, delta, .7 };
                struct accountant a = accountant_make();
                struct privacy_event e;
                if (local_event(&rule, &e, NULL) != OK) continue;
                struct filter filter = filter_make(epsilon, delta);
                cr_expect(filter_allows(&filter, &a, &e, 1), "%d eps %g delta %g", (int)m, epsilon, delta);
                cr_assert_eq(accountant_add(&a, &e), OK);
                double cost = accountant_epsilon(&a, delta);
                bool cheaper = m == PRIVACY_LAPLACE; /* at delta > 0 less than its pure epsilon is right */
                cr_expect(cost <= epsilon && (cheaper || cost > epsilon * .9999), "%d %g for %g", (int)m, cost,
                          epsilon);
            }
}

Test(local, clips_and_adds_noise)
{
    static const struct local_rule rules[] = { { PRIVACY_GAUSSIAN, 1, 1e-5, 2 }, { PRIVACY_LAPLACE, 2, 0, 2 } };
    static float v[N];
    for (size_t i = 0; i < 2; i++) {
        struct rng r = rng_make(i + 1);
        double scale = 0, mean = 0, square = 0;
        for (int j = 0; j < N; j++) v[j] = 1e6f;
        cr_assert_eq(local_privatise(&rules[i], v, N, dice_random, &r, &scale, NULL), OK);
        double deviation = local_deviation(rules[i].mechanism, scale);
        double centre = rules[i].mechanism == PRIVACY_GAUSSIAN ? 2 / sqrt(N) : 2. / N;
        for (int j = 0; j < N; j++) mean += (double)v[j] / N;
        for (int j = 0; j < N; j++) square += ((double)v[j] - centre) * ((double)v[j] - centre) / N;
        cr_expect(fabs(mean - centre) < 5 * deviation / sqrt(N), "rule %zu: mean %g", i, mean);
        cr_expect(fabs(sqrt(square) / deviation - 1) < .05, "rule %zu: deviation %g for %g", i, sqrt(square),
                  deviation);
    }
}

Test(local, nothing_readable_after_a_failure)
{
    const struct local_rule rule = { PRIVACY_GAUSSIAN, 1, 1e-5, 1 };
    float v[2] = { 3, 4 }, bad[2] = { NAN, 4 };
    double scale = -1;
    struct why why = { "" };
    cr_expect_eq(local_privatise(&rule, v, 2, dice_broken, NULL, &scale, NULL), ERR_IO);
    cr_expect(v[0] == 0 && v[1] == 0 && scale < 0);
    cr_expect_eq(local_privatise(&rule, bad, 2, dice_broken, NULL, &scale, &why), ERR_INPUT);
    cr_expect(strstr(why.text, "finite") != NULL && scale < 0);
}
