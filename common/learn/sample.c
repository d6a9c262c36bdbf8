#include "common/learn/sample.h"
#include <math.h>

/* Durstenfeld 1964, doi:10.1145/364520.364540 */
void sample_shuffle(struct rng *r, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(r, i);
        uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

void sample_order(struct rng *r, uint32_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = (uint32_t)i;
    sample_shuffle(r, out, n);
}

/* Marsaglia & Tsang 2000, doi:10.1145/358407.358414 */
double sample_gamma(struct rng *r, double shape)
{
    double d = shape - 1.0 / 3;
    double c = 1 / sqrt(9 * d);
    for (;;) {
        double x = rng_normal(r);
        double v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        double u = 1 - rng_unit(r);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

/* Gammas normalised.  A gamma of shape alpha is one of alpha + 1 times U^(1/alpha) (same paper, section 6), kept as a
 * logarithm because for small alpha all of them would round to zero. */
void sample_dirichlet(struct rng *r, double alpha, size_t n, double *out)
{
    double most = -INFINITY;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = log(sample_gamma(r, alpha + 1)) + log(1 - rng_unit(r)) / alpha;
        most = fmax(most, out[i]);
    }
    for (size_t i = 0; i < n; i++) sum += out[i] = exp(out[i] - most);
    for (size_t i = 0; i < n; i++) out[i] /= sum;
}
