#include "agents/trainer/left.h"
#include <criterion/criterion.h>
#include <string.h>

enum { MAX_NOTED = 4 };

Test(left, a_round_leaves_once)
{
    static const struct {
        const char *name;
        uint64_t noted[MAX_NOTED]; /* ends with 0 */
        uint64_t asked;
        bool has;
    } rows[] = {
        { "nothing left yet", { 0 }, 1, false },
        { "the one", { 1 }, 1, true },
        { "the next", { 1 }, 2, false },
        { "one that was missed", { 1, 3 }, 2, false },
        { "the missed one afterwards", { 1, 3, 2 }, 2, true },
        { "the first behind others", { 1, 3, 2 }, 1, true },
        { "noted twice", { 5, 5, 4 }, 5, true },
        { "the last in the window", { 100 }, 100 - LEFT_WINDOW + 1, false },
        { "the first before it", { 100 }, 100 - LEFT_WINDOW, true },
        { "a leap as wide as the window", { 1, 1 + LEFT_WINDOW }, 2, false },
        { "and the one before it", { 1, 1 + LEFT_WINDOW }, 1, true },
        { "a leap over the window keeps nothing of it", { 1, 5000 }, 4999, false },
        { "the largest number", { UINT64_MAX }, UINT64_MAX, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct left l = { 0 }, again;
        char text[LEFT_TEXT_BYTES];
        for (size_t k = 0; k < MAX_NOTED && rows[i].noted[k]; k++) left_note(&l, rows[i].noted[k]);
        cr_expect_eq(left_has(&l, rows[i].asked), rows[i].has, "%s", rows[i].name);
        cr_assert_eq(left_read(str_of(left_print(&l, text)), &again), OK, "%s: %s", rows[i].name, text);
        cr_expect_eq(memcmp(&l, &again, sizeof l), 0, "%s: %s", rows[i].name, text);
    }
}

Test(left, what_is_no_row_is_refused)
{
    static const char *const rows[] = { "", "1", "1 ", " 1", "a b", "-1 1", "1 2 3", "99999999999999999999 1" };
    struct left l;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(left_read(str_of(rows[i]), &l), ERR_STORE, "%s", rows[i]);
}
