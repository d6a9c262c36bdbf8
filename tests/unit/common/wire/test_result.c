#include "common/wire/result.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *const columns[] = { "name", "loss", NULL };
static const char *const row_a[] = { "hospital-a", "0.31", NULL };
static const char *const row_short[] = { "b", NULL };

static void fill(struct result *r)
{
    result_say(r, "round %d of %d", 3, 10);
    result_field(r, "run", "%s", "heart-7");
    result_columns(r, columns);
    result_row(r, row_a);
    result_row(r, row_short);
}

Test(result, builds)
{
    struct result r CLEANUP(result_free);
    result_init(&r);
    fill(&r);
    cr_expect_eq(result_err(&r), OK);
    cr_expect_str_eq((const char *)r.text.p, "round 3 of 10\n");
    cr_expect(str_is(r.fields->name, "run") && str_is(r.fields->value, "heart-7") && r.fields->next == NULL);
    cr_expect(r.ncolumns == 2 && r.nrows == 2);
    cr_expect(str_is(r.rows->cells[1], "0.31") && r.rows->next->cells[1].n == 0);
}

Test(result, copies)
{
    struct result r CLEANUP(result_free);
    char text[] = "first";
    const char *const cells[] = { text, NULL };
    result_init(&r);
    result_columns(&r, columns);
    result_row(&r, cells);
    text[0] = 'X';
    cr_expect(str_is(r.rows->cells[0], "first"));
}

Test(result, failure_sticks)
{
    struct result r CLEANUP(result_free);
    static const char *const many[] = { "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",
                                        "10", "11", "12", "13", "14", "15", "16", "17", NULL };
    result_init(&r);
    result_columns(&r, many);
    cr_expect_eq(result_err(&r), ERR_LIMIT);
    fill(&r);
    cr_expect(r.text.n == 0 && r.fields == NULL && r.nrows == 0);
    cr_expect_eq(result_err(&r), ERR_LIMIT);
}

Test(result, rows_are_bounded)
{
    struct result r CLEANUP(result_free);
    result_init(&r);
    result_columns(&r, columns);
    for (int i = 0; i < RESULT_MAX_ROWS; i++) result_row(&r, row_a);
    cr_expect_eq(result_err(&r), OK);
    result_row(&r, row_a);
    cr_expect_eq(result_err(&r), ERR_LIMIT);
    cr_expect_eq(r.nrows, RESULT_MAX_ROWS);
}

Test(result, free_takes_anything)
{
    struct result r = { 0 };
    result_free(NULL);
    result_init(&r);
    result_free(&r);
    result_free(&r);
}

Test(result, out_of_memory_is_an_error)
{
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct result r CLEANUP(result_free);
        result_init(&r);
        fill(&r);
        done = result_err(&r) == OK;
        cr_expect(done || result_err(&r) == ERR_MEMORY, "allocation %zu", n);
    }
    cr_expect(done);
}
