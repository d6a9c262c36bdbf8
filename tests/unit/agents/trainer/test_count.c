#include "agents/trainer/count.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <string.h>

#define PEOPLE "  - {name: who, role: patient}\n"
#define DATA                                                                                                           \
    "  - {name: sex, kind: category, role: sensitive, classes: [f, m]}\n"                                              \
    "  - {name: pain, kind: category, classes: [a, b], missing: zero}\n"                                               \
    "  - {name: ill, role: label, classes: [\"no\", \"yes\"]}\n"

static const char by_patient[] = "who,sex,pain,ill\n"
                                 "1,f,a,yes\n1,f,b,no\n" /* counts once, as the first */
                                 "2,m,b,no\n3,,b,no\n4,m,,yes\n2,m,a,yes\n";
static const char by_record[] = "sex,pain,ill\nf,a,yes\nf,a,yes\nm,b,no\n";

static const struct row {
    const char *name, *columns, *csv, *across, *down;
    size_t n;
    uint64_t body[9];
} rows[] = {
    { "patients by two", "columns:\n" PEOPLE DATA, by_patient, "sex", "ill", 6, { 0, 1, 1, 1, 1, 0 } },
    { "a feature, one missing", "columns:\n" PEOPLE DATA, by_patient, "pain", "", 3, { 1, 2, 1 } },
    { "the label alone", "columns:\n" PEOPLE DATA, by_patient, "ill", "", 2, { 2, 2 } },
    { "equal records are several", "columns:\n" DATA, by_record, "sex", "ill", 6, { 0, 2, 1, 0, 0, 0 } },
};

static void read_all(const struct row *row, struct arena *arena, struct contract *c, struct dataset **d)
{
    const struct doc *doc = NULL;
    struct why why = { "" };
    cr_assert_eq(doc_parse(str_of(row->columns), "data", arena, &doc, &why), OK, "%s", why.text);
    cr_assert_eq(contract_parse(doc, arena, c, &why), OK, "%s", why.text);
    cr_assert_eq(dataset_parse(c, str_bytes(str_of(row->csv)), d, &why), OK, "%s", why.text);
}

Test(count, each_patient_once)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct dataset *d CLEANUP(dataset_drop) = NULL;
        struct contract c;
        struct axis across, down;
        static struct cells t;
        read_all(row, &arena, &c, &d);
        cr_assert_eq(axis_find(&c, str_of(row->across), &across, NULL), OK);
        cr_assert_eq(axis_find(&c, str_of(row->down), &down, NULL), OK);
        cr_assert_eq(count_fill(d, &c, &across, &down, &t, NULL), OK, "%s", row->name);
        cr_assert_eq(t.rows * t.columns, row->n, "%s", row->name);
        for (size_t k = 0; k < row->n; k++)
            cr_expect_eq(t.count[cells_at(&t, k / t.columns, k % t.columns)], row->body[k], "%s, cell %zu", row->name,
                         k);
    }
}

Test(count, a_table_has_an_end)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct dataset *d CLEANUP(dataset_drop) = NULL;
    struct contract c;
    static struct cells t;
    const struct axis wide = { .classes = CELLS_SIDE_MAX + 1 }, one = { .classes = 1 };
    read_all(&rows[0], &arena, &c, &d);
    cr_expect_eq(count_fill(d, &c, &wide, &one, &t, NULL), ERR_INPUT);
    cr_expect_eq(count_fill(d, &c, &one, &wide, &t, NULL), ERR_INPUT);
}

Test(count, without_memory_nothing_is_counted)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct dataset *d CLEANUP(dataset_drop) = NULL;
    struct contract c;
    static struct cells t;
    const struct axis all = { .classes = 1 };
    bool done = false;
    read_all(&rows[0], &arena, &c, &d);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = count_fill(d, &c, &all, &all, &t, NULL);
        cr_assert(e == OK || e == ERR_MEMORY);
        done = e == OK;
    }
    cr_expect_eq(t.count[0], 4);
}
