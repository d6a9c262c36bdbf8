#include "common/privacy/subsampled.h"
#include <math.h>
#include <stdbool.h>

enum { NODES_MAX = 1024, SERIES_TERMS = 10 };
static const double reach = 9.5;         /* standard deviations to either side of the outermost peak: 1e-20 of it */
static const double fractional_max = 12; /* orders up to here by quadrature */
static const double slack = 1 + 0x1p-30; /* more than the error of either way */
static const double plain = 30;          /* ln of what is added up without scaling */
static const double series_below = 0.05;

/* The trapezoid rule: for an integrand so smooth its error falls as e^(-2 pi d / h), where d is the distance of the
 * nearest singularity, pi s^2, and under a Gaussian as e^(-2 (pi s / h)^2) (Trefethen & Weideman 2014, section 5). */
struct nodes {
    size_t n;
    double log_weight[NODES_MAX];
    double weight[NODES_MAX];
    double log_w[NODES_MAX];
    double excess[NODES_MAX]; /* w - 1 */
};

/* For whole orders: sums that all of them share. */
struct sums {
    double log_factorial[SUBSAMPLED_ORDER_MAX + 1];
    double log_moment[SUBSAMPLED_ORDER_MAX + 1]; /* ln( e^((k^2-k)/(2 s^2)) - 1 ) */
    double log_q, log_rest;                      /* of q and 1 - q */
};

static double log_ratio(double q, double e) { return e > 0 ? e + log(q + (1 - q) * exp(-e)) : log1p(q * expm1(e)); }

/* false: the noise is so small that this many nodes are not enough. */
static bool make_nodes(double s, double q, double order_max, struct nodes *out)
{
    double h = fmin(s / 2.4, s * s / 2);
    double count = ceil((order_max + 2 * reach * s) / h) + 1;
    if (!(count <= NODES_MAX)) return false;
    out->n = (size_t)count;
    for (size_t i = 0; i < out->n; i++) {
        double x = (double)i * h - reach * s;
        double e = (2 * x - 1) / (2 * s * s);
        out->log_weight[i] = log(h / (s * sqrt(2 * M_PI))) - x * x / (2 * s * s);
        out->weight[i] = exp(out->log_weight[i]);
        out->log_w[i] = log_ratio(q, e);
        out->excess[i] = q * expm1(e);
    }
    return true;
}

/* w^a - 1 - a (w - 1), which is >= 0, for w = 1 + u near 1: the binomial series from its third term on. */
static double near_one(double a, double u)
{
    double sum = 1;
    for (int k = SERIES_TERMS; k >= 3; k--) sum = 1 + (a - k + 1) / k * u * sum;
    return a * (a - 1) / 2 * u * u * sum;
}

static double beyond_line(double a, double u, double log_w)
{
    if (fabs(a * u) < series_below) return near_one(a, u);
    return expm1(a * log_w) - a * u;
}

/* ln E[w^a].  Since E[w] = 1, what is added up is what w^a is above its tangent at 1: nothing cancels. */
static double by_nodes(const struct nodes *v, double a)
{
    double sum = 0;
    double most = -INFINITY;
    for (size_t i = 0; i < v->n; i++) most = fmax(most, v->log_weight[i] + a * v->log_w[i]);
    for (size_t i = 0; i < v->n; i++) {
        double log_term = v->log_weight[i] + a * v->log_w[i];
        if (most > plain)
            sum += exp(log_term - most);
        else if (a * v->log_w[i] > plain)
            sum += exp(log_term) * (1 - (1 + a * v->excess[i]) * exp(-a * v->log_w[i]));
        else
            sum += v->weight[i] * beyond_line(a, v->excess[i], v->log_w[i]);
    }
    return most > plain ? most + log(sum) : log1p(sum);
}

static void make_sums(double s, size_t n, struct sums *out)
{
    for (size_t k = 1; k <= n; k++) {
        double e = (double)k * (double)(k - 1) / (2 * s * s);
        out->log_factorial[k] = out->log_factorial[k - 1] + log((double)k);
        out->log_moment[k] = e > plain ? e + log1p(-exp(-e)) : log(expm1(e));
    }
}

/* ln of the sum over k of C(a,k) (1-q)^(a-k) q^k e^((k^2-k)/(2 s^2)); the same without the exponential is 1. */
static double by_sum(const struct sums *v, size_t a)
{
    double terms[SUBSAMPLED_ORDER_MAX + 1];
    double most = -INFINITY;
    double sum = 0;
    for (size_t k = 2; k <= a; k++) {
        double choose = v->log_factorial[a] - v->log_factorial[k] - v->log_factorial[a - k];
        terms[k] = choose + (double)(a - k) * v->log_rest + (double)k * v->log_q + v->log_moment[k];
        most = fmax(most, terms[k]);
    }
    if (isinf(most)) return fmax(0, most);
    for (size_t k = 2; k <= a; k++) sum += exp(terms[k] - most);
    double whole = most + log(sum);
    return whole > plain ? whole + log1p(exp(-whole)) : log1p(exp(whole));
}

/* ln E[w^a] is convex in a and 0 at 1: at most the straight line between the whole orders around. */
static double between(const struct sums *v, double a)
{
    size_t below = (size_t)a;
    double low = below > 1 ? by_sum(v, below) : 0;
    if (isinf(low)) return low;
    return low + (a - (double)below) * (by_sum(v, below + 1) - low);
}

static double greatest(const double *orders, size_t n, double cap)
{
    double most = 1;
    for (size_t i = 0; i < n; i++)
        if (orders[i] <= cap) most = fmax(most, orders[i]);
    return most;
}

/* 0 < q < 1 and s > 0. */
static void compute(double s, double q, bool whole, const double *orders, size_t n, double *out)
{
    struct nodes nodes;
    struct sums sums = { .log_q = log(q), .log_rest = log1p(-q) };
    nodes.n = 0;
    bool smooth = !whole && make_nodes(s, q, greatest(orders, n, fractional_max), &nodes);
    make_sums(s, (size_t)ceil(greatest(orders, n, SUBSAMPLED_ORDER_MAX)), &sums);
    for (size_t i = 0; i < n; i++) {
        double a = orders[i];
        double log_moment = 0;
        if (a == floor(a))
            log_moment = by_sum(&sums, (size_t)a);
        else if (smooth && a <= fractional_max)
            log_moment = by_nodes(&nodes, a);
        else
            log_moment = between(&sums, a);
        out[i] = fmin(slack * log_moment / (a - 1), a / (2 * s * s)); /* never worse than with everybody in it */
    }
}

static void rdp(double noise, double rate, bool whole, const double *orders, size_t n, double *out)
{
    if (rate > 0 && rate < 1 && noise > 0) {
        compute(noise, rate, whole, orders, n, out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double full = noise > 0 ? orders[i] / (2 * noise * noise) : INFINITY;
        out[i] = rate > 0 ? full : 0;
    }
}

void subsampled_rdp(double noise, double rate, const double *orders, size_t n, double *out)
{
    rdp(noise, rate, false, orders, n, out);
}

void subsampled_rdp_whole(double noise, double rate, const double *orders, size_t n, double *out)
{
    rdp(noise, rate, true, orders, n, out);
}
