/*
 * split -- which records are trained on, and which are held out.
 *
 * A person's records stay on one side.  Who is held out, and the order people
 * come in, follows from the seed and the people alone, so that sorting the
 * file changes nothing.
 */
#pragma once
#include "common/base/err.h"
#include <stdint.h>

struct split {
    uint32_t *train; /* owned; row numbers */
    size_t ntrain;
    uint32_t *test; /* owned */
    size_t ntest;
};

/* people[i] is the person of row i (see dataset.h); the share of people held out is test_fraction, to the nearest
 * person, but one on each side at least where there are two (a single person is trained on) and the fraction is not 0.
 * ERR_INPUT for a fraction outside [0, 1); ERR_LIMIT, ERR_MEMORY. */
enum err split_make(const uint64_t *people, size_t nrows, double test_fraction, uint64_t seed, struct split *out)
    MUST_USE;
void split_fini(struct split *s);
