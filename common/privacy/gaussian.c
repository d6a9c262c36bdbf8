#include "common/privacy/gaussian.h"
#include <math.h>
#include <stdbool.h>

#define EPSILON_MAX 1e12
#define CLOSE 1e-13 /* relative width at which a bisection ends, at its safe end */
enum { STEPS_MAX = 2200 };
static const double tail = -37; /* below it erfc comes near its underflow */

/* ln Phi(z); far out by the asymptotic series (Abramowitz & Stegun 26.2.12). */
static double log_phi(double z)
{
    if (z > 0) return log1p(-erfc(z * M_SQRT1_2) / 2);
    if (z > tail) return log(erfc(-z * M_SQRT1_2) / 2);
    double w = 1 / (z * z);
    double series = w * (-1 + w * (3 + w * (-15 + w * (105 - w * 945))));
    return -z * z / 2 - log(-z * sqrt(2 * M_PI)) + log1p(series);
}

double gaussian_delta(double sigma, double epsilon)
{
    if (!(sigma > 0) || !(epsilon >= 0)) return 1;
    if (isinf(sigma) || isinf(epsilon)) return 0;
    double above = log_phi(1 / (2 * sigma) - epsilon * sigma);
    double below = log_phi(-1 / (2 * sigma) - epsilon * sigma);
    /* What rounding may have taken from the difference of two close numbers is given back. */
    double margin = (4 + epsilon + fabs(above) + fabs(below)) * 0x1p-51;
    return fmin(1, exp(above) * (-expm1(fmin(0, epsilon + below - above)) + margin));
}

/* The least x of [0, EPSILON_MAX] with gaussian_delta(sigma, x) <= delta, from above. */
double gaussian_epsilon(double sigma, double delta)
{
    double low = 0;
    double high = 1;
    if (!(sigma > 0) || !(delta > 0)) return INFINITY;
    if (gaussian_delta(sigma, 0) <= delta) return 0;
    while (gaussian_delta(sigma, high) > delta) {
        low = high;
        high *= 2;
        if (high > EPSILON_MAX) return INFINITY;
    }
    for (int i = 0; i < STEPS_MAX && high - low > CLOSE * high; i++) {
        double middle = low + (high - low) / 2;
        *(gaussian_delta(sigma, middle) <= delta ? &high : &low) = middle;
    }
    return high;
}

double gaussian_sigma(double epsilon, double delta)
{
    double low = 1;
    double high = 1;
    if (!(epsilon >= 0) || !(delta > 0)) return INFINITY;
    while (high < 0x1p1000 && gaussian_delta(high, epsilon) > delta) high *= 2;
    while (low > 0x1p-1000 && gaussian_delta(low, epsilon) <= delta) low /= 2;
    for (int i = 0; i < STEPS_MAX && high - low > CLOSE * high; i++) {
        double middle = low + (high - low) / 2;
        *(gaussian_delta(middle, epsilon) <= delta ? &high : &low) = middle;
    }
    return high < 0x1p1000 ? high : INFINITY;
}
