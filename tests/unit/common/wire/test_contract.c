#include "common/base/buf.h"
#include "common/wire/contract.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 22 };

static enum err parse(const char *text, struct arena *arena, struct contract *out, struct why *why)
{
    const struct doc *d = NULL;
    enum err e = doc_parse(str_of(text), "t", arena, &d, why);
    return e == OK ? contract_parse(d, arena, out, why) : e;
}

Test(contract, whole)
{
    static const char text[] = "header: no\nskip_lines: 1\nmissing: ['?', NA]\n"
                               "columns:\n"
                               "- {name: id, role: patient}\n"
                               "- {name: mean radius, kind: real, min: 0, max: 50, unit: mm, missing: mean}\n"
                               "- {name: stage, classes: [i, ii, iii], missing: zero}\n"
                               "- {name: visits, kind: integer}\n"
                               "- {name: sex, kind: category, classes: [f, m], role: sensitive}\n"
                               "- {name: outcome, role: label, classes: 3}\n";
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct contract c = { 0 };
    struct why why = { "" };
    cr_assert_eq(parse(text, &arena, &c, &why), OK, "%s", why.text);
    cr_expect(!c.header && c.skip_lines == 1 && c.nmissing == 2 && strcmp(c.missing[1], "NA") == 0);
    cr_expect(c.count == 6 && c.nfeatures == 3 && c.ninputs == 5 && c.label == 5 && c.nclasses == 3);
    cr_expect(c.columns[0].kind == COLUMN_CATEGORY && c.columns[0].role == COLUMN_PATIENT);
    const struct column *radius = &c.columns[1];
    cr_expect(radius->kind == COLUMN_REAL && radius->min == 0 && radius->max == 50 && radius->missing == MISSING_MEAN);
    cr_expect_str_eq(radius->unit, "mm");
    cr_expect(c.columns[2].kind == COLUMN_CATEGORY && strcmp(c.columns[2].classes[2], "iii") == 0);
    cr_expect(c.columns[3].kind == COLUMN_INTEGER && isinf(c.columns[3].min) && isinf(c.columns[3].max));
    cr_expect(c.columns[4].role == COLUMN_SENSITIVE && c.columns[4].nclasses == 2);
    cr_expect(c.columns[5].kind == COLUMN_INTEGER && c.columns[5].classes == NULL && c.columns[5].nclasses == 3);
}

#define AGE "{name: age}"
#define LABEL "{name: y, role: label, classes: [a, b]}"

