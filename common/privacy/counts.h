/*
 * counts -- tables of counts of several hospitals, added up.
 *
 * Each hospital hides in its own table what must not be shown (cells.h) before
 * anything leaves it; records of one are not the other's, so that what is safe
 * of each is safe of all.  A cell of the sum that some hospital hid is known
 * only from below: "at least" what the others showed.
 *
 * On the wire a table is its numbers row by row, totals last, HIDDEN where
 * there is none.
 */
#pragma once
#include "common/privacy/cells.h"

#define COUNTS_HIDDEN (-1.0)
enum { COUNTS_MAX = (CELLS_SIDE_MAX + 1) * (CELLS_SIDE_MAX + 1), COUNTS_CELL_BYTES = 48 };

struct counts {
    size_t rows, columns;       /* without the totals */
    uint64_t shown[COUNTS_MAX]; /* sum of what was shown */
    uint64_t hid[COUNTS_MAX];   /* hospitals that hid it */
    uint64_t hospitals;
};

/* Writes the table; how many numbers it is. */
size_t counts_write(const struct cells *c, double out[COUNTS_MAX]);

/* ERR_INPUT when a side is 0 or above CELLS_SIDE_MAX. */
enum err counts_init(struct counts *c, size_t rows, size_t columns) MUST_USE;
/* Adds a hospital's.  ERR_INPUT, nothing added, for what is no such table: another size, no whole numbers, a small
 * count that should have been hidden, totals that are not those of their row or column. */
enum err counts_add(struct counts *c, const double *numbers, size_t n) MUST_USE;

/* "17", "at least 17", or "hidden" when nobody showed it; "-" before anybody answered. */
char *counts_cell(const struct counts *c, size_t row, size_t column, char out[COUNTS_CELL_BYTES]);
bool counts_all_shown(const struct counts *c);
