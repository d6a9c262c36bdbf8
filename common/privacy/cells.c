#include "common/privacy/cells.h"
#include <string.h>

/*
 * With the sign turned for totals of one direction, every row and column of the table sums to zero: a circulation in
 * the bipartite graph of rows and columns, whose edges are the cells.  The true table is one; how far one cell can grow
 * or shrink is a maximal flow through the hidden cells beside it (Cox 1980; Kelly, Golden & Assad 1992).
 */
enum { SIDE = CELLS_SIDE_MAX + 1, NODES = 2 * SIDE };

enum err cells_fill(struct cells *c, size_t rows, size_t columns, const uint64_t *body)
{
    uint64_t all = 0;
    if (rows == 0 || columns == 0 || rows > CELLS_SIDE_MAX || columns > CELLS_SIDE_MAX) return ERR_INPUT;
    for (size_t i = 0; i < rows * columns; i++) {
        if (body[i] > CELLS_COUNT_MAX - all) return ERR_INPUT;
        all += body[i];
    }
    memset(c, 0, sizeof *c);
    c->rows = rows;
    c->columns = columns;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            uint64_t n = body[i * columns + j];
            c->count[cells_at(c, i, j)] = n;
            c->count[cells_at(c, i, columns)] += n;
            c->count[cells_at(c, rows, j)] += n;
        }
    c->count[cells_at(c, rows, columns)] = all;
    return OK;
}

bool cells_is_small(uint64_t count) { return count > 0 && count < CELLS_LEAST; }
size_t cells_at(const struct cells *c, size_t row, size_t column) { return row * (c->columns + 1) + column; }
bool cells_share_is_safe(uint64_t part, uint64_t whole)
{
    return part <= whole && !cells_is_small(part) && !cells_is_small(whole - part);
}

/* ---- what a reader can know ---- */

struct flow {
    const struct cells *c;
    uint64_t value[SIDE * SIDE];  /* of the cells, as they are moved about */
    size_t kept_row, kept_column; /* the cell that is asked about: no path may use it */
};

/* Does adding along this cell, from its row to its column, make its count larger?  In the body and at the grand total:
 * yes; at a total, which stands on the other side of the sum: no. */
static bool grows(const struct cells *c, size_t row, size_t column)
{
    return (row == c->rows) == (column == c->columns);
}

/* How much can go through the cell; from its row to its column, or back. */
static uint64_t room(const struct flow *f, size_t row, size_t column, bool forward)
{
    size_t at = cells_at(f->c, row, column);
    if (!f->c->hidden[at] || (row == f->kept_row && column == f->kept_column)) return 0;
    return grows(f->c, row, column) == forward ? CELLS_ENDLESS : f->value[at];
}

/* Nodes: rows, then columns.  How much can go from one to the other by their cell. */
static uint64_t room_between(const struct flow *f, size_t from, size_t to)
{
    size_t rows = f->c->rows + 1;
    if ((from < rows) == (to < rows)) return 0;
    return from < rows ? room(f, from, to - rows, true) : room(f, to, from - rows, false);
}

static void move(struct flow *f, size_t from, size_t to, uint64_t amount)
{
    size_t rows = f->c->rows + 1;
    bool forward = from < rows;
    size_t row = forward ? from : to;
    size_t column = (forward ? to : from) - rows;
    uint64_t *value = &f->value[cells_at(f->c, row, column)];
    *value = grows(f->c, row, column) == forward ? *value + amount : *value - amount;
}

/* A shortest way with room, breadth first; before[] leads back from `to`.  How much fits through it; 0: there is none.
 */
static uint64_t find_way(const struct flow *f, size_t from, size_t to, size_t before[NODES])
{
    size_t nodes = f->c->rows + f->c->columns + 2;
    size_t queue[NODES] = { from };
    size_t ends = 1;
    bool seen[NODES] = { false };
    uint64_t fits[NODES] = { 0 };
    seen[from] = true;
    fits[from] = CELLS_ENDLESS;
    for (size_t i = 0; i < ends && !seen[to]; i++)
        for (size_t next = 0; next < nodes; next++) {
            uint64_t r = seen[next] ? 0 : room_between(f, queue[i], next);
            if (r == 0) continue;
            seen[next] = true;
            before[next] = queue[i];
            fits[next] = r < fits[queue[i]] ? r : fits[queue[i]];
            queue[ends++] = next;
        }
    return fits[to];
}

/* At most `wanted`, else as much as there is; CELLS_ENDLESS when a way has no bound. */
static uint64_t flow_from(struct flow *f, size_t from, size_t to, uint64_t wanted)
{
    uint64_t sum = 0;
    while (sum < wanted) {
        size_t before[NODES];
        uint64_t fits = find_way(f, from, to, before);
        if (fits == 0) break;
        if (fits > wanted - sum) fits = wanted - sum;
        if (fits == CELLS_ENDLESS) return CELLS_ENDLESS;
        for (size_t at = to; at != from; at = before[at]) move(f, before[at], at, fits);
        sum += fits;
    }
    return sum;
}

