#include "common/privacy/accountant.h"
#include "common/privacy/ddgauss.h"
#include "common/privacy/gaussian.h"
#include "common/privacy/noise.h"
#include "common/privacy/subsampled.h"
#include <math.h>

/* One release's divergences at all the orders. */
typedef void rdp_fn(const struct privacy_event *e, const double orders[ACCOUNTANT_ORDERS],
                    double out[ACCOUNTANT_ORDERS]);
static rdp_fn rdp_gaussian, rdp_laplace, rdp_subsampled, rdp_distributed;

/* A mechanism is a row.  pure: epsilon of one release times noise, where there is one; mu: the same for Gaussian DP. */
static const struct mechanism {
    const char *name;
    rdp_fn *rdp;
    double pure;
    double mu;
} mechanisms[PRIVACY_MECHANISMS] = {
    [PRIVACY_GAUSSIAN] = { "gaussian", rdp_gaussian, 0, 1 },
    [PRIVACY_LAPLACE] = { "laplace", rdp_laplace, 1, 0 },
    [PRIVACY_SUBSAMPLED_GAUSSIAN] = { "subsampled-gaussian", rdp_subsampled, 0, 0 },
    [PRIVACY_DISTRIBUTED] = { "distributed", rdp_distributed, 0, 0 },
};

/* The grid: the orders of Opacus and of dp_accounting, denser below 2 where long runs have their optimum. */
static const struct order_range {
    size_t first, step, count; /* in hundredths */
} grid[] = {
    { 101, 1, 100 }, { 210, 10, 89 }, { 1100, 100, 53 }, { 12800, 0, 1 },
    { 25600, 0, 1 }, { 51200, 0, 1 }, { 102400, 0, 1 },
};

double accountant_order(size_t i)
{
    size_t range = 0;
    for (; i >= grid[range].count; range++) i -= grid[range].count;
    return (double)(grid[range].first + i * grid[range].step) / 100;
}

static double add_up(double a, double b) { return b > 0 ? nextafter(a + b, INFINITY) : a; }

/* Mironov 2017, proposition 7.  Canonne, Kamath & Steinke 2020, theorem 14: the discrete Gaussian is no worse. */
double accountant_rdp_gaussian(double order, double noise) { return order / (2 * noise * noise); }

/* Mironov 2017, proposition 6: ln( a/(2a-1) e^((a-1)/b) + (a-1)/(2a-1) e^(-a/b) ) / (a-1).  It is convex in the shift
 * and 0 at 0, so of all shifts of one L1 length one coordinate's is the worst. */
double accountant_rdp_laplace(double order, double noise)
{
    double ratio = (order - 1) / order * exp(-(2 * order - 1) / noise);
    return 1 / noise + (log(order / (2 * order - 1)) + log1p(ratio)) / (order - 1);
}

static void rdp_gaussian(const struct privacy_event *e, const double orders[ACCOUNTANT_ORDERS],
                         double out[ACCOUNTANT_ORDERS])
{
    for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++) out[i] = accountant_rdp_gaussian(orders[i], e->noise);
}

static void rdp_laplace(const struct privacy_event *e, const double orders[ACCOUNTANT_ORDERS],
                        double out[ACCOUNTANT_ORDERS])
{
    for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++) {
        double discrete = 2 * orders[i] / (orders[i] - 1) / NOISE_GRID_MIN; /* discrete instead of continuous Laplace */
        out[i] = accountant_rdp_laplace(orders[i], e->noise) + discrete;
    }
}

static void rdp_subsampled(const struct privacy_event *e, const double orders[ACCOUNTANT_ORDERS],
                           double out[ACCOUNTANT_ORDERS])
{
    subsampled_rdp(e->noise, e->rate, orders, ACCOUNTANT_ORDERS, out);
}

/* Shares whose sum has, with every shift, a density within e^(+-gap) of one discrete Gaussian's: in E[p^a q^(1-a)] that
 * is e^(gap (2a-1)) at most. */
static void rdp_distributed(const struct privacy_event *e, const double orders[ACCOUNTANT_ORDERS],
                            double out[ACCOUNTANT_ORDERS])
{
    subsampled_rdp_whole(e->noise, e->rate, orders, ACCOUNTANT_ORDERS, out);
    for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++) out[i] += DDGAUSS_GAP * (2 * orders[i] - 1) / (orders[i] - 1);
}

double accountant_rdp_epsilon(double order, double rdp, double delta)
{
    if (delta * delta > -expm1(-rdp)) return 0; /* Bretagnolle & Huber 1979 */
    return fmax(0, rdp + log1p(-1 / order) - (log(delta) + log(order)) / (order - 1));
}

double accountant_rdp_delta(double order, double rdp, double epsilon)
{
    double renyi = exp((order - 1) * (rdp - epsilon + log1p(-1 / order)) - log(order));
    return fmin(1, fmin(renyi, sqrt(-expm1(-rdp))));
}

struct accountant accountant_make(void) { return (struct accountant){ .mu2 = 0 }; }

