/*
 * What the accountants take, and how far they are from the truth: Renyi beside
 * quadrature in long double, privacy loss distributions beside the exact
 * Gaussian and beside a finer grid.
 */
#include "common/privacy/gaussian.h"
#include "common/privacy/pld.h"
#include "common/privacy/subsampled.h"
#include "tests/bench/report.h"
#include <math.h>
#include <time.h>

enum { RUNS = 15, NODES = 200000 };
#define STEPS 10000
#define DELTA 1e-5
#define RENYI_AIM_MS 1.0
#define PLD_AIM_MS 50.0

/* Processor time: all of this runs on one thread, and others may be at work beside it. */
static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

typedef double ask_fn(const struct privacy_event *e);

static double median_ms(ask_fn *ask, const struct privacy_event *e)
{
    double times[RUNS];
    for (int i = 0; i < RUNS; i++) {
        double from = now_ms();
        (void)ask(e);
        times[i] = now_ms() - from;
    }
    return report_quantile(times, RUNS, 0.5);
}

static double ask_renyi(const struct privacy_event *e)
{
    struct accountant a = accountant_make();
    return accountant_add(&a, e) == OK ? accountant_renyi(&a, DELTA, NULL) : NAN;
}

static double ask_pld_on(const struct privacy_event *e, double interval)
{
    double out = NAN;
    const struct pld_list list = { e, 1, interval };
    return pld_epsilon(&list, DELTA, &out) == OK ? out : NAN;
}

static double ask_pld(const struct privacy_event *e) { return ask_pld_on(e, PLD_INTERVAL); }

/* Simpson's rule on what w^a is above its tangent at 1. */
static double direct_rdp(double s, double q, double a)
{
    long double from = -16 * (long double)s, h = ((long double)a + 32 * (long double)s) / NODES, sum = 0;
    for (int i = 0; i <= NODES; i++) {
        long double x = from + i * h, u = q * expm1l((2 * x - 1) / (2 * (long double)s * s));
        long double f = (expm1l(a * log1pl(u)) - a * u) * expl(-x * x / (2 * (long double)s * s));
        sum += f * (i == 0 || i == NODES ? 1 : i % 2 ? 4 : 2);
    }
    return (double)(log1pl(sum * h / 3 / (s * sqrtl(2 * acosl(-1)))) / (a - 1));
}

static double measure_renyi(double noise, double rate)
{
    const struct privacy_event e = { PRIVACY_SUBSAMPLED_GAUSSIAN, noise, STEPS, .rate = rate };
    double worst = 0, ms = median_ms(ask_renyi, &e);
    for (size_t i = 0; i < 242; i += 6) {
        double order = accountant_order(i), rdp = 0;
        subsampled_rdp(noise, rate, &order, 1, &rdp);
        worst = fmax(worst, fabs(rdp / direct_rdp(noise, rate, order) - 1));
    }
    report_line("  renyi  noise %-4g rate %-5g  %8.3f ms  largest relative error of an order %.1e", noise, rate, ms,
                worst);
    return ms;
}

static double measure_pld(double noise, double rate)
{
    const struct privacy_event e = { PRIVACY_SUBSAMPLED_GAUSSIAN, noise, STEPS, .rate = rate };
    double ms = median_ms(ask_pld, &e), epsilon = ask_pld(&e), fine = ask_pld_on(&e, PLD_INTERVAL / 5);
    report_line("  pld    noise %-4g rate %-5g  %8.3f ms  epsilon %.6f, on a grid 5 times finer %+.1e", noise, rate, ms,
                epsilon, fine - epsilon);
    return ms;
}

/* A rate next to 1 goes by the grid, and has the Gaussian's exact answer. */
static double measure_exact(double noise)
{
    const struct privacy_event e = { PRIVACY_SUBSAMPLED_GAUSSIAN, noise, STEPS, .rate = 1 - 1e-13 };
    double exact = gaussian_epsilon(noise / sqrt(STEPS), DELTA), epsilon = ask_pld(&e), ms = median_ms(ask_pld, &e);
    report_line("  pld    noise %-4g full batch  %8.3f ms  epsilon %.6f, exact %.6f, error %+.1e", noise, ms, epsilon,
                exact, epsilon - exact);
    return ms;
}

/* Small and large noise, small and large rates; the slowest counts. */
static double slowest_renyi(void)
{
    return fmax(measure_renyi(1.1, .01), fmax(measure_renyi(.8, .1), measure_renyi(4, .001)));
}

static double slowest_pld(void)
{
    double grid =
        fmax(fmax(measure_pld(1.1, .01), measure_pld(1, .01)), fmax(measure_pld(.8, .01), measure_pld(4, .1)));
    return fmax(grid, fmax(measure_exact(100), measure_exact(400)));
}

int main(void)
{
    report_line("  %d steps, delta %g, interval %g; processor time, median of %d", STEPS, DELTA, PLD_INTERVAL, RUNS);
    double renyi = slowest_renyi();
    double pld = slowest_pld();
    report_ratio(&(struct report_ratio){ "Renyi accountant, slowest case", renyi, RENYI_AIM_MS, false, " ms" });
    report_ratio(
        &(struct report_ratio){ "accountant by loss distributions, slowest case", pld, PLD_AIM_MS, false, " ms" });
    return 0;
}
