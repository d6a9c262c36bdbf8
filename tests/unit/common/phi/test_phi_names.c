#include "common/phi/phi_names.h"
#include <criterion/criterion.h>

static const struct {
    phi_check_fn *check;
    const char *text;
    bool holds;
} rows[] = {
    { phi_is_person, "John Smith", true },
    { phi_is_person, "Smith, John", true },
    { phi_is_person, "Mary J. Okonkwo", true },
    { phi_is_person, "Tadeusz Johnson", true },
    { phi_is_person, "Grace Period", false },
    { phi_is_person, "Mary Hospital", false },
    { phi_is_person, "Model Johnson", false },
    { phi_is_person, "Adam, Yogi", false },
    { phi_is_person, "Mary", false },
    { phi_is_people, "john smith", true },
    { phi_is_people, "garcia, maria", true },
    { phi_is_people, "will long", false },
    { phi_is_people, "mary had", false },
    { phi_has_name, "patient smith", true },
    { phi_has_name, "patient Mark", true },
    { phi_has_name, "patient mark", false },
    { phi_has_name, "patient record", false },
    { phi_has_name, "", false },
    { phi_is_called, "patient Xiomara Okonkwo", true },
    { phi_is_called, "Patient Data Table", false },
    { phi_is_called, "Bob", false },
};

Test(phi_names, rows)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(rows[i].check(str_of(rows[i].text)), rows[i].holds, "row %zu: %s", i, rows[i].text);
}

/* The lists are searched by halves, so the first and the last word must be found as well. */
Test(phi_names, lists_are_in_order)
{
    static const char *const given[] = { "aaron", "zachary", "Mary", "YUKI" };
    static const char *const family[] = { "adams", "young", "Smith", "O" };
    for (size_t i = 0; i < 4; i++) {
        cr_expect(phi_name_given(str_of(given[i])), "%s", given[i]);
        cr_expect_eq(phi_name_family(str_of(family[i])), i < 3, "%s", family[i]);
    }
    cr_expect_not(phi_name_given(STR("")));
    cr_expect_not(phi_name_given(STR("maryannabellajosephinetheresa")));
}
