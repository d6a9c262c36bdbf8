#include "common/privacy/filter.h"
#include "common/privacy/gaussian.h"
#include "common/privacy/noise.h"
#include <math.h>

/* One bound, and how many events like the first fit under it. */
struct choice {
    enum filter_bound bound;
    double order;
    double events;
};

struct filter filter_make(double epsilon_max, double delta)
{
    return (struct filter){ .bound = FILTER_OPEN, .epsilon_max = epsilon_max, .delta = delta };
}

double filter_epsilon(const struct filter *f, const struct accountant *spent)
{
    switch (f->bound) {
    case FILTER_PURE:
        return accountant_pure(spent);
    case FILTER_GAUSSIAN:
        return accountant_gaussian(spent, f->delta);
    case FILTER_RENYI:
        return accountant_renyi_at(spent, f->order, f->delta);
    case FILTER_OPEN:
        break;
    }
    return 0;
}

bool filter_allows(const struct filter *f, const struct accountant *spent, const struct privacy_event *e,
                   uint64_t times)
{
    struct accountant after = *spent;
    struct privacy_event all = *e;
    struct filter fixed = filter_fix(*f, e);
    if (times == 0 || e->steps > ACCOUNTANT_STEPS_MAX / times) return false;
    all.steps *= times;
    return accountant_add(&after, &all) == OK && filter_epsilon(&fixed, &after) <= f->epsilon_max;
}

static struct choice better(struct choice a, struct choice b) { return b.events > a.events ? b : a; }

/* The Renyi divergence that accountant_rdp_epsilon turns into just epsilon. */
static double renyi_cap(double order, double epsilon, double delta)
{
    return epsilon - log1p(-1 / order) + (log(delta) + log(order)) / (order - 1);
}

struct filter filter_fix(struct filter f, const struct privacy_event *first)
{
    struct accountant one = accountant_make();
    if (f.bound != FILTER_OPEN || accountant_add(&one, first) != OK) return f;
    struct choice best = { FILTER_RENYI, accountant_order(0), 0 };
    for (size_t i = 0; i < ACCOUNTANT_ORDERS; i++) {
        double order = accountant_order(i);
        best =
            better(best, (struct choice){ FILTER_RENYI, order, renyi_cap(order, f.epsilon_max, f.delta) / one.rdp[i] });
    }
    if (accountant_gaussian(&one, f.delta) < INFINITY) {
        double sigma = gaussian_sigma(f.epsilon_max, f.delta * (1 - NOISE_DELTA_SHARE));
        best = better(best, (struct choice){ FILTER_GAUSSIAN, 0, 1 / (sigma * sigma * one.mu2) });
    }
    if (accountant_pure(&one) < INFINITY)
        best = better(best, (struct choice){ FILTER_PURE, 0, f.epsilon_max / accountant_pure(&one) });
    f.bound = best.bound;
    f.order = best.order;
    return f;
}
