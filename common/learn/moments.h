/*
 * moments -- count, mean and spread of each feature, in parts that merge.
 *
 * One vector of doubles holds everything, so that it travels and is stored as
 * it is: counts, then means, then sums of squared deviations (M2).
 * Missing values (NaN) do not count.
 */
#pragma once
#include "common/base/err.h"

enum { MOMENTS_MAX_FEATURES = 65536 };

struct moments {
    size_t nfeatures;
    double *values; /* owned: nfeatures counts, nfeatures means, nfeatures M2 */
};

enum err moments_init(struct moments *m, size_t nfeatures) MUST_USE; /* zeroed; ERR_LIMIT, ERR_MEMORY */
void moments_fini(struct moments *m);
double *moments_counts(const struct moments *m);
double *moments_means(const struct moments *m);
double *moments_m2(const struct moments *m);

void moments_add(struct moments *m, const float *row);                 /* one row of nfeatures values */
enum err moments_merge(struct moments *m, const struct moments *other) /* ERR_INPUT: sizes differ */
    MUST_USE;

/* ERR_INPUT unless the counts are whole and not negative, and everything is finite: for moments a peer sent. */
enum err moments_check(const struct moments *m) MUST_USE;

/* Mean and population standard deviation; a feature that was never seen gets 0 and 1, one that never varies gets its
 * value and 1, so that dividing is always possible. */
void moments_finish(const struct moments *m, float *out_mean, float *out_std);
