/*
 * table -- labelled rows of model inputs, ready to learn from.
 */
#pragma once
#include "common/base/err.h"
#include <stdint.h>

#define TABLE_MAX_VALUES ((size_t)1 << 30)

struct table {
    size_t nrows;
    size_t ninputs;
    float *inputs;    /* row-major; finite */
    uint32_t *labels; /* class of each row */
};

enum err table_init(struct table *t, size_t nrows, size_t ninputs) MUST_USE; /* zeroed; ERR_LIMIT, ERR_MEMORY */
void table_fini(struct table *t);                                            /* wipes: rows are patients */
