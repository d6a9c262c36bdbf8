#include "agents/trainer/records_contract.h"
#include <criterion/criterion.h>
#include <string.h>

enum { ARENA = 1 << 20 };
#define NEED "columns: [{name: a, min: 0, max: 10}, {name: b, min: 0, max: 10}, {name: y, role: label, classes: 2}]\n"

static struct contract parse(const char *text, struct arena *arena)
{
    struct contract c = { 0 };
    const struct doc *d = NULL;
    struct why why = { "" };
    cr_assert_eq(doc_parse(str_of(text), "schema.yaml", arena, &d, &why), OK, "%s", why.text);
    cr_assert_eq(contract_parse(d, arena, &c, &why), OK, "%s", why.text);
    return c;
}

static void spell(const struct contract *c, char *out, size_t size)
{
    static const char roles[] = { [COLUMN_FEATURE] = 'f',
                                  [COLUMN_LABEL] = 'l',
                                  [COLUMN_SENSITIVE] = 's',
                                  [COLUMN_PATIENT] = 'p',
                                  [COLUMN_IGNORED] = 'i' };
    size_t n = 0;
    for (size_t i = 0; i < c->count && n + 4 < size; i++) {
        out[n++] = c->columns[i].name[0];
        out[n++] = roles[c->columns[i].role];
        out[n++] = ' ';
    }
    out[n] = '\0';
}

Test(records_contract, laid_over)
{
    static const struct {
        const char *name, *have, *want;
        enum err err;
    } rows[] = {
        { "none declared", NULL, "af bf yl ", OK },
        { "the same", NEED, "af bf yl ", OK },
        { "by header, other order, more columns",
          "header: yes\ncolumns: [{name: y, role: label, classes: 2}, {name: c}, {name: b, min: 0, max: 9}, {name: a, "
          "min: 1, max: 9}]\n",
          "af bf yl ", OK },
        { "the hospital knows its patients",
          "header: yes\ncolumns: [{name: who, role: patient}, {name: a, min: 0, max: 10}, {name: b, min: 0, max: 10}, "
          "{name: y, role: label, classes: 2}]\n",
          "af bf yl wp ", OK },
        { "without a header",
          "header: no\ncolumns: [{name: who, role: patient}, {name: a, min: 0, max: 10}, {name: c}, {name: b, min: 0, "
          "max: 10}, {name: y, role: label, classes: 2}]\n",
          "wp af ci bf yl ", OK },
        { "without a header, wrong order",
          "header: no\ncolumns: [{name: b, min: 0, max: 10}, {name: a, min: 0, max: 10}, {name: y, role: label, "
          "classes: 2}]\n",
          "", ERR_DATA },
        { "a column is missing", "columns: [{name: a, min: 0, max: 10}, {name: y, role: label, classes: 2}]\n", "",
          ERR_DATA },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(arena_free) struct arena arena = arena_make(ARENA);
        struct contract need = parse(NEED, &arena);
        struct contract have = { 0 };
        struct contract c = { 0 };
        struct why why = { "" };
        char got[64] = "";
        if (rows[i].have) have = parse(rows[i].have, &arena);
        cr_expect_eq(records_contract(rows[i].have ? &have : NULL, &need, &arena, &c, &why), rows[i].err, "%s: %s",
                     rows[i].name, why.text);
        spell(&c, got, sizeof got);
        cr_expect_str_eq(got, rows[i].want, "%s: %s", rows[i].name, got);
        if (rows[i].err != OK) continue;
        cr_expect(c.ninputs == 2 && c.nclasses == 2 && strcmp(c.columns[c.label].name, "y") == 0, "%s", rows[i].name);
        cr_expect_eq(c.header, rows[i].have ? have.header : need.header, "%s", rows[i].name);
    }
}
