#include "common/privacy/pld.h"
#include "common/privacy/gaussian.h"
#include "common/privacy/pld_sum.h"
#include <math.h>
#include <stdlib.h>

enum { TILTS_MAX = 8 };
#define INTERVAL_MAX 16.0
#define NOISE_MAX 1e100     /* more is no better, and its square would overflow */
#define INFINITE_SHARE 1e-6 /* of delta, may be made a loss without bound */
#define INFINITE_LEAST 1e-24

/* A question: one of delta and epsilon is given. */
struct question {
    double delta;
    double epsilon; /* negative: it is asked for */
};

/* ---- the list ---- */

struct merged {
    struct privacy_event events[PLD_MAX_TERMS];
    size_t n;
    double mu2; /* of the Gaussians: the sum of 1 / noise^2 */
};

static enum err merge_one(struct merged *m, struct privacy_event e)
{
    for (size_t i = 0; i < m->n; i++) {
        struct privacy_event *old = &m->events[i];
        if (old->mechanism != e.mechanism || old->noise != e.noise || old->rate != e.rate) continue;
        old->steps += e.steps;
        return OK;
    }
    if (m->n == PLD_MAX_TERMS) return ERR_LIMIT;
    m->events[m->n++] = e;
    return OK;
}

/* Dong, Roth & Su 2019, corollary 2: Gaussians together are one Gaussian. */
static enum err merge(const struct pld_list *list, struct merged *m)
{
    m->n = 0;
    m->mu2 = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct privacy_event e = list->events[i];
        if (!accountant_is_release(&e) || e.mechanism == PRIVACY_DISTRIBUTED) return ERR_INPUT;
        e.noise = fmin(e.noise, NOISE_MAX);
        if (e.mechanism != PRIVACY_SUBSAMPLED_GAUSSIAN) e.rate = 0;
        if (e.mechanism == PRIVACY_GAUSSIAN || e.rate >= 1)
            m->mu2 += (double)e.steps / (e.noise * e.noise);
        else
            TRY(merge_one(m, e));
    }
    if (m->mu2 <= 0) return OK;
    double noise = (1 - 1e-12) / sqrt(m->mu2);
    return merge_one(m, (struct privacy_event){ .mechanism = PRIVACY_GAUSSIAN, .noise = noise, .steps = 1 });
}

/* ---- an answer on one grid ---- */

static void terms_fini(struct pld_terms *t)
{
    for (size_t i = 0; i < t->n; i++) pld_term_fini(&t->terms[i]);
    free(t->terms);
}

static enum err terms_init(struct pld_terms *t, const struct merged *m, double tail)
{
    for (size_t i = 0; i < m->n; i++) t->steps += m->events[i].steps;
    t->terms = calloc(m->n, sizeof *t->terms);
    if (!t->terms) return ERR_MEMORY;
    for (; t->n < m->n; t->n++)
        TRY(pld_term_init(&t->terms[t->n], &m->events[t->n], t->interval, tail / (double)t->steps));
    return OK;
}

static enum err ask_delta(const struct pld_terms *t, enum pld_direction d, double epsilon, double *out)
{
    struct pld_sum sum;
    TRY(pld_sum_init(&sum, t, d, pld_tilt_for_epsilon(t, d, epsilon)));
    *out = pld_sum_delta(&sum, epsilon);
    pld_sum_fini(&sum);
    return OK;
}

/* Any tilt gives a bound.  Chernoff's is mostly the best one too; where it is so steep that what is rounded off comes
 * to matter, as near the largest loss there is, flatter ones are tried. */
static enum err ask_epsilon(const struct pld_terms *t, enum pld_direction d, double delta, double *out)
{
    double theta = pld_tilt_for_delta(t, d, delta);
    double least = pld_chernoff(t, d, theta, delta);
    bool doubtful = true;
    for (int i = 0; doubtful && i < TILTS_MAX; i++) {
        struct pld_sum sum;
        TRY(pld_sum_init(&sum, t, d, theta));
        least = fmin(least, pld_sum_epsilon(&sum, delta));
        doubtful = pld_sum_is_doubtful(&sum, least, delta);
        pld_sum_fini(&sum);
        theta /= 4;
    }
    *out = least;
    return OK;
}

static enum err ask_direction(const struct pld_terms *t, enum pld_direction d, const struct question *q, double *out)
{
    return q->epsilon < 0 ? ask_epsilon(t, d, q->delta, out) : ask_delta(t, d, q->epsilon, out);
}

static bool is_symmetric(const struct pld_terms *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (!t->terms[i].symmetric) return false;
    return true;
}

static enum err ask(const struct merged *m, double interval, const struct question *q, double *out)
{
    CLEANUP(terms_fini) struct pld_terms t = { .interval = interval };
    double removed = 0, added = 0;
    TRY(terms_init(&t, m, fmax(INFINITE_LEAST, q->delta * INFINITE_SHARE)));
    TRY(ask_direction(&t, PLD_REMOVE, q, &removed));
    if (!is_symmetric(&t)) TRY(ask_direction(&t, PLD_ADD, q, &added));
    *out = fmax(removed, added);
    return OK;
}

/* Gaussians alone need no grid. */
static double ask_gaussian(double noise, const struct question *q)
{
    return q->epsilon < 0 ? gaussian_epsilon(noise, q->delta) : gaussian_delta(noise, q->epsilon);
}

/* On the given grid, or the finest coarser one that can be had. */
static enum err ask_any(const struct pld_list *list, const struct question *q, double none, double hopeless,
                        double *out)
{
    struct merged m;
    TRY(merge(list, &m));
    if (m.n == 0) return *out = none, OK;
    if (q->epsilon < 0 && !(q->delta > 0)) return *out = hopeless, OK;
    if (m.n == 1 && m.mu2 > 0) return *out = ask_gaussian(m.events[0].noise, q), OK;
    double interval = list->interval > 0 ? list->interval : PLD_INTERVAL;
    enum err e = ERR_LIMIT;
    while (e == ERR_LIMIT && interval <= INTERVAL_MAX) {
        e = ask(&m, interval, q, out);
        interval *= 2;
    }
    if (e != ERR_LIMIT) return e;
    return *out = hopeless, OK;
}

enum err pld_epsilon(const struct pld_list *list, double delta, double *out)
{
    struct question q = { .delta = fmin(delta, 1), .epsilon = -1 };
    return ask_any(list, &q, 0, INFINITY, out);
}

enum err pld_delta(const struct pld_list *list, double epsilon, double *out)
{
    struct question q = { .delta = 0, .epsilon = fmax(0, epsilon) };
    return ask_any(list, &q, 0, 1, out);
}
