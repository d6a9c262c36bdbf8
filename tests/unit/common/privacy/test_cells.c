#include "common/base/rng.h"
#include "common/privacy/cells.h"
#include <criterion/criterion.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct cells table(size_t rows, size_t columns, const uint64_t *body)
{
    struct cells c;
    cr_assert_eq(cells_fill(&c, rows, columns, body), OK);
    return c;
}

Test(cells, totals)
{
    const uint64_t body[] = { 20, 30, 0, 40, 50, 60 };
    const uint64_t expected[] = { 20, 30, 0, 50, 40, 50, 60, 150, 60, 80, 60, 200 };
    struct cells c = table(2, 3, body);
    cr_expect_arr_eq(c.count, expected, sizeof expected);
    for (size_t i = 0; i < COUNT(expected); i++) cr_expect(!c.hidden[i]);
}

Test(cells, refused)
{
    struct cells c;
    const uint64_t huge[] = { CELLS_COUNT_MAX, 1 };
    cr_expect_eq(cells_fill(&c, 0, 1, huge), ERR_INPUT);
    cr_expect_eq(cells_fill(&c, 1, 0, huge), ERR_INPUT);
    cr_expect_eq(cells_fill(&c, CELLS_SIDE_MAX + 1, 1, huge), ERR_INPUT);
    cr_expect_eq(cells_fill(&c, 1, CELLS_SIDE_MAX + 1, huge), ERR_INPUT);
    cr_expect_eq(cells_fill(&c, 1, 2, huge), ERR_INPUT, "too much in all");
    cr_expect_eq(cells_fill(&c, 1, 1, huge), OK);
}

Test(cells, shares)
{
    static const struct {
        uint64_t part, whole;
        bool safe;
    } rows[] = { { 0, 0, true },     { 0, 100, true },  { 1, 100, false },  { 10, 100, false },
                 { 11, 100, true },  { 89, 100, true }, { 90, 100, false }, { 99, 100, false },
                 { 100, 100, true }, { 0, 5, false },   { 2, 1, false } };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(cells_share_is_safe(rows[i].part, rows[i].whole), rows[i].safe, "row %zu", i);
}

/* What is hidden, as a picture: '#' hidden, '.' shown; totals included. */
Test(cells, what_is_hidden)
{
    static const struct {
        const char *name;
        size_t rows, columns;
        uint64_t body[9];
        const char *picture;
    } rows[] = {
        { "nothing is small", 2, 2, { 20, 30, 40, 50 }, "........." },
        { "zeros may be shown", 2, 2, { 0, 30, 40, 0 }, "........." },
        { "11 is the least", 1, 2, { 11, 11 }, "......" },
        { "one small cell takes three along", 2, 2, { 10, 30, 40, 50 }, "##.##...." },
        { "a lone count is its totals", 1, 1, { 5 }, "####" },
        { "two in a row span too little", 1, 3, { 3, 4, 100 }, "###.###." },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cells c = table(rows[i].rows, rows[i].columns, rows[i].body);
        char picture[32] = "";
        cells_hide(&c);
        for (size_t k = 0; k < (c.rows + 1) * (c.columns + 1); k++) picture[k] = c.hidden[k] ? '#' : '.';
        cr_expect_str_eq(picture, rows[i].picture, "%s: %s", rows[i].name, picture);
    }
}

/* ---- ranges, against all tables there are ---- */

enum { CAP = 18, CELLS_MOST = 12 };

struct search {
    const struct cells *c;
    struct cells tried;
    size_t asked;
    uint64_t least, greatest;
};

static void look(struct search *s)
{
    uint64_t body[CELLS_MOST];
    for (size_t i = 0; i < s->c->rows; i++)
        for (size_t j = 0; j < s->c->columns; j++) body[i * s->c->columns + j] = s->tried.count[cells_at(s->c, i, j)];
    struct cells t = table(s->c->rows, s->c->columns, body);
    for (size_t k = 0; k < (t.rows + 1) * (t.columns + 1); k++)
        if (!s->c->hidden[k] && t.count[k] != s->c->count[k]) return;
    if (t.count[s->asked] < s->least) s->least = t.count[s->asked];
    if (t.count[s->asked] > s->greatest) s->greatest = t.count[s->asked];
}

