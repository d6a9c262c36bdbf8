#include "common/privacy/counts.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

size_t counts_write(const struct cells *c, double out[COUNTS_MAX])
{
    size_t n = (c->rows + 1) * (c->columns + 1);
    for (size_t i = 0; i < n; i++) out[i] = c->hidden[i] ? COUNTS_HIDDEN : (double)c->count[i];
    return n;
}

enum err counts_init(struct counts *c, size_t rows, size_t columns)
{
    if (rows == 0 || columns == 0 || rows > CELLS_SIDE_MAX || columns > CELLS_SIDE_MAX) return ERR_INPUT;
    *c = (struct counts){ .rows = rows, .columns = columns };
    return OK;
}

static bool is_hidden(double number) { return number < 0; }

static bool is_number(double number)
{
    if (isnan(number) || number > (double)CELLS_COUNT_MAX || number < COUNTS_HIDDEN || number > floor(number))
        return false;
    return is_hidden(number) || !cells_is_small((uint64_t)number);
}

/* Do the numbers, one `step` apart, come to what stands behind them?  What is shown of them may not be more. */
static bool is_total(const double *at, size_t n, size_t step)
{
    double sum = 0;
    bool whole = true;
    for (size_t i = 0; i < n; i++) {
        whole = whole && !is_hidden(at[i * step]);
        sum += is_hidden(at[i * step]) ? 0 : at[i * step];
    }
    double total = at[n * step];
    if (is_hidden(total)) return true;
    return whole ? !(sum < total) && !(sum > total) : sum <= total;
}

static bool is_table(const struct counts *c, const double *numbers)
{
    size_t wide = c->columns + 1;
    for (size_t i = 0; i < (c->rows + 1) * wide; i++)
        if (!is_number(numbers[i])) return false;
    for (size_t i = 0; i <= c->rows; i++)
        if (!is_total(numbers + i * wide, c->columns, 1)) return false;
    for (size_t i = 0; i <= c->columns; i++)
        if (!is_total(numbers + i, c->rows, wide)) return false;
    return true;
}

enum err counts_add(struct counts *c, const double *numbers, size_t n)
{
    if (n != (c->rows + 1) * (c->columns + 1) || !is_table(c, numbers)) return ERR_INPUT;
    for (size_t i = 0; i < n; i++)
        if (!is_hidden(numbers[i]) && c->shown[i] + (uint64_t)numbers[i] > CELLS_COUNT_MAX) return ERR_INPUT;
    for (size_t i = 0; i < n; i++)
        if (is_hidden(numbers[i]))
            c->hid[i]++;
        else
            c->shown[i] += (uint64_t)numbers[i];
    c->hospitals++;
    return OK;
}

char *counts_cell(const struct counts *c, size_t row, size_t column, char out[COUNTS_CELL_BYTES])
{
    size_t at = row * (c->columns + 1) + column;
    if (c->hospitals == 0)
        (void)snprintf(out, COUNTS_CELL_BYTES, "-");
    else if (c->hid[at] == c->hospitals)
        (void)snprintf(out, COUNTS_CELL_BYTES, "hidden");
    else
        (void)snprintf(out, COUNTS_CELL_BYTES, "%s%" PRIu64, c->hid[at] ? "at least " : "", c->shown[at]);
    return out;
}

bool counts_all_shown(const struct counts *c)
{
    for (size_t i = 0; i < (c->rows + 1) * (c->columns + 1); i++)
        if (c->hid[i]) return false;
    return true;
}
