#include "agents/coordinator/keep.h"
#include <criterion/criterion.h>

static const struct row {
    const char *name;
    const char *text;
    const char *expected; /* in 6 bytes */
} rows[] = {
    { "fits", "abc", "abc" },     { "just fits", "abcde", "abcde" },
    { "cut", "abcdef", "abcde" }, { "cut before half a character", "abcd\xc3\xa9", "abcd" },
    { "empty", "", "" },
};

Test(keep, text)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[6];
        cr_expect_str_eq(keep_text(str_of(rows[i].text), out, sizeof out), rows[i].expected, "%s", rows[i].name);
    }
}

Test(keep, errors_that_leave_facts_half_done)
{
    cr_expect(keep_whole(OK) == OK && keep_whole(ERR_MEMORY) == ERR_MEMORY && keep_whole(ERR_BUG) == ERR_BUG);
    cr_expect(keep_whole(ERR_STATE) == ERR_STORE && keep_whole(ERR_LIMIT) == ERR_STORE);
    cr_expect(keep_whole(ERR_SETTING) == ERR_STORE);
}
