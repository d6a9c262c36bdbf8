/*
 * metrics -- how good a classifier is, in parts that merge over hospitals.
 *
 * A tally is one vector of doubles, and merging two tallies is adding them
 * (so it can be summed under secure aggregation): the number of rows, the sums
 * of loss and Brier score, the confusion matrix, and for each score a histogram
 * of the rows that are of its class and of those that are not.  Everything but
 * the AUC comes out exactly; the AUC counts rows in one bin as ties.
 *
 * Outputs are what models give: one log-odds of class 1 a row, or one
 * unnormalised log-probability a class.
 */
#pragma once
#include "common/base/err.h"
#include <stdint.h>

enum { METRICS_MAX_CLASSES = 64, METRICS_MAX_BINS = 1000, METRICS_MAX_HISTOGRAM = 4000 };

struct tally {
    size_t nclasses;
    size_t nscores; /* histograms: 1 for two classes (of class 1), else one a class */
    size_t nbins;   /* of each: METRICS_MAX_BINS, or fewer so that all have at most METRICS_MAX_HISTOGRAM */
    size_t nvalues;
    double *values; /* owned; what follows lies in it, in this order */
    double *count;  /* rows */
    double *loss_sum;
    double *brier_sum;
    double *confusion; /* nclasses rows (truth) of nclasses columns (predicted) */
    double *positives; /* nscores histograms of the rows of that score's class */
    double *negatives; /* the same of all other rows */
};

struct metrics {
    uint64_t count;   /* rows */
    double loss;      /* mean cross-entropy, nats */
    double accuracy;  /* of the most probable class; binary: probability >= 1/2 is class 1 */
    double precision; /* binary: of class 1; else the plain mean over classes.  0 when nothing was predicted */
    double recall;    /* likewise; 0 when there was nothing to find */
    double f1;        /* likewise */
    double auc;       /* binary: of class 1; else the mean of one-against-rest.  NAN when a class is absent */
    double brier;     /* mean squared error of the probabilities; multi-class: summed over classes (Brier 1950) */
};

size_t tally_values(size_t nclasses);                           /* how many numbers a tally of so many classes has */
enum err tally_init(struct tally *t, size_t nclasses) MUST_USE; /* zeroed; ERR_LIMIT, ERR_MEMORY */
void tally_fini(struct tally *t);

/* Counts n rows.  outputs has nclasses numbers a row, or 1 when there are two classes; labels are below nclasses. */
void tally_add(struct tally *t, const float *outputs, size_t noutputs, const uint32_t *labels, size_t n);
enum err tally_merge(struct tally *t, const struct tally *other) MUST_USE; /* ERR_INPUT: classes differ */

/* ERR_INPUT unless every count is whole and not negative, and the parts agree on the number of rows: for tallies a
 * peer sent. */
enum err tally_check(const struct tally *t) MUST_USE;

/* The bin of a log-odds: equal steps of u = p/2 + q/2, where p = 1/(1+exp(-z)) is the probability and q the same of
 * z/4; fine in the middle, and still telling scores apart when a sure model pushes them all against 0 and 1. */
size_t tally_bin(double log_odds, size_t nbins);

void tally_finish(const struct tally *t, struct metrics *out); /* zeros and NAN auc when there are no rows */

/* The exact AUC of one score against the rest, by ranks with ties (Mann & Whitney 1947): the chance that a row of
 * class `positive` has a higher score than another row.  Row i's score is scores[i * stride].  NAN when undefined;
 * ERR_MEMORY. */
enum err metrics_auc(const float *scores, size_t stride, const uint32_t *labels, uint32_t positive, size_t n,
                     double *out) MUST_USE;

/* All of it with the exact AUC, for rows that are at hand. */
enum err metrics_exact(const float *outputs, size_t noutputs, const uint32_t *labels, size_t n, struct metrics *out)
    MUST_USE;
