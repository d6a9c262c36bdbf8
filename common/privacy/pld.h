/*
 * pld -- the tight accountant: the distribution of the privacy loss of all
 * releases together, by Fourier transform.
 *
 * The loss ln(P/Q) of each release is put on a grid by the connect-the-dots
 * rule, which gives a pair of distributions at least as far apart at every
 * epsilon (Doroshenko, Ghazi, Kamath, Kumar & Manurangsi 2022), so every
 * answer is an upper bound; the second-order error makes it tight.  Losses too
 * large for the grid count as certain failure.  Adding a unit and removing one
 * are two distributions; the worse one is the answer.  Gaussians, whether the
 * whole batch takes part or not, are composed exactly into one first.
 *
 * Before the transform the distribution is tilted by e^(theta loss), with theta
 * of the best Chernoff bound for the question asked: what then is rounded off,
 * cut off, or wraps around is small beside delta, however small delta is.
 *
 * It takes releases as they are listed, all chosen beforehand.  As a filter for
 * noise chosen from earlier releases use accountant.h.
 */
#pragma once
#include "common/privacy/accountant.h"

enum { PLD_MAX_TERMS = 256, PLD_MAX_BINS = 1 << 21 }; /* different releases; grid points of one array */
#define PLD_INTERVAL 1e-4

struct pld_list {
    const struct privacy_event *events; /* borrowed */
    size_t n;
    double interval; /* of the grid; doubled until PLD_MAX_BINS do; 0: PLD_INTERVAL */
};

/* The least epsilon >= 0 for which the releases are known to be (epsilon, delta)-private; INFINITY when delta is not
 * positive or the noise is too small for any grid.  ERR_INPUT: an event is no release; ERR_LIMIT: too many different
 * ones; ERR_MEMORY.  Threads: reentrant. */
enum err pld_epsilon(const struct pld_list *list, double delta, double *out) MUST_USE;
/* The same for delta at this epsilon >= 0; at most 1. */
enum err pld_delta(const struct pld_list *list, double epsilon, double *out) MUST_USE;
