/*
 * attack -- how well scores tell members of a training set from others.
 *
 * A score is a number an attacker gives to a record; higher means "it was
 * trained on".  Everything here is about two lists of scores; none of it keeps
 * one.
 */
#pragma once
#include "common/base/err.h"
#include <stddef.h>

struct attack_scores {
    const double *members, *others; /* borrowed; finite */
    size_t nmembers, nothers;       /* each >= 1 */
};
struct attack_interval { /* an estimate and its two-sided 95 % interval */
    double value, low, high;
};

/* Area under the ROC: the chance that a member's score is above another's, ties counting half (Mann & Whitney 1947);
 * the interval by DeLong, DeLong & Clarke-Pearson 1988.  ERR_INPUT for an empty list, ERR_MEMORY. */
enum err attack_auc(const struct attack_scores *s, struct attack_interval *out) MUST_USE;

/* Standard deviation of the AUC of n against n scores that say nothing. */
double attack_auc_null(size_t n);

/* The share of members above the lowest threshold that at most this share of the others pass; the interval by Clopper &
 * Pearson.  ERR_INPUT, ERR_MEMORY. */
enum err attack_tpr(const struct attack_scores *s, double fpr, struct attack_interval *out) MUST_USE;

/* Of both lists, how many pass a threshold. */
struct attack_counts {
    size_t members, of_members, others, of_others;
};
struct attack_counts attack_count(const struct attack_scores *s, double threshold); /* score > threshold */
double attack_accuracy(const struct attack_counts *c); /* both lists weigh the same: (TPR + 1 - FPR) / 2 */

/* The threshold with the best such accuracy; for use on other scores than these.  ERR_INPUT, ERR_MEMORY. */
enum err attack_threshold(const struct attack_scores *s, double *out) MUST_USE;
