#include "common/privacy/pld_term.h"
#include "common/privacy/pld.h"
#include <math.h>
#include <stdlib.h>

#define INDEX_MAX 0x1p50            /* whole numbers of this size times an interval are still exact enough */
#define EXPONENT_MAX 690.0          /* a bit before e^x overflows */
static const double ulps = 0x1p-50; /* more than the relative rounding of any tail below */

/* Probabilities of one set of outcomes: a with the unit, b without it. */
struct pair {
    double a, b;
};
struct range {
    double low, high; /* losses */
};
/* All outcomes of loss above l when upper, else all others. */
typedef struct pair tail_fn(const struct privacy_event *e, double l, bool upper);
typedef struct range range_fn(const struct privacy_event *e, double tail);

/* ---- mechanisms ---- */

static double normal(double z, bool upper) { return erfc((upper ? z : -z) * M_SQRT1_2) / 2; }

/* The least z, by steps of 1/16, with P[N(0,1) > z] <= tail. */
static double quantile(double tail)
{
    double z = 0;
    while (z < 37 && normal(z, true) > tail) z += 0.0625;
    return z;
}

/* Without subsampling the rate is 1. */
static double rate_of(const struct privacy_event *e) { return e->mechanism == PRIVACY_GAUSSIAN ? 1 : e->rate; }

/* ln(1 - q + q e^g): what the loss g of the plain Gaussian becomes by subsampling. */
static double sampled_loss(double q, double g) { return g > 0 ? g + log(q + (1 - q) * exp(-g)) : log1p(q * expm1(g)); }

static double plain_loss(double q, double l)
{
    if (l > 0) return l + log((1 - (1 - q) * exp(-l)) / q);
    return log(fmax(0, expm1(l) + q) / q);
}

/* x ~ N(1, s^2) against N(0, s^2), whose loss is (2x - 1) / (2 s^2). */
static struct pair gaussian_tail(const struct privacy_event *e, double l, bool upper)
{
    double q = rate_of(e);
    double x = e->noise * e->noise * (q < 1 ? plain_loss(q, l) : l) + 0.5;
    double without = normal(x / e->noise, upper);
    return (struct pair){ (1 - q) * without + q * normal((x - 1) / e->noise, upper), without };
}

static struct range gaussian_range(const struct privacy_event *e, double tail)
{
    double q = rate_of(e);
    double s = e->noise;
    double z = quantile(tail);
    double low = (-2 * z * s - 1) / (2 * s * s);
    double high = (2 * z * s + 1) / (2 * s * s);
    return q < 1 ? (struct range){ sampled_loss(q, low), sampled_loss(q, high) } : (struct range){ low, high };
}

/* x ~ Laplace(0, b) against Laplace(1, b): the loss is (1 - 2x) / b between 0 and 1, and constant outside. */
static struct pair laplace_tail(const struct privacy_event *e, double l, bool upper)
{
    double b = e->noise;
    double x = (1 - l * b) / 2; /* losses above l are where x is below */
    struct pair below = { 1 - exp(-x / b) / 2, exp((x - 1) / b) / 2 };
    struct pair above = { exp(-x / b) / 2, 1 - exp((x - 1) / b) / 2 };
    if (x <= 0) below = (struct pair){ 0, 0 }, above = (struct pair){ 1, 1 };
    if (x > 1) below = (struct pair){ 1, 1 }, above = (struct pair){ 0, 0 };
    return upper ? below : above;
}

static struct range laplace_range(const struct privacy_event *e, double tail)
{
    (void)tail;
    double most = (1 + 1e-9) / e->noise; /* so that no grid point comes to lie between the loss and its rounding */
    return (struct range){ -most, most };
}

static const struct mechanism {
    tail_fn *tail;
    range_fn *range;
    bool symmetric;
} mechanisms[PRIVACY_MECHANISMS] = {
    [PRIVACY_GAUSSIAN] = { gaussian_tail, gaussian_range, true },
    [PRIVACY_LAPLACE] = { laplace_tail, laplace_range, true },
    [PRIVACY_SUBSAMPLED_GAUSSIAN] = { gaussian_tail, gaussian_range, false },
};

/* ---- the grid ---- */

/* Outcomes of loss in [l, l + h]: of probability p with P and q with Q; `sum_p`, `sum_q` are the tails whose difference
 * they are.  Connecting the dots: they become two points, l and l + h, with the same p and the same q, that is p_low
 * e^-l + p_high e^-(l+h) = q.  Rounding is given to the upper point. */
