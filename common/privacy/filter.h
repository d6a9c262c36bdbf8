/*
 * filter -- stops a ledger before it spends more than it may, also when later
 * releases are chosen by what earlier ones showed.
 *
 * Such adaptive composition is proven for one bound with a cap fixed beforehand
 * ("charge first, refuse what would exceed the cap"): Feldman & Zrnic 2021
 * (arXiv 2008.11193) and Lecuyer 2021 (arXiv 2103.01379) for Renyi DP at one
 * order, Smith & Thakurta 2022 for Gaussian DP; pure epsilons add up anyhow.
 * The least of several bounds, taken again after each charge, has no proof.  So
 * the first release, whose parameters no release has influenced yet, fixes the
 * bound: the one under which most releases like it fit.  Nothing is lost as
 * long as releases stay alike.  A release that the bound does not speak of (a
 * Laplace under the Gaussians' bound) costs INFINITY, and is refused.
 */
#pragma once
#include "common/privacy/accountant.h"

enum filter_bound { FILTER_OPEN, FILTER_PURE, FILTER_GAUSSIAN, FILTER_RENYI }; /* open: nothing was released yet */
struct filter {
    enum filter_bound bound;
    double order; /* of FILTER_RENYI */
    double epsilon_max;
    double delta;
};

struct filter filter_make(double epsilon_max, double delta); /* open */

/* Fixes an open filter by the release; a fixed one stays as it is.  A bad event leaves it open. */
struct filter filter_fix(struct filter f, const struct privacy_event *first);

/* Epsilon at delta of what was spent, by the fixed bound; 0 when open. */
double filter_epsilon(const struct filter *f, const struct accountant *spent);

/* May this event happen, so many times, without epsilon exceeding the cap?  An open filter is fixed by it.  No for a
 * bad event, or more than ACCOUNTANT_STEPS_MAX releases. */
bool filter_allows(const struct filter *f, const struct accountant *spent, const struct privacy_event *e,
                   uint64_t times);
