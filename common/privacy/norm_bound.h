/*
 * norm_bound -- how large an update can be that was trained as its permit
 * says, and the mean of those in a secure sum.  Of honest updates none is
 * larger, but for one in 10^12; a mean is as long as the longest at most, so of
 * n hospitals it is n in 10^12.
 *
 *   gaussian, laplace   the clip, and the noise on the whole of it
 *   dp-sgd              each step moves the weights by at most the learning rate times the sum of clipped gradients and
 *                       its noise, over the expected number of patients; how many were drawn is not far from that
 *   distributed         of the mean: the clip of each update, or the step along the clipped gradients of as many
 *                       patients as can have been drawn; and the noise of all shares
 *
 * Nothing is bound where there is no noise.
 */
#pragma once
#include "common/privacy/permit.h"

/* What is told of an update, or of the mean of a sum. */
struct norm_seen {
    uint64_t numbers;  /* of the model */
    double start;      /* L2 norm of the model that it was trained from */
    double deviation;  /* of the noise: on each number; dp-sgd: on each step's sum of gradients */
    uint64_t patients; /* in the sum, where the noise is in shares and hides each of them */
};

/* INFINITY where there is no bound; `deviation` counts up to twice what is permitted.  0 numbers, or no hospital: no
 * bound. */
double norm_bound_update(const struct permit *p, const struct permit_site *s, const struct norm_seen *seen);
/* Of the mean of a secure sum; `deviation` is of the mean where noise is in shares, and of no use where not. */
double norm_bound_mean(const struct permit *p, const struct norm_seen *seen);
