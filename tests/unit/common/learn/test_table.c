#include "common/learn/table.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>

Test(table, sizes_are_checked)
{
    static const struct {
        const char *name;
        size_t nrows, ninputs;
        enum err expected;
    } rows[] = {
        { "fine", 3, 4, OK },
        { "empty", 0, 4, OK },
        { "too large", (size_t)1 << 20, (size_t)1 << 20, ERR_LIMIT },
        { "overflowing", SIZE_MAX, SIZE_MAX, ERR_LIMIT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct table t = { 0 };
        cr_expect_eq(table_init(&t, rows[i].nrows, rows[i].ninputs), rows[i].expected, "%s", rows[i].name);
        if (rows[i].expected == OK && t.nrows > 0) cr_expect_eq(t.inputs[t.nrows * t.ninputs - 1], 0);
        table_fini(&t);
        cr_expect_null(t.inputs, "%s", rows[i].name);
    }
    table_fini(NULL);
}

Test(table, every_allocation_may_fail)
{
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct table t = { 0 };
        enum err e = table_init(&t, 2, 2);
        cr_expect(e == OK || (e == ERR_MEMORY && t.inputs == NULL), "allocation %zu", n);
        done = e == OK;
        table_fini(&t);
    }
    cr_expect(done);
}