static void split(double l, double h, struct pair mass, struct pair sum, double *low, double *high)
{
    double top = l + h;
    double p = fmax(0, mass.a);
    double p_low = 0;
    if (top < EXPONENT_MAX) {
        double scale = exp(top);
        double error = ulps * (sum.a + scale * sum.b + (2 + fabs(top)) * p);
        p_low = fmin(p, fmax(0, (scale * mass.b - p - error) / expm1(h)));
    }
    *low += p_low;
    *high += p - p_low;
}

static struct pair swapped(struct pair p) { return (struct pair){ p.b, p.a }; }

struct grid {
    const struct privacy_event *event;
    tail_fn *tail;
    double h;
    int64_t low, high; /* indices; losses in between are on the grid */
};

/* The tail at each point is of the side that is smaller; both at 0, where the sides meet. */
static void fill(const struct grid *g, struct pld_term *t)
{
    struct pld_side *rem = &t->side[PLD_REMOVE], *add = &t->side[PLD_ADD];
    struct pair at = g->tail(g->event, (double)g->low * g->h, g->low >= 0);
    for (int64_t i = g->low; i < g->high; i++) {
        struct pair next = g->tail(g->event, (double)(i + 1) * g->h, i >= 0);
        double sign = i >= 0 ? 1 : -1;
        struct pair mass = { sign * (at.a - next.a), sign * (at.b - next.b) };
        struct pair sum = { at.a + next.a, at.b + next.b };
        size_t k = (size_t)(i - g->low), mirror = (size_t)(g->high - 1 - i);
        split((double)i * g->h, g->h, mass, sum, &rem->p[k], &rem->p[k + 1]);
        if (add->p)
            split((double)-(i + 1) * g->h, g->h, swapped(mass), swapped(sum), &add->p[mirror], &add->p[mirror + 1]);
        at = i == -1 ? g->tail(g->event, 0, true) : next;
    }
}

/* Below the grid losses go up to its lowest point; above it they are infinite. */
static void fill_ends(const struct grid *g, struct pld_term *t)
{
    struct pair below = g->tail(g->event, (double)g->low * g->h, false);
    struct pair above = g->tail(g->event, (double)g->high * g->h, true);
    t->side[PLD_REMOVE].p[0] += below.a;
    t->side[PLD_REMOVE].infinite = above.a * (1 + ulps);
    if (!t->side[PLD_ADD].p) return;
    t->side[PLD_ADD].p[0] += above.b;
    t->side[PLD_ADD].infinite = below.b * (1 + ulps);
}

static enum err make_side(struct pld_side *s, int64_t first, size_t n)
{
    *s = (struct pld_side){ .first = first, .n = n, .p = calloc(n, sizeof *s->p) };
    return s->p ? OK : ERR_MEMORY;
}

enum err pld_term_init(struct pld_term *t, const struct privacy_event *e, double interval, double tail)
{
    const struct mechanism *m = &mechanisms[e->mechanism];
    struct range range = m->range(e, tail);
    double low = floor(range.low / interval), high = ceil(range.high / interval);
    if (!(fabs(low) < INDEX_MAX && fabs(high) < INDEX_MAX && high - low < PLD_MAX_BINS)) return ERR_LIMIT;
    struct grid g = { e, m->tail, interval, (int64_t)low, (int64_t)high + (high <= low) };
    size_t n = (size_t)(g.high - g.low) + 1;
    struct pld_term made = { .steps = e->steps, .symmetric = m->symmetric };
    enum err err = make_side(&made.side[PLD_REMOVE], g.low, n);
    if (err == OK && !m->symmetric) err = make_side(&made.side[PLD_ADD], -g.high, n);
    if (err == OK) {
        fill(&g, &made);
        fill_ends(&g, &made);
        *t = made;
    } else {
        pld_term_fini(&made);
    }
    return err;
}

void pld_term_fini(struct pld_term *t)
{
    for (size_t i = 0; i < PLD_DIRECTIONS; i++) free(t->side[i].p);
    *t = (struct pld_term){ .steps = 0 };
}

const struct pld_side *pld_term_side(const struct pld_term *t, enum pld_direction d)
{
    return &t->side[t->symmetric ? PLD_REMOVE : d];
}