Test(contract, columns_refused)
{
    static const struct {
        const char *columns;
        const char *sentence;
    } rows[] = {
        { AGE, "1 columns are not between 2 and 1024" },
        { AGE ", {name: b}", "one column must have the role label; 0 have" },
        { LABEL ", {name: z, role: label, classes: 2}", "role label; 2 have" },
        { LABEL ", {name: p, role: patient}", "no column has the role feature" },
        { LABEL ", " AGE ", {name: p, role: patient}, {name: q, role: patient}", "only one column" },
        { LABEL ", " AGE ", " AGE, "the column `age` is there twice" },
        { LABEL ", {kind: real}", "`name` is missing" },
        { LABEL ", {name: ''}", "a column needs a name" },
        { LABEL ", {name: \"a\\e\"}", "control characters" },
        { LABEL ", {name: a, rol: label}", "did you mean `role`?" },
        { LABEL ", {name: a, kind: number}", "\"number\" is not one of: real, integer, category" },
        { LABEL ", {name: a, kind: category}", "a category needs `classes`" },
        { LABEL ", {name: a, classes: 2}", "a list of the allowed values" },
        { LABEL ", {name: a, kind: real, classes: [x, y]}", "are for columns of kind category" },
        { LABEL ", {name: a, classes: [x]}", "1 classes are not between 2 and 64" },
        { LABEL ", {name: a, classes: [x, x]}", "the class `x` is there twice" },
        { LABEL ", {name: a, classes: [x, '']}", "a class without a name" },
        { LABEL ", {name: a, min: 2, max: 1}", "`min` 2 is above `max` 1" },
        { LABEL ", {name: a, min: x}", "columns.min: \"x\" is not a number" },
        { LABEL ", {name: a, classes: [x, y], min: 1}", "are for real and integer columns" },
        { LABEL ", {name: a, classes: [x, y], missing: mean}", "a category has no mean" },
        { LABEL ", {name: a, role: ignored, missing: zero}", "only a feature's missing values" },
        { LABEL ", {name: a, unit: a very long unit indeed}", "longer than 15 bytes" },
        { AGE ", {name: y, role: label}", "the label needs `classes`" },
        { AGE ", {name: y, role: label, classes: 1}", "1 is not between 2 and 64" },
        { AGE ", {name: y, role: label, classes: 2, kind: real}", "is of kind integer" },
        { AGE ", y", "keys with values are wanted here" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        struct contract c = { 0 };
        struct why why = { "" };
        char text[400];
        (void)snprintf(text, sizeof text, "{columns: [%s]}", rows[i].columns);
        cr_expect_eq(parse(text, &arena, &c, &why), ERR_SETTING, "%s", rows[i].columns);
        cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s: %s", rows[i].columns, why.text);
        cr_expect_eq(c.count, 0, "%s", rows[i].columns);
    }
}

Test(contract, document_refused)
{
    static const struct {
        const char *text;
        const char *sentence;
    } rows[] = {
        { "[1]", "keys with values" },
        { "{header: yes}", "`columns` is missing" },
        { "{columns: 1}", "a list is wanted here" },
        { "{colums: []}", "did you mean `columns`?" },
        { "{header: 1, columns: []}", "not yes or no" },
        { "{skip_lines: 1001, columns: []}", "not between 0 and 1000" },
        { "{missing: [1,2,3,4,5,6,7,8,9], columns: []}", "at most 8" },
        { "{missing: [[1]], columns: []}", "one value is wanted" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        struct contract c = { 0 };
        struct why why = { "" };
        cr_expect_eq(parse(rows[i].text, &arena, &c, &why), ERR_SETTING, "%s", rows[i].text);
        cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s: %s", rows[i].text, why.text);
    }
}

Test(contract, too_many_inputs)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct buf text CLEANUP(buf_free) = buf_make(ARENA_BYTES);
    struct contract c = { 0 };
    struct why why = { "" };
    buf_add_z(&text, "columns:\n- " LABEL "\n");
    for (int i = 0; i < 65; i++) {
        buf_addf(&text, "- {name: c%d, classes: [", i);
        for (int k = 0; k < CONTRACT_MAX_CLASSES; k++) buf_addf(&text, "%s%d", k ? "," : "", k);
        buf_add_z(&text, "]}\n");
    }
    cr_expect_eq(parse((const char *)text.p, &arena, &c, &why), ERR_SETTING);
    cr_expect(strstr(why.text, "4160 model inputs") != NULL, "%s", why.text);
}

Test(contract, fits)
{
    static const char task[] = "columns: [{name: age, min: 0, max: 100, unit: years}, {name: x, role: ignored},"
                               "{name: s, classes: [f, m], role: sensitive}, " LABEL "]";
    static const struct {
        const char *columns;
        const char *sentence; /* NULL: fits */
    } rows[] = {
        { "{name: age, min: 0, max: 100, unit: years}, {name: s, classes: [f, m], role: sensitive}", NULL },
        { "{name: more}, {name: s, classes: [f, m], role: sensitive}, {name: age, min: 9, max: 9}", NULL },
        { "{name: age, min: 0, max: 100}", "column `s`: the task wants it" },
        { "{name: age, min: 0, max: 101}", "its range here, 0 to 101, is not inside the task's, 0 to 100" },
        { "{name: age}", "its range here, -inf to inf" },
        { "{name: age, kind: integer, min: 0, max: 9}", "its kind here is integer, the task wants real" },
        { "{name: age, role: ignored, min: 0, max: 9}, {name: z}", "its role here is ignored, the task wants feature" },
        { "{name: age, min: 0, max: 9, unit: months}", "its unit here is months, the task wants years" },
        { "{name: age, min: 0, max: 9}, {name: s, classes: [m, f], role: sensitive}", "its classes here" },
        { "{name: age, min: 0, max: 9}, {name: s, classes: [f, m, x], role: sensitive}", "its classes here" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        struct contract need = { 0 };
        struct contract have = { 0 };
        struct why why = { "" };
        char text[400];
        (void)snprintf(text, sizeof text, "{columns: [%s, " LABEL "]}", rows[i].columns);
        cr_assert_eq(parse(task, &arena, &need, &why), OK, "%s", why.text);
        cr_assert_eq(parse(text, &arena, &have, &why), OK, "%s: %s", rows[i].columns, why.text);
        cr_expect_eq(contract_fits(&have, &need, &why), rows[i].sentence ? ERR_DATA : OK, "%s", rows[i].columns);
        if (rows[i].sentence) cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s", why.text);
    }
}
