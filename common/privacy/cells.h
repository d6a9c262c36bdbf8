/*
 * cells -- which counts of a table may be shown.
 *
 * CMS cell size suppression policy (ResDAC): no count of 1 to 10 is shown, nor
 * anything it can be computed from.  A table is shown with its totals, so a
 * hidden count comes out as total minus the rest: others must be hidden beside
 * it (complementary suppression).
 *
 * What a reader can know of a hidden count is the range between its least and
 * its greatest value over all tables of non-negative counts that agree with
 * what is shown.  It is found exactly, as flows through the table's rows and
 * columns: no number in it is an estimate.  A small count is safe when its
 * range spans at least CELLS_LEAST - 1; then it also holds a value that is not
 * small.  Which more to hide is chosen greedily: beside a cell that is alone in its
 * row or column, and then by these ranges; the smallest first, totals last.
 *
 * One table by itself: two releases whose difference is small are the
 * business of a ledger, not of this.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CELLS_LEAST = 11, CELLS_SIDE_MAX = 32 };
#define CELLS_COUNT_MAX ((uint64_t)1 << 53)
#define CELLS_ENDLESS UINT64_MAX

/* A table and its totals: (rows + 1) x (columns + 1) cells, row by row; the last row and column are the totals. */
struct cells {
    size_t rows, columns;
    uint64_t count[(CELLS_SIDE_MAX + 1) * (CELLS_SIDE_MAX + 1)];
    bool hidden[(CELLS_SIDE_MAX + 1) * (CELLS_SIDE_MAX + 1)];
};
struct cells_range {
    uint64_t least, greatest; /* CELLS_ENDLESS: nothing bounds it */
};

/* Takes the body, rows x columns counts, and adds the totals; nothing is hidden.  ERR_INPUT when a side is 0 or above
 * CELLS_SIDE_MAX, or the counts come to more than CELLS_COUNT_MAX. */
enum err cells_fill(struct cells *c, size_t rows, size_t columns, const uint64_t *body) MUST_USE;

bool cells_is_small(uint64_t count); /* 1 to 10 */
size_t cells_at(const struct cells *c, size_t row, size_t column);
/* May "part of whole" be shown as a share?  Not when the part or the rest is small. */
bool cells_share_is_safe(uint64_t part, uint64_t whole);

/* Marks what must not be shown. */
void cells_hide(struct cells *c);

/* What can be known of one cell from those that are not hidden. */
struct cells_range cells_range(const struct cells *c, size_t row, size_t column);
