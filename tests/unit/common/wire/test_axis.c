#include "common/wire/axis.h"
#include <criterion/criterion.h>
#include <string.h>

static const char text[] = "columns:\n"
                           "  - {name: who, role: patient}\n"
                           "  - {name: age, kind: integer}\n"
                           "  - {name: chest pain, kind: category, classes: [typical, other, none]}\n"
                           "  - {name: weight}\n"
                           "  - {name: smokes, kind: category, classes: [a, b]}\n"
                           "  - {name: dose, role: sensitive}\n"
                           "  - {name: sex, kind: category, role: sensitive, classes: [f, m]}\n"
                           "  - {name: ward, role: ignored}\n"
                           "  - {name: ill, role: label, classes: 3}\n";

static const struct row {
    const char *column;
    size_t classes, place; /* classes 0: refused */
    const char *last;      /* class, or the sentence */
} rows[] = {
    { "chest pain", 4, 1, "unknown" },
    { "smokes", 3, 5, "unknown" },
    { "sex", 3, 1, "unknown" },
    { "ill", 3, 0, "2" },
    { "", 1, 0, "all" },
    { "age", 0, 0, "no classes" },
    { "dose", 0, 0, "no classes" },
    { "who", 0, 0, "no classes" },
    { "ward", 0, 0, "no classes" },
    { "height", 0, 0, "no column" },
};

Test(axis, what_has_classes_can_be_counted_by)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    const struct doc *d = NULL;
    struct contract c;
    cr_assert_eq(doc_parse(str_of(text), "data", &arena, &d, NULL), OK);
    cr_assert_eq(contract_parse(d, &arena, &c, NULL), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[CONTRACT_NAME_BYTES];
        struct axis a;
        struct why why = { "" };
        enum err e = axis_find(&c, str_of(rows[i].column), &a, &why);
        cr_assert_eq(e, rows[i].classes ? OK : ERR_INPUT, "%s", rows[i].column);
        if (e != OK) {
            cr_expect(strstr(why.text, rows[i].last), "%s: %s", rows[i].column, why.text);
            continue;
        }
        cr_expect_eq(a.classes, rows[i].classes, "%s", rows[i].column);
        cr_expect_eq(a.place, rows[i].place, "%s", rows[i].column);
        cr_expect_str_eq(axis_class(&a, a.classes - 1, name), rows[i].last);
    }
}
