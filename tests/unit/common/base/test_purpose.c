#include "common/base/purpose.h"
#include <criterion/criterion.h>

Test(purpose, each_word_is_one_purpose_and_nothing_else_is)
{
    static const char *const none[] = { "", "Research", "research ", "public health", "unknown" };
    enum purpose p = PURPOSES;
    for (unsigned i = 0; i < PURPOSES; i++) {
        cr_assert_eq(purpose_parse(str_of(purpose_names[i]), &p), OK, "%s", purpose_names[i]);
        cr_expect_eq(p, i, "%s", purpose_names[i]);
        cr_expect_str_eq(purpose_name(p), purpose_names[i]);
    }
    cr_expect_null(purpose_names[PURPOSES]);
    cr_expect_str_eq(purpose_name(PURPOSES), "unknown");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_eq(purpose_parse(str_of(none[i]), &p), ERR_INPUT, "%s", none[i]);
}
