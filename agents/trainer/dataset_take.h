/*
 * dataset_take -- from chosen records to what an engine learns from.
 *
 * A model sees (x - mean) / scale of each input.  Two ways to choose those:
 * from the moments of all hospitals (mean and standard deviation), or from
 * the contract's ranges (its min and max become 0 and 1), which looks at no
 * patient.  Missing values become the mean of this hospital's training rows.
 */
#pragma once
#include "agents/trainer/dataset.h"
#include "common/learn/moments.h"
#include "common/learn/table.h"

/* Adds the chosen rows to moments of ninputs features; missing values do not count. */
void dataset_moments(const struct dataset *d, const uint32_t *rows, size_t nrows, struct moments *m);

/* Copies the chosen rows into a new table in the file's units, missing values filled with fill[input]. */
enum err dataset_take(const struct dataset *d, const uint32_t *rows, size_t nrows, const float *fill, struct table *out)
    MUST_USE; /* ERR_LIMIT, ERR_MEMORY */

/* Standardises every row of the table in place. */
void table_standardise(struct table *t, const float *mean, const float *scale);

/* Mean (the range's lower end) and scale (its length) of every input from the contract; a category's inputs stay 0 and
 * 1.  ERR_SETTING naming a feature whose range has no two ends. */
enum err contract_ranges(const struct contract *c, float *out_mean, float *out_scale, struct why *why) MUST_USE;
