#include "common/privacy/zcdp.h"
#include "common/privacy/accountant.h"
#include <math.h>

enum { STEPS = 120, STEPS_MAX = 1200 };
#define CLOSE 1e-12
static const double golden = 0.6180339887498949;
static const double log_order_least = -40; /* ln(order - 1) */
static const double log_order_most = 80;

double zcdp_of_gaussian(double noise) { return 1 / (2 * noise * noise); }

double zcdp_of_pure(double epsilon) { return epsilon * tanh(epsilon / 2); }

double zcdp_epsilon_standard(double rho, double delta) { return rho + 2 * sqrt(rho * -log(delta)); }

static double at(double rho, double delta, double log_order)
{
    double less_one = exp(log_order);
    return accountant_rdp_epsilon(1 + less_one, rho * (1 + less_one), delta);
}

/* For each epsilon the orders that reach delta are an interval (CKS 2020, before corollary 13), so golden section over
 * ln(order - 1) comes to the least; whatever it comes to is a valid epsilon. */
double zcdp_epsilon(double rho, double delta)
{
    double low = log_order_least, high = log_order_most;
    if (!(delta > 0) || !(rho >= 0)) return INFINITY;
    double left = at(rho, delta, high - golden * (high - low)), right = at(rho, delta, low + golden * (high - low));
    for (int i = 0; i < STEPS; i++) {
        if (left <= right) {
            high = low + golden * (high - low);
            right = left;
            left = at(rho, delta, high - golden * (high - low));
        } else {
            low = high - golden * (high - low);
            left = right;
            right = at(rho, delta, low + golden * (high - low));
        }
    }
    return fmin(left, right);
}

double zcdp_rho(double epsilon, double delta)
{
    double low = 1, high = 1;
    if (!(epsilon > 0) || !(delta > 0)) return 0;
    while (low > 0x1p-1000 && zcdp_epsilon(low, delta) > epsilon) low /= 2;
    while (high < 0x1p1000 && zcdp_epsilon(high, delta) <= epsilon) high *= 2;
    for (int i = 0; i < STEPS_MAX && high - low > CLOSE * high; i++) {
        double middle = low + (high - low) / 2;
        *(zcdp_epsilon(middle, delta) <= epsilon ? &low : &high) = middle;
    }
    return zcdp_epsilon(low, delta) <= epsilon ? low : 0;
}
