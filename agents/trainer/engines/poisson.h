/*
 * poisson -- the records of one step: every unit (a patient; without a patient
 * column, a record) is taken by itself with the same chance, and one record of
 * it at random.  What common/privacy/subsampled.h accounts for.
 */
#pragma once
#include "agents/trainer/engines/engine.h"

/* Writes the rows taken, at most p->nunits; all chance is from the stream, whose errors are passed on.  A unit is taken
 * with the rate or 2^-32 less. */
enum err poisson_rows(const struct training_privacy *p, struct stream *stream, uint32_t *out_rows, size_t *out_n)
    MUST_USE;
