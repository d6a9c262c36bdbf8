#include "common/privacy/audit_bound.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

enum { HALVINGS = 60, EPSILON_HALVINGS = 40 };

/* P[Bin(n, p) >= hits] */
static double at_least(uint64_t hits, uint64_t n, double p)
{
    return hits == 0 ? 1 : gsl_cdf_binomial_Q((unsigned)(hits - 1), p, (unsigned)n);
}

double audit_share_low(uint64_t hits, uint64_t n, double tail)
{
    double low = 0;
    double high = 1;
    if (hits == 0) return 0;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        *(at_least(hits, n, middle) < tail ? &low : &high) = middle;
    }
    return low;
}

double audit_share_high(uint64_t hits, uint64_t n, double tail) { return 1 - audit_share_low(n - hits, n, tail); }

double audit_epsilon_population(uint64_t hits, uint64_t members, uint64_t alarms, uint64_t others, double delta)
{
    double tpr = audit_share_low(hits, members, AUDIT_TAIL);
    double fpr = audit_share_high(alarms, others, AUDIT_TAIL);
    double direct = tpr > delta && fpr > 0 ? log((tpr - delta) / fpr) : 0;
    double mirror = 1 - fpr > delta && tpr < 1 ? log((1 - fpr - delta) / (1 - tpr)) : 0;
    return fmax(0, fmax(direct, mirror));
}

/* How likely so many right guesses are, at most, when epsilon and delta hold. */
static double chance(uint64_t canaries, uint64_t guesses, uint64_t right, double epsilon, double delta)
{
    double q = 1 / (1 + exp(-epsilon));
    double sum = 0;
    double worst = 0;
    for (uint64_t i = 1; i <= right && delta > 0; i++) {
        sum += gsl_ran_binomial_pdf((unsigned)(right - i), q, (unsigned)guesses);
        worst = fmax(worst, sum / (double)i);
    }
    return at_least(right, guesses, q) + 2 * (double)canaries * delta * worst;
}

double audit_epsilon_one_run(uint64_t canaries, uint64_t guesses, uint64_t right, double delta)
{
    double low = 0;
    double high = AUDIT_EPSILON_MAX;
    if (guesses == 0 || chance(canaries, guesses, right, 0, delta) >= AUDIT_SIGNIFICANCE) return 0;
    for (int i = 0; i < EPSILON_HALVINGS; i++) {
        double middle = (low + high) / 2;
        *(chance(canaries, guesses, right, middle, delta) < AUDIT_SIGNIFICANCE ? &low : &high) = middle;
    }
    return low;
}

double audit_max_advantage(double epsilon, double delta)
{
    return fmin(1, (expm1(epsilon) + 2 * delta) / (exp(epsilon) + 1));
}

double audit_max_accuracy(double epsilon, double delta) { return (1 + audit_max_advantage(epsilon, delta)) / 2; }

double audit_max_tpr(double epsilon, double delta, double fpr)
{
    return fmin(1, fmin(exp(epsilon) * fpr + delta, 1 - exp(-epsilon) * (1 - delta - fpr)));
}
