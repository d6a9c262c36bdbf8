/*
 * dataset_row -- from the fields of one line to the values of one record.
 */
#pragma once
#include "agents/trainer/dataset.h"
#include "agents/trainer/dataset_lines.h"

#define LAYOUT_NO_COLUMN SIZE_MAX

/* Where each field goes. */
struct layout {
    const struct contract *contract; /* borrowed */
    size_t nfields;                  /* of every line */
    size_t *column_of;               /* owned: column of each field, or LAYOUT_NO_COLUMN */
    size_t *place_of;                /* owned: first input of each feature column, number of each sensitive one */
};

struct row { /* one record's values; arrays of the dataset's widths, given by the caller */
    float *inputs;
    float *sensitive;
    uint32_t label;
    uint64_t person;
};

/* Fields in the contract's order. */
enum err layout_in_order(struct layout *l, const struct contract *c) MUST_USE;
/* Fields as the header names them; fields of other names are not read.  ERR_DATA with the missing or repeated column's
 * name; ERR_MEMORY. */
enum err layout_by_header(struct layout *l, const struct contract *c, const struct line *header, struct why *why)
    MUST_USE;
void layout_fini(struct layout *l);

/* FLAW_NONE and the row's values, or why not and the column it was seen in. */
enum dataset_flaw row_read(const struct layout *l, const struct line *line, struct row *row, size_t *out_column);