/* How much the cell could be larger, or smaller, looked for up to `wanted`.  What it gains from its row to its column
 * must come back through the others, and the other way about. */
static uint64_t can_change(const struct cells *c, size_t row, size_t column, bool larger, uint64_t wanted)
{
    struct flow f = { .c = c, .kept_row = row, .kept_column = column };
    size_t ends[2] = { row, c->rows + 1 + column };
    bool back = grows(c, row, column) == larger;
    memcpy(f.value, c->count, sizeof f.value);
    return flow_from(&f, ends[back], ends[!back], wanted);
}

struct cells_range cells_range(const struct cells *c, size_t row, size_t column)
{
    size_t at = cells_at(c, row, column);
    struct cells_range r = { c->count[at], c->count[at] };
    if (!c->hidden[at]) return r;
    uint64_t more = can_change(c, row, column, true, CELLS_ENDLESS);
    r.least -= can_change(c, row, column, false, r.least);
    r.greatest = more == CELLS_ENDLESS ? CELLS_ENDLESS : r.greatest + more;
    return r;
}

/* ---- what must be hidden ---- */

static bool is_safe(const struct cells *c, size_t row, size_t column)
{
    const uint64_t wanted = CELLS_LEAST - 1;
    uint64_t count = c->count[cells_at(c, row, column)];
    if (!cells_is_small(count)) return true;
    uint64_t span = can_change(c, row, column, true, wanted);
    return span >= wanted || span + can_change(c, row, column, false, count) >= wanted;
}

/* A choice among cells that are still shown: counts before zeros, which say least; the body before totals, which people
 * look for; then the smaller. */
struct choice {
    size_t at; /* SIZE_MAX: none yet */
    uint64_t cost[3];
};

static void consider(const struct cells *c, size_t row, size_t column, struct choice *best)
{
    size_t at = cells_at(c, row, column);
    const struct choice tried = { at, { c->count[at] == 0, row == c->rows || column == c->columns, c->count[at] } };
    size_t i = 0;
    if (c->hidden[at]) return;
    while (best->at != SIZE_MAX && i < 2 && tried.cost[i] == best->cost[i]) i++;
    if (best->at == SIZE_MAX || tried.cost[i] < best->cost[i]) *best = tried;
}

/* Line l is row l, or behind the rows a column; cell k of it. */
static void line_cell(const struct cells *c, size_t l, size_t k, size_t *out_row, size_t *out_column)
{
    bool is_row = l <= c->rows;
    *out_row = is_row ? l : k;
    *out_column = is_row ? k : l - c->rows - 1;
}

/* In a line with a single hidden cell it is what the others leave: the best of them is hidden, too.  SIZE_MAX: no such
 * line. */
static size_t beside_a_lone_one(const struct cells *c)
{
    for (size_t l = 0; l < c->rows + c->columns + 2; l++) {
        struct choice best = { SIZE_MAX, { 0 } };
        size_t hidden = 0, row, column;
        for (size_t k = 0; k <= (l <= c->rows ? c->columns : c->rows); k++) {
            line_cell(c, l, k, &row, &column);
            hidden += c->hidden[cells_at(c, row, column)];
            consider(c, row, column, &best);
        }
        if (hidden == 1) return best.at;
    }
    return SIZE_MAX;
}

/* The best of the cell's row and column, else of all.  SIZE_MAX: everything is hidden. */
static size_t companion(const struct cells *c, size_t row, size_t column)
{
    struct choice near = { SIZE_MAX, { 0 } };
    struct choice any = { SIZE_MAX, { 0 } };
    for (size_t i = 0; i <= c->rows; i++)
        for (size_t j = 0; j <= c->columns; j++) {
            consider(c, i, j, &any);
            if (i == row || j == column) consider(c, i, j, &near);
        }
    return near.at != SIZE_MAX ? near.at : any.at;
}

/* The first small cell whose range is too narrow. */
static bool find_unsafe(const struct cells *c, size_t *out_row, size_t *out_column)
{
    for (size_t i = 0; i <= c->rows; i++)
        for (size_t j = 0; j <= c->columns; j++)
            if (!is_safe(c, i, j)) return *out_row = i, *out_column = j, true;
    return false;
}

/* The next cell that must be hidden, too; SIZE_MAX when what is shown is safe. */
static size_t next_to_hide(const struct cells *c)
{
    size_t row;
    size_t column;
    size_t lone = beside_a_lone_one(c);
    if (lone != SIZE_MAX) return lone;
    return find_unsafe(c, &row, &column) ? companion(c, row, column) : SIZE_MAX;
}

void cells_hide(struct cells *c)
{
    for (size_t i = 0; i < (c->rows + 1) * (c->columns + 1); i++) c->hidden[i] = cells_is_small(c->count[i]);
    for (size_t more = next_to_hide(c); more != SIZE_MAX; more = next_to_hide(c)) c->hidden[more] = true;
}