bool accountant_is_release(const struct privacy_event *e)
{
    bool sampled = e->mechanism == PRIVACY_SUBSAMPLED_GAUSSIAN || e->mechanism == PRIVACY_DISTRIBUTED;
    if (sampled && !(e->rate > 0 && e->rate <= 1)) return false;
    return e->mechanism < PRIVACY_MECHANISMS && isfinite(e->noise) && e->noise > 0 && e->steps >= 1 &&
           e->steps <= ACCOUNTANT_STEPS_MAX;
}

/* With everybody in every step it is the plain Gaussian, which has the exact bound too. */
static enum privacy_mechanism mechanism_of(const struct privacy_event *e)
{
    return e->mechanism == PRIVACY_SUBSAMPLED_GAUSSIAN && e->rate >= 1 ? PRIVACY_GAUSSIAN : e->mechanism;
}

enum err accountant_add(struct accountant *a, const struct privacy_event *e)
{
    double orders[ACCOUNTANT_ORDERS], rdp[ACCOUNTANT_ORDERS];
    if (!accountant_is_release(e)) return ERR_INPUT;
    const struct mechanism *m = &mechanisms[mechanism_of(e)];
    double steps = (double)e->steps * (1 + 0x1p-48); /* more than the rounding of the formulas */
    for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++) orders[i] = accountant_order(i);
    m->rdp(e, orders, rdp);
    for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++) a->rdp[i] = add_up(a->rdp[i], steps * rdp[i]);
    a->mu2 = add_up(a->mu2, m->mu * steps / (e->noise * e->noise));
    a->pure = add_up(a->pure, m->pure * steps / e->noise);
    a->gaussians += m->mu > 0 ? e->steps : 0;
    a->subsampled += m->mu > 0 || m->pure > 0 ? 0 : e->steps;
    return OK;
}

/* The releases differ from continuous Gaussians by at most this total variation (noise.h; it grows as the root of
 * their number, since it is a bound on the root of a divergence). */
static double distance(const struct accountant *a) { return NOISE_DISTANCE * sqrt((double)a->gaussians); }

static double gaussians_epsilon(const struct accountant *a, double delta)
{
    double epsilon = gaussian_epsilon(1 / sqrt(a->mu2), delta * (1 - NOISE_DELTA_SHARE));
    bool paid = (1 + exp(epsilon)) * distance(a) <= delta * NOISE_DELTA_SHARE;
    return paid ? epsilon : INFINITY;
}

double accountant_pure(const struct accountant *a)
{
    return a->subsampled > 0 || a->gaussians > 0 ? INFINITY : a->pure;
}

double accountant_gaussian(const struct accountant *a, double delta)
{
    if (a->subsampled > 0 || a->pure > 0) return INFINITY;
    return a->gaussians > 0 ? gaussians_epsilon(a, delta) : 0;
}

static double composed_epsilon(const struct accountant *a, double delta)
{
    if (a->subsampled > 0) return INFINITY;
    return a->gaussians > 0 ? add_up(gaussians_epsilon(a, delta), a->pure) : a->pure;
}

double accountant_renyi_at(const struct accountant *a, double order, double delta)
{
    size_t i = 0;
    while (i + 1 < ACCOUNTANT_ORDERS && accountant_order(i) < order) i++;
    return accountant_rdp_epsilon(order, a->rdp[i], delta);
}

double accountant_renyi(const struct accountant *a, double delta, double *out_order)
{
    double least = INFINITY;
    for (size_t i = 0; i < ACCOUNTANT_ORDERS && delta > 0; i++) {
        double epsilon = accountant_rdp_epsilon(accountant_order(i), a->rdp[i], delta);
        if (!(epsilon < least)) continue;
        least = epsilon;
        if (out_order) *out_order = accountant_order(i);
    }
    return least;
}

double accountant_epsilon(const struct accountant *a, double delta)
{
    if (a->gaussians == 0 && a->subsampled == 0 && a->pure <= 0) return 0;
    return fmin(composed_epsilon(a, delta), accountant_renyi(a, delta, NULL));
}

static double composed_delta(const struct accountant *a, double epsilon)
{
    if (a->subsampled > 0 || epsilon < a->pure) return 1;
    if (a->gaussians == 0) return 0;
    return gaussian_delta(1 / sqrt(a->mu2), epsilon - a->pure) + (1 + exp(epsilon)) * distance(a);
}

double accountant_delta(const struct accountant *a, double epsilon)
{
    double least = fmin(1, composed_delta(a, epsilon));
    for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++)
        least = fmin(least, accountant_rdp_delta(accountant_order(i), a->rdp[i], epsilon));
    return least;
}

double accountant_round_up(double epsilon) { return isfinite(epsilon) ? ceil(epsilon * 1e4) / 1e4 : epsilon; }

const char *accountant_mechanism_name(enum privacy_mechanism m)
{
    return m < PRIVACY_MECHANISMS ? mechanisms[m].name : "none";
}

enum err accountant_mechanism(struct str name, enum privacy_mechanism *out)
{
    for (enum privacy_mechanism m = 0; m < PRIVACY_MECHANISMS; m++)
        if (str_is(name, mechanisms[m].name)) return *out = m, OK;
    return ERR_INPUT;
}
