#include "common/wire/role.h"
#include <criterion/criterion.h>

Test(role, names)
{
    static const struct {
        const char *name;
        unsigned role;
    } rows[] = {
        { "coordinator", ROLE_COORDINATOR }, { "trainer", ROLE_TRAINER },         { "guardian", ROLE_GUARDIAN },
        { "operator", ROLE_OPERATOR },       { "privacy-officer", ROLE_OFFICER }, { "leadership", ROLE_LEADERSHIP },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_str_eq(role_name(rows[i].role), rows[i].name);
        cr_expect_eq(role_parse(str_of(rows[i].name)), rows[i].role, "%s", rows[i].name);
    }
    cr_expect_eq(role_parse(STR("Operator")), ROLE_NONE);
    cr_expect_eq(role_parse(STR("")), ROLE_NONE);
    cr_expect_str_eq(role_name(ROLE_NONE), "none");
    cr_expect_str_eq(role_name(ROLE_TRAINER | ROLE_OPERATOR), "none");
    cr_expect_str_eq(role_name(1u << ROLE_COUNT), "none");
}

Test(role, list)
{
    static const struct {
        const char *name;
        unsigned mask;
        size_t size;
        const char *expected;
    } rows[] = {
        { "none", ROLE_NONE, 40, "" },
        { "one", ROLE_OFFICER, 40, "privacy-officer" },
        { "two", ROLE_OPERATOR | ROLE_SCIENTIST, 40, "operator, scientist" },
        { "exact", ROLE_OPERATOR | ROLE_SCIENTIST, 20, "operator, scientist" },
        { "cut between names", ROLE_OPERATOR | ROLE_SCIENTIST, 19, "operator" },
        { "nothing fits", ROLE_OPERATOR, 1, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[40] = "?";
        cr_expect_str_eq(role_list(rows[i].mask, out, rows[i].size), rows[i].expected, "%s", rows[i].name);
    }
}
