#include "common/base/rng.h"
#include "common/privacy/audit.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct audit_row row(double auc, double spread, double tpr, double epsilon, uint64_t others)
{
    return (struct audit_row){ .attack = AUDIT_CANARY,
                               .members = others,
                               .others = others,
                               .accuracy = .5,
                               .auc = { auc, auc - spread, auc + spread },
                               .tpr = { tpr, tpr, tpr },
                               .epsilon_low = epsilon };
}

static const struct {
    double auc, spread, tpr, epsilon;
    uint64_t others;
    double claimed;
    enum audit_grade grade;
    bool vulnerable, alarm;
} rows[] = {
    { .50, .02, .001, 0, 1000, 0, AUDIT_A, false, false },
    { .52, .02, .001, 0, 1000, 0, AUDIT_B, false, false },
    { .50, .02, .004, 0, 1000, 0, AUDIT_B, true, false },
    { .50, .02, .001, .6, 1000, 0, AUDIT_B, true, false },
    { .60, .02, .001, 0, 1000, 0, AUDIT_C, true, false },
    { .50, .02, .02, 2, 1000, 3, AUDIT_C, true, false },
    { .70, .02, .001, 0, 1000, 0, AUDIT_D, true, false },
    { .50, .02, .001, 4, 1000, 8, AUDIT_D, true, false },
    { .80, .02, .001, 0, 1000, 0, AUDIT_F, true, false },
    { .50, .02, .2, 0, 1000, 0, AUDIT_F, true, false },
    { .50, .02, .001, 0, 999, 0, AUDIT_INSUFFICIENT, false, false },
    { .50, .02, .2, 0, 999, 0, AUDIT_INSUFFICIENT, false, false },
    { .50, .03, .001, 0, 5000, 0, AUDIT_INSUFFICIENT, false, false },
    { .50, .02, .001, .3, 1000, .2, AUDIT_F, false, true },
    { .50, .02, .001, .3, 10, .2, AUDIT_F, false, true },
    { .50, .02, .001, .2, 1000, .2, AUDIT_A, false, false },
};

Test(audit, grades)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct audit a = { .epsilon = rows[i].claimed, .n = 1 };
        a.rows[0] = row(rows[i].auc, rows[i].spread, rows[i].tpr, rows[i].epsilon, rows[i].others);
        cr_expect_eq(audit_grade(&a, &a.rows[0]), rows[i].grade, "row %zu: %d", i, (int)audit_grade(&a, &a.rows[0]));
        cr_expect_eq(audit_vulnerable(&a.rows[0]), rows[i].vulnerable, "row %zu", i);
        cr_expect_eq(audit_alarm(&a), rows[i].alarm, "row %zu", i);
    }
}

Test(audit, the_worst_grade_counts_where_there_is_one)
{
    struct audit a = { .n = 2 };
    a.rows[0] = row(.5, .02, .001, 0, 10);
    a.rows[1] = row(.6, .02, .001, 0, 1000);
    cr_expect_eq(audit_worst(&a), AUDIT_C);
    a.n = 1;
    cr_expect_eq(audit_worst(&a), AUDIT_INSUFFICIENT);
}

/* Only what is claimed for the canaries' run is proven by it: the other attacks' bound is an estimate. */
Test(audit, only_canaries_raise_the_alarm)
{
    struct audit a = { .epsilon = .1, .n = 1 };
    a.rows[0] = row(.5, .02, .001, .3, 1000);
    a.rows[0].attack = AUDIT_LOSS;
    cr_expect_not(audit_alarm(&a));
}

static void coins(struct rng *r, double *scores, bool *in, size_t n, double gap)
{
    for (size_t i = 0; i < n; i++) {
        in[i] = rng_below(r, 2) == 1;
        scores[i] = rng_normal(r) + (in[i] ? gap : 0);
    }
}

