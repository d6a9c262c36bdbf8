/* Any numbers are a hospital's table: refused with nothing added, or added, and then no small count is shown of it. */
#include "common/privacy/counts.h"
#include <stdlib.h>
#include <string.h>

enum { SIDES = 2 };

static void check_shown(const struct counts *c)
{
    char text[COUNTS_CELL_BYTES];
    for (size_t i = 0; i <= c->rows; i++)
        for (size_t k = 0; k <= c->columns; k++) {
            size_t at = i * (c->columns + 1) + k;
            if (c->hid[at] + (c->shown[at] > 0) > 1 || cells_is_small(c->shown[at])) abort();
            if (counts_cell(c, i, k, text) != text || text[0] == '\0') abort();
        }
}

/* Rows, columns, then doubles. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct counts nothing;
    struct counts c, before;
    double numbers[COUNTS_MAX];
    if (size < SIDES || counts_init(&c, data[0], data[1]) != OK) return 0;
    size_t n = (size - SIDES) / sizeof *numbers;
    if (n > COUNTS_MAX) n = COUNTS_MAX;
    memcpy(numbers, data + SIDES, n * sizeof *numbers);
    before = c;
    if (counts_add(&c, numbers, n) == OK)
        check_shown(&c);
    else if (memcmp(&c, &before, sizeof c) != 0 || memcmp(c.shown, nothing.shown, sizeof c.shown) != 0)
        abort();
    return 0;
}
