/*
 * accountant -- how much privacy a list of releases has cost.
 *
 * Releases are recorded as events; the cost can be computed again from the
 * events alone.  Three bounds are kept side by side, each valid by itself, and
 * epsilon is the least of them:
 *   - Renyi DP on a fixed grid of orders (Mironov 2017), turned into (epsilon,
 *     delta) after Balle et al. 2020, theorem 21, and Canonne, Kamath &
 *     Steinke 2020, proposition 12, with the Bretagnolle-Huber bound at 0;
 *   - Gaussians compose exactly into one (Dong, Roth & Su 2019, corollary 2),
 *     whose epsilon gaussian.h knows; Laplace epsilons are added to it.
 * Poisson-subsampled Gaussians (subsampled.h) have only the first; the tight
 * number for them is pld.h's, which costs more time.
 *
 * Looked at and acted on while it is spent, the least of them is no proof any
 * more: filter.h keeps to one.
 *
 * Distributed noise has the Renyi bound alone too; what a sum of shares differs
 * from one discrete Gaussian is paid for by DDGAUSS_GAP, which whoever makes the
 * shares keeps to.
 *
 * The noise is the integer noise of noise.h; its small distance from the
 * continuous Gaussian is paid for (NOISE_DELTA_SHARE of delta), and sums are
 * rounded up.
 */
#pragma once
#include "common/base/str.h"

enum privacy_mechanism {
    PRIVACY_GAUSSIAN,
    PRIVACY_LAPLACE,
    PRIVACY_SUBSAMPLED_GAUSSIAN,
    PRIVACY_DISTRIBUTED, /* the sum of discrete Gaussian shares (ddgauss.h), subsampled where the rate is below 1 */
    PRIVACY_MECHANISMS
};
enum { ACCOUNTANT_ORDERS = 246 };
#define ACCOUNTANT_STEPS_MAX ((uint64_t)1 << 40) /* of one event */

struct privacy_event {
    enum privacy_mechanism mechanism;
    double noise;   /* scale of the noise (standard deviation; Laplace: b) over the sensitivity; > 0 */
    uint64_t steps; /* releases alike, >= 1 */
    double clip;    /* norm bound behind the sensitivity; only for the record, as the next two */
    double epsilon; /* what one release was calibrated to */
    double delta;
    double rate; /* chance of a unit to be in a step, (0, 1]; looked at only when subsampled (Poisson) */
};
struct accountant {
    double rdp[ACCOUNTANT_ORDERS]; /* Renyi divergence at each order */
    double mu2;                    /* sum of steps / noise^2 of the Gaussians */
    uint64_t gaussians;            /* how many */
    double pure;                   /* sum of the Laplace epsilons */
    uint64_t subsampled;           /* how many releases have no bound but the Renyi one */
};

struct accountant accountant_make(void); /* nothing spent */

/* Whether it can be charged: mechanism, noise, steps and rate are in range.  A rate of 0 is not: it would be free. */
bool accountant_is_release(const struct privacy_event *e);

/* ERR_INPUT when the event is no release. */
enum err accountant_add(struct accountant *a, const struct privacy_event *e) MUST_USE;

double accountant_epsilon(const struct accountant *a, double delta); /* INFINITY when nothing bounds it */
double accountant_delta(const struct accountant *a, double epsilon);
/* The Renyi bound alone, and the order that gave it (out_order may be NULL). */
double accountant_renyi(const struct accountant *a, double delta, double *out_order);
/* At one order of the grid; by the exact bound of Gaussians alone; by pure epsilons alone.  INFINITY when something was
 * spent that the bound does not speak of. */
double accountant_renyi_at(const struct accountant *a, double order, double delta);
double accountant_gaussian(const struct accountant *a, double delta);
double accountant_pure(const struct accountant *a);

double accountant_round_up(double epsilon); /* to 4 decimals, upwards: how it is shown */

const char *accountant_mechanism_name(enum privacy_mechanism m);                      /* "gaussian" */
enum err accountant_mechanism(struct str name, enum privacy_mechanism *out) MUST_USE; /* ERR_INPUT */

/* The parts, for whoever wants one bound alone. */
double accountant_order(size_t i); /* 1.01 .. 2 by .01, .. 10.9 by .1, 11 .. 63, 128, 256, 512, 1024 */
double accountant_rdp_gaussian(double order, double noise);
double accountant_rdp_laplace(double order, double noise);
double accountant_rdp_epsilon(double order, double rdp, double delta); /* never below 0 */
double accountant_rdp_delta(double order, double rdp, double epsilon);
