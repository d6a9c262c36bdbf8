#include "common/base/rng.h"
#include "common/privacy/attack.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>

static const struct {
    const char *name;
    double members[5], others[5];
    size_t nmembers, nothers;
    double auc, tpr, threshold_accuracy;
} rows[] = {
    { "apart", { 3, 4, 5 }, { 0, 1, 2 }, 3, 3, 1, 1, 1 },
    { "turned", { 0, 1 }, { 2, 3 }, 2, 2, 0, 0, .5 },
    { "all tied", { 1, 1, 1 }, { 1, 1 }, 3, 2, .5, 0, .5 },
    { "one pair of four wrong", { 2, 4 }, { 1, 3 }, 2, 2, .75, .5, .75 },
    { "a tie counts half", { 2, 3 }, { 2, 1 }, 2, 2, .875, .5, .75 },
};

Test(attack, small_lists_by_hand)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct attack_scores s = { rows[i].members, rows[i].others, rows[i].nmembers, rows[i].nothers };
        struct attack_interval auc;
        struct attack_interval tpr;
        double threshold = 0;
        cr_assert(attack_auc(&s, &auc) == OK && attack_tpr(&s, .001, &tpr) == OK &&
                  attack_threshold(&s, &threshold) == OK);
        cr_expect_float_eq(auc.value, rows[i].auc, 1e-12, "%s: %g", rows[i].name, auc.value);
        cr_expect(auc.low <= auc.value && auc.value <= auc.high, "%s", rows[i].name);
        cr_expect_float_eq(tpr.value, rows[i].tpr, 1e-12, "%s: %g", rows[i].name, tpr.value);
        struct attack_counts c = attack_count(&s, threshold);
        cr_expect_float_eq(attack_accuracy(&c), rows[i].threshold_accuracy, 1e-12, "%s: at %g", rows[i].name,
                           threshold);
    }
}

static void draw(struct rng *r, double *out, size_t n, double mean)
{
    for (size_t i = 0; i < n; i++) out[i] = mean + rng_normal(r);
}

/* Two normals a distance d apart have an AUC of Phi(d / sqrt 2); the interval must hold it 95 times of 100.  With 400
 * trials fewer than 365 would be a one-in-ten-thousand accident. */
Test(attack, interval_holds_the_truth)
{
    enum { N = 300, TRIALS = 400 };
    static double a[N], b[N];
    struct rng r = rng_make(3);
    double truth = .5 * erfc(-.5 / sqrt(2) / sqrt(2));
    size_t held = 0;
    for (int t = 0; t < TRIALS; t++) {
        struct attack_interval auc;
        draw(&r, a, N, .5);
        draw(&r, b, N, 0);
        cr_assert_eq(attack_auc(&(struct attack_scores){ a, b, N, N }, &auc), OK);
        held += auc.low <= truth && truth <= auc.high;
    }
    cr_expect(held >= 365 && held <= 398, "%zu of %d", held, TRIALS);
}

Test(attack, null_deviation)
{
    cr_expect_float_eq(attack_auc_null(1000), .012913, 1e-6);
    cr_expect_float_eq(attack_auc_null(10000), .004083, 1e-6);
    cr_expect_float_eq(attack_auc_null(100000), .001291, 1e-6);
}

Test(attack, true_positives_at_few_alarms)
{
    enum { N = 2000 };
    static double a[N], b[N];
    struct attack_interval tpr;
    for (int i = 0; i < N; i++) {
        b[i] = i;
        a[i] = i < N - 20 ? 0 : N + i;
    }
    cr_assert_eq(attack_tpr(&(struct attack_scores){ a, b, N, N }, .001, &tpr), OK);
    cr_expect_float_eq(tpr.value, .01, 1e-12);
    cr_expect(tpr.low > .005 && tpr.low < .01 && tpr.high > .01 && tpr.high < .016, "%g %g", tpr.low, tpr.high);
}

Test(attack, refuses_empty_lists_and_lives_without_memory)
{
    const double one[] = { 1 };
    struct attack_interval out;
    double threshold = 0;
    bool done = false;
    cr_expect_eq(attack_auc(&(struct attack_scores){ one, one, 0, 1 }, &out), ERR_INPUT);
    cr_expect_eq(attack_tpr(&(struct attack_scores){ one, one, 1, 0 }, .1, &out), ERR_INPUT);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = attack_threshold(&(struct attack_scores){ one, one, 1, 1 }, &threshold);
        cr_expect(e == OK || e == ERR_MEMORY);
        done = e == OK;
    }
}
