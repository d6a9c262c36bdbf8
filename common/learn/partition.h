/*
 * partition -- dealing one table out to several hospitals, for the demo and
 * for simulations.
 */
#pragma once
#include "common/base/err.h"
#include <stdint.h>

enum { PARTITION_MAX_PARTS = 10000, PARTITION_MAX_CLASSES = 1024 };

struct partition {
    size_t nparts;
    double alpha;    /* 0: as alike as chance makes them; > 0: Dirichlet label skew, small is extreme */
    size_t min_rows; /* each part gets at least so many */
    uint64_t seed;
};

/* out_part[i] becomes the part of row i.  ERR_SETTING with a sentence when it cannot be done; ERR_MEMORY. */
enum err partition_rows(const struct partition *p, const uint32_t *labels, size_t nrows, uint32_t *out_part,
                        struct why *why) MUST_USE;