/* All values up to CAP in the hidden cells of the body. */
static void try_all(struct search *s, size_t cell)
{
    if (cell == s->c->rows * s->c->columns) {
        look(s);
        return;
    }
    size_t at = cells_at(s->c, cell / s->c->columns, cell % s->c->columns);
    if (!s->c->hidden[at]) {
        try_all(s, cell + 1);
        return;
    }
    for (uint64_t n = 0; n <= CAP; n++) {
        s->tried.count[at] = n;
        try_all(s, cell + 1);
    }
    s->tried.count[at] = s->c->count[at];
}

static void expect_range(const struct cells *c, size_t row, size_t column)
{
    struct search s = { .c = c, .tried = *c, .asked = cells_at(c, row, column), .least = UINT64_MAX };
    struct cells_range r = cells_range(c, row, column);
    try_all(&s, 0);
    cr_expect_eq(r.least, s.least, "cell %zu %zu: %zu, not %zu", row, column, (size_t)r.least, (size_t)s.least);
    if (r.greatest == CELLS_ENDLESS)
        cr_expect(s.greatest >= CAP, "cell %zu %zu ends at %zu", row, column, (size_t)s.greatest);
    else
        cr_expect_eq(r.greatest, s.greatest, "cell %zu %zu: %zu, not %zu", row, column, (size_t)r.greatest,
                     (size_t)s.greatest);
}

/* Every pattern of hiding a 2 x 2 table with its totals that leaves at most three cells of the body to try, and some
 * with four. */
Test(cells, ranges_are_exact)
{
    struct rng dice = rng_make(11);
    size_t wholes = 0;
    for (unsigned pattern = 0; pattern < 1u << 9; pattern++) {
        uint64_t body[4];
        for (size_t i = 0; i < 4; i++) body[i] = rng_below(&dice, 9);
        struct cells c = table(2, 2, body);
        for (size_t k = 0; k < 9; k++) c.hidden[k] = pattern >> k & 1;
        bool whole = c.hidden[0] && c.hidden[1] && c.hidden[3] && c.hidden[4];
        if (whole && wholes++ % 16 != 0) continue;
        for (size_t i = 0; i <= 2; i++)
            for (size_t j = 0; j <= 2; j++) expect_range(&c, i, j);
    }
}

/* ---- what must hold for every table ---- */

static void expect_safe(const struct cells *c, size_t number)
{
    for (size_t i = 0; i <= c->rows; i++)
        for (size_t j = 0; j <= c->columns; j++) {
            uint64_t n = c->count[cells_at(c, i, j)];
            struct cells_range r = cells_range(c, i, j);
            if (!cells_is_small(n)) continue;
            cr_expect(c->hidden[cells_at(c, i, j)], "table %zu shows %zu", number, (size_t)n);
            cr_expect(r.least <= n && n <= r.greatest, "table %zu", number);
            cr_expect(r.greatest - r.least >= CELLS_LEAST - 1, "table %zu: %zu to %zu", number, (size_t)r.least,
                      (size_t)r.greatest);
        }
}

Test(cells, no_small_count_can_be_known)
{
    struct rng dice = rng_make(12);
    for (size_t number = 0; number < 400; number++) {
        uint64_t body[144];
        size_t rows = 1 + rng_below(&dice, 12);
        size_t columns = 1 + rng_below(&dice, 12);
        uint64_t most = (uint64_t[]){ 3, 15, 60, 1000 }[rng_below(&dice, 4)];
        for (size_t i = 0; i < rows * columns; i++) body[i] = rng_below(&dice, 4) ? rng_below(&dice, most + 1) : 0;
        struct cells c = table(rows, columns, body);
        cells_hide(&c);
        expect_safe(&c, number);
    }
}

/* The largest table is done in reasonable time, and most of it is shown. */
Test(cells, large_table)
{
    static uint64_t body[CELLS_SIDE_MAX * CELLS_SIDE_MAX];
    struct rng dice = rng_make(13);
    size_t shown = 0;
    for (size_t i = 0; i < COUNT(body); i++) body[i] = rng_below(&dice, 300);
    struct cells c = table(CELLS_SIDE_MAX, CELLS_SIDE_MAX, body);
    cells_hide(&c);
    expect_safe(&c, 0);
    for (size_t i = 0; i < COUNT(c.count); i++) shown += !c.hidden[i];
    cr_expect(shown > COUNT(c.count) / 2, "%zu shown", shown);
}
