#include "common/privacy/audit_bound.h"
#include <criterion/criterion.h>
#include <math.h>

/* Clopper-Pearson by another way: the share at which the exact tail, summed term by term, is .025. */
static double tail_from(unsigned hits, unsigned n, double p)
{
    double term = n * log1p(-p);
    double sum = 0;
    for (unsigned k = 0; k <= n; k++) {
        if (k >= hits) sum += exp(term);
        term += log((double)(n - k)) - log((double)k + 1) + log(p) - log1p(-p);
    }
    return sum;
}

Test(audit_bound, clopper_pearson)
{
    static const struct {
        unsigned hits, n;
    } rows[] = { { 100, 1000 }, { 10, 1000 }, { 1, 50 }, { 49, 50 }, { 500, 1000 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double low = audit_share_low(rows[i].hits, rows[i].n, AUDIT_TAIL);
        double high = audit_share_high(rows[i].hits, rows[i].n, AUDIT_TAIL);
        cr_expect_float_eq(tail_from(rows[i].hits, rows[i].n, low), .025, 1e-9, "row %zu", i);
        cr_expect_float_eq(1 - tail_from(rows[i].hits + 1, rows[i].n, high), .025, 1e-9, "row %zu", i);
    }
    cr_expect_float_eq(audit_share_low(100, 1000, AUDIT_TAIL), .08210533, 1e-8);
    cr_expect_float_eq(audit_share_high(10, 1000, AUDIT_TAIL), .01831324, 1e-8);
    cr_expect(audit_share_low(0, 10, AUDIT_TAIL) == 0 && audit_share_high(10, 10, AUDIT_TAIL) == 1);
}

Test(audit_bound, population)
{
    static const struct {
        uint64_t hits, alarms;
        double delta, epsilon;
    } rows[] = { { 100, 10, 0, 1.5003785 },  { 100, 10, 1e-5, 1.5002567 },
                 { 500, 100, 0, 1.3597527 }, { 900, 10, 0, 3.8719702 },
                 { 1000, 0, 0, 5.6005875 },  { 50, 0, 0, 2.3164630 },
                 { 10, 10, 0, 0 },           { 0, 1000, 0, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_float_eq(audit_epsilon_population(rows[i].hits, 1000, rows[i].alarms, 1000, rows[i].delta),
                           rows[i].epsilon, 1e-6, "row %zu", i);
}

/* As the authors' own program gives them (Steinke, Nasr & Jagielski 2023), to 1e-5: at delta 0 and 1e-5. */
Test(audit_bound, one_run)
{
    static const struct {
        uint64_t m, r, v;
        double pure, approximate;
    } rows[] = {
        { 100, 100, 100, 3.49296, 3.49021 },    { 1000, 1000, 500, 0, 0 },
        { 1000, 1000, 550, .09422, .09399 },    { 1000, 1000, 600, .29746, .29723 },
        { 1000, 1000, 700, .73201, .73174 },    { 1000, 1000, 900, 2.02123, 2.02064 },
        { 1000, 100, 90, 1.63082, 1.62614 },    { 1000, 100, 100, 3.49296, 3.46537 },
        { 1000, 50, 50, 2.78473, 2.75622 },     { 5000, 200, 190, 2.39787, 2.37599 },
        { 10000, 1000, 980, 3.51351, 3.48968 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_float_eq(audit_epsilon_one_run(rows[i].m, rows[i].r, rows[i].v, 0), rows[i].pure, 1e-5, "row %zu", i);
        cr_expect_float_eq(audit_epsilon_one_run(rows[i].m, rows[i].r, rows[i].v, 1e-5), rows[i].approximate, 1e-5,
                           "row %zu", i);
    }
    cr_expect_eq(audit_epsilon_one_run(10, 0, 0, 0), 0);
}

Test(audit_bound, what_epsilon_allows)
{
    static const struct {
        double epsilon, advantage, accuracy, tpr;
    } rows[] = { { .1, .049958, .524979, .001115 }, { .5, .244919, .622459, .001659 }, { 1, .462117, .731059, .002728 },
                 { 2, .761594, .880797, .007399 },  { 3, .905148, .952574, .020096 },  { 5, .986614, .993307, .148423 },
                 { 8, .999329, .999665, 1 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_float_eq(audit_max_advantage(rows[i].epsilon, 0), rows[i].advantage, 1e-6, "row %zu", i);
        cr_expect_float_eq(audit_max_accuracy(rows[i].epsilon, 0), rows[i].accuracy, 1e-6, "row %zu", i);
        double tpr = audit_max_tpr(rows[i].epsilon, 1e-5, .001);
        cr_expect(rows[i].tpr == 1 ? tpr > .999 : fabs(tpr - rows[i].tpr) < 1e-6, "row %zu: %.7f", i, tpr);
    }
}