Test(audit, canaries_prove_what_they_show_and_no_more)
{
    enum { N = 2000 };
    static double scores[N];
    static bool in[N];
    static const struct {
        double gap, least, most;
    } cases[] = { { 0, 0, .3 }, { 1, .5, 2.5 }, { 20, 5, 9 } };
    struct rng r = rng_make(9);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct audit a = { .delta = 1e-5 };
        coins(&r, scores, in, N, cases[i].gap);
        cr_assert_eq(audit_canaries(&a, scores, in, N, N / 2), OK);
        double epsilon = a.rows[0].epsilon_low;
        cr_expect(a.n == 1 && a.canaries == N && a.guesses == N / 2 && a.right <= a.guesses);
        cr_expect(epsilon >= cases[i].least && epsilon <= cases[i].most, "case %zu: %g", i, epsilon);
        cr_expect(a.rows[0].members + a.rows[0].others == N);
    }
}

/* Randomised response with a known epsilon: each score tells the truth with chance e^eps / (1 + e^eps).  The bound must
 * stay below it; in 200 runs at 95 % more than 22 above would be a one-in-a-thousand accident. */
Test(audit, bound_is_a_lower_bound)
{
    enum { N = 500, RUNS = 200 };
    static double scores[N];
    static bool in[N];
    struct rng r = rng_make(10);
    size_t above = 0;
    for (int k = 0; k < RUNS; k++) {
        struct audit a = { 0 };
        for (size_t i = 0; i < N; i++) {
            in[i] = rng_below(&r, 2) == 1;
            bool truth = rng_unit(&r) < exp(1) / (1 + exp(1));
            scores[i] = in[i] == truth ? 1 : 0;
        }
        cr_assert_eq(audit_canaries(&a, scores, in, N, N), OK);
        above += a.rows[0].epsilon_low > 1;
    }
    cr_expect_leq(above, 22, "%zu", above);
}

Test(audit, measures_by_a_threshold_from_other_scores)
{
    enum { N = 2000 };
    static double a[N], b[N];
    struct rng r = rng_make(11);
    struct audit_row out;
    for (size_t i = 0; i < N; i++) {
        a[i] = rng_normal(&r) + 1;
        b[i] = rng_normal(&r);
    }
    cr_assert_eq(audit_measure(AUDIT_LOSS, &(struct attack_scores){ a, b, N, N }, 1e-5, &out), OK);
    cr_expect_float_eq(out.accuracy, .5 * erfc(-.5 / sqrt(2)), .03, "%g", out.accuracy);
    cr_expect(out.epsilon_low > .5 && out.epsilon_low < 1.5, "%g", out.epsilon_low);
    cr_expect_eq(audit_measure(AUDIT_LOSS, &(struct attack_scores){ a, b, 1, N }, 0, &out), ERR_INPUT);
}

Test(audit, numbers_there_and_back)
{
    double numbers[AUDIT_NUMBERS];
    double again[AUDIT_NUMBERS];
    struct audit a = {
        .epsilon = 2, .delta = 1e-5, .records = 400, .canaries = 100, .guesses = 50, .right = 30, .n = 2
    };
    struct audit b;
    a.rows[0] = row(.6, .02, .01, .2, 100);
    a.rows[0].attack = AUDIT_THRESHOLD;
    a.rows[1] = row(.7, .01, .02, .3, 50);
    size_t n = audit_write(&a, numbers);
    cr_assert_eq(audit_read(numbers, n, &b), OK);
    cr_expect(audit_write(&b, again) == n && memcmp(numbers, again, n * sizeof *again) == 0);
    for (size_t i = 0; i < n; i++) { /* every number is checked */
        double kept = numbers[i];
        numbers[i] = NAN;
        cr_expect_eq(audit_read(numbers, n, &b), ERR_INPUT, "number %zu", i);
        numbers[i] = -1;
        cr_expect_eq(audit_read(numbers, n, &b), ERR_INPUT, "number %zu", i);
        numbers[i] = kept;
    }
    cr_expect_eq(audit_read(numbers, n - 1, &b), ERR_INPUT);
    cr_expect_eq(audit_read(numbers, 0, &b), ERR_INPUT);
}

Test(audit, without_memory)
{
    static const double scores[] = { 1, 2, 3, 4, 5, 6 };
    static const bool in[] = { true, false, true, false, true, false };
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct audit a = { 0 };
        enum err e = audit_canaries(&a, scores, in, 6, 4);
        cr_expect((e == OK && a.n == 1) || (e == ERR_MEMORY && a.n == 0));
        done = e == OK;
    }
}
