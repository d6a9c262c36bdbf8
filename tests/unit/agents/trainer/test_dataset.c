#include "agents/trainer/dataset.h"
#include "common/base/file.h"
#include "common/wire/task.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ARENA = 1 << 20, REPORT = 2000 };

static const char wards[] = "header: yes\n"
                            "missing: ['?', NA]\n"
                            "columns:\n"
                            "  - {name: id, role: patient}\n"
                            "  - {name: age, kind: integer, min: 0, max: 120}\n"
                            "  - {name: lactate, min: 0, max: 30, missing: mean}\n"
                            "  - {name: ward, kind: category, classes: [a, b, c], missing: zero}\n"
                            "  - {name: sex, kind: category, classes: [f, m], role: sensitive}\n"
                            "  - {name: note, role: ignored}\n"
                            "  - {name: outcome, role: label, classes: ['0', '1']}\n";
#define HEAD "id,age,lactate,ward,sex,note,outcome\n"

static struct contract contract_of(const char *yaml, struct arena *arena)
{
    const struct doc *doc = NULL;
    struct contract c;
    struct why why = { "" };
    cr_assert_eq(doc_parse(str_of(yaml), "test", arena, &doc, &why), OK, "%s", why.text);
    cr_assert_eq(contract_parse(doc, arena, &c, &why), OK, "%s", why.text);
    return c;
}

static enum err parse(const char *yaml, const char *csv, struct dataset **out, struct why *why)
{
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA);
    struct contract c = contract_of(yaml, &arena);
    return dataset_parse(&c, str_bytes(str_of(csv)), out, why);
}

Test(dataset, values)
{
    static const char csv[] = HEAD "p1,61,1.5,b,f,fine,1\n"
                                   "p2, 7 ,?,c,NA,\"a, b\",0\r\n"
                                   "\n"
                                   "p1,61.0,2,,m,,1.0";
    static const float inputs[] = { 61, 1.5f, 0, 1, 0, 7, 0, 0, 0, 1, 61, 2, 0, 0, 0 };
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    cr_assert_eq(parse(wards, csv, &d, NULL), OK);
    cr_assert_eq(d->nrows, 3);
    cr_assert_eq(d->ninputs, 5);
    for (size_t i = 0; i < 15; i++)
        if (i != 6) cr_expect_eq(d->inputs[i], inputs[i], "%zu: %g", i, (double)d->inputs[i]);
    cr_expect(isnan(d->inputs[6]), "imputed later");
    cr_expect_eq(d->labels[0] * 4 + d->labels[1] * 2 + d->labels[2], 5);
    cr_expect_eq(d->sensitive[0], 0);
    cr_expect(isnan(d->sensitive[1]), "unknown, but no reason to leave the record out");
    cr_expect_eq(d->sensitive[2], 1);
    cr_expect_eq(d->people[0], d->people[2], "one patient");
    cr_expect_neq(d->people[0], d->people[1]);
    cr_expect_eq(dataset_flawed(d), 0);
}

/* clang-format off */
static const struct flaw_row {
    const char *name, *line;
    enum dataset_flaw flaw;
    const char *column; /* in the report; NULL: the whole line */
} flaws[] = {
    { "fine",              "p,1,2,a,f,x,1",          FLAW_NONE,          NULL },
    { "quoted number",     "p,\"1\",2,a,f,x,1",      FLAW_NONE,          NULL },
    { "field missing",     "p,1,2,a,f,x",            FLAW_FIELD_COUNT,   NULL },
    { "field too many",    "p,1,2,a,f,x,1,",         FLAW_FIELD_COUNT,   NULL },
    { "stray quote",       "p,\"1,2,a,f,x,1",        FLAW_FIELD_COUNT,   NULL },
    { "no age",            "p,,2,a,f,x,1",           FLAW_MISSING,       "age" },
    { "no age, spelt",     "p,NA,2,a,f,x,1",         FLAW_MISSING,       "age" },
    { "no label",          "p,1,2,a,f,x,?",          FLAW_MISSING,       "outcome" },
    { "no patient",        ",1,2,a,f,x,1",           FLAW_MISSING,       "id" },
    { "word",              "p,old,2,a,f,x,1",        FLAW_NOT_NUMBER,    "age" },
    { "not whole",         "p,1.5,2,a,f,x,1",        FLAW_NOT_NUMBER,    "age" },
    { "not finite",        "p,1,inf,a,f,x,1",        FLAW_NOT_NUMBER,    "lactate" },
    { "NaN",               "p,1,nan,a,f,x,1",        FLAW_NOT_NUMBER,    "lactate" },
    { "too old",           "p,121,2,a,f,x,1",        FLAW_OUT_OF_RANGE,  "age" },
    { "negative",          "p,1,-0.1,a,f,x,1",       FLAW_OUT_OF_RANGE,  "lactate" },
    { "huge",              "p,1,1e200,a,f,x,1",      FLAW_OUT_OF_RANGE,  "lactate" },
    { "unknown ward",      "p,1,2,d,f,x,1",          FLAW_UNKNOWN_CLASS, "ward" },
    { "unknown sex",       "p,1,2,a,x,x,1",          FLAW_UNKNOWN_CLASS, "sex" },
    { "unknown label",     "p,1,2,a,f,x,2",          FLAW_UNKNOWN_CLASS, "outcome" },
};
/* clang-format on */

Test(dataset, bad_lines_are_counted)
{
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++) {
        const struct flaw_row *row = &flaws[i];
        CLEANUP(arena_free) struct arena arena = arena_make(ARENA);
        CLEANUP(dataset_drop) struct dataset *d = NULL;
        CLEANUP(buf_free) struct buf report = buf_make(REPORT);
        struct contract c = contract_of(wards, &arena);
        char csv[600];
        (void)snprintf(csv, sizeof csv, HEAD "g,1,2,a,f,x,0\n%s\ng,1,2,a,f,x,0\n%s\n", row->line, row->line);
        cr_assert_eq(dataset_parse(&c, str_bytes(str_of(csv)), &d, NULL), OK, "%s", row->name);
        cr_expect_eq(d->nrows, row->flaw ? 2 : 4, "%s", row->name);
        cr_expect_eq(d->flaws[row->flaw].count, row->flaw ? 2 : 0, "%s", row->name);
        cr_expect_eq(d->flaws[row->flaw].first_line, row->flaw ? 3 : 0, "%s", row->name);
        cr_expect_eq(dataset_flawed(d), row->flaw ? 2 : 0, "%s", row->name);
        dataset_report(d, &c, &report);
        cr_expect_eq(strstr((char *)report.p, "line 3") != NULL, row->flaw != FLAW_NONE, "%s", (char *)report.p);
        if (row->column) cr_expect(strstr((char *)report.p, row->column), "%s", (char *)report.p);
    }
}

Test(dataset, report_reads_well)
{
    static const char csv[] = HEAD "p,1,2,a,f,x,1\np,999,2,a,f,x,1\np,1\np,999,2,a,f,x,1\n";
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA);
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    CLEANUP(buf_free) struct buf report = buf_make(REPORT);
    struct contract c = contract_of(wards, &arena);
    cr_assert_eq(dataset_parse(&c, str_bytes(str_of(csv)), &d, NULL), OK);
    dataset_report(d, &c, &report);
    cr_expect_str_eq((char *)report.p,
                     "1 record read, 3 lines left out; 1 with a wrong number of fields (first: line 4); "
                     "2 with a value out of range (first: line 3, column \"age\").");
}

Test(dataset, headers)
{
    static const struct {
        const char *name, *header;
        enum err expected;
        const char *named;
    } rows[] = {
        { "as declared", HEAD, OK, NULL },
        { "marked as UTF-8", "\xef\xbb\xbf" HEAD, OK, NULL },
        { "spaces", " id , age,lactate,ward,sex,note,outcome \r\n", OK, NULL },
        { "another column", "id,age,lactate,ward,sex,other,outcome\n", OK, NULL },
        { "column lacking", "id,age,lactate,ward,sex,note,result\n", ERR_DATA, "outcome" },
        { "column twice", "id,age,age,ward,sex,note,outcome\n", ERR_DATA, "age" },
        { "no line", "", ERR_DATA, "header" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(dataset_drop) struct dataset *d = NULL;
        struct why why = { "" };
        char csv[400];
        (void)snprintf(csv, sizeof csv, "%s%s", rows[i].header, rows[i].header[0] ? "p,1,2,a,f,x,1\n" : "");
        cr_expect_eq(parse(wards, csv, &d, &why), rows[i].expected, "%s: %s", rows[i].name, why.text);
        if (rows[i].named) cr_expect(strstr(why.text, rows[i].named), "%s: %s", rows[i].name, why.text);
        if (rows[i].expected == OK) cr_expect_eq(d->nrows, 1, "%s", rows[i].name);
    }
}

Test(dataset, columns_in_another_order)
{
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    cr_assert_eq(parse(wards, "outcome,extra,ward,lactate,sex,age,id\n1,zzz,c,3,m,40,p9\n", &d, NULL), OK);
    cr_assert_eq(d->nrows, 1);
    cr_expect_eq(d->inputs[0], 40);
    cr_expect_eq(d->inputs[1], 3);
    cr_expect_eq(d->inputs[4], 1);
    cr_expect_eq(d->labels[0], 1);
}

Test(dataset, equal_records_are_one_person)
{
    static const char yaml[] = "header: no\nskip_lines: 1\ncolumns: [{name: x}, {name: y, role: label, classes: 3}]\n";
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    cr_assert_eq(parse(yaml, "what this is\n1,0\n2,0\n1,0\n1,2\n1,3\n", &d, NULL), OK);
    cr_assert_eq(d->nrows, 4);
    cr_expect_eq(d->people[0], d->people[2]);
    cr_expect_neq(d->people[0], d->people[1]);
    cr_expect_neq(d->people[0], d->people[3], "another label");
    cr_expect_eq(d->flaws[FLAW_UNKNOWN_CLASS].first_line, 6);
}

Test(dataset, grows)
{
    static const char yaml[] = "header: no\ncolumns: [{name: x}, {name: y, role: label, classes: 2}]\n";
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA);
    CLEANUP(buf_free) struct buf csv = buf_make(ARENA);
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    struct contract c = contract_of(yaml, &arena);
    for (int i = 0; i < 5000; i++) buf_addf(&csv, "%d,%d\n", i, i % 2);
    cr_assert_eq(dataset_parse(&c, buf_bytes(&csv), &d, NULL), OK);
    cr_assert_eq(d->nrows, 5000);
    for (uint32_t i = 0; i < 5000; i++) cr_assert(d->inputs[i] == (float)i && d->labels[i] == i % 2, "row %u", i);
}

/* The demo's file against the demo's task: every record fits. */
Test(dataset, wisconsin)
{
    static const char folder[] = HIMAS_SOURCE_DIR "/examples/breast-cancer/";
    char path[sizeof folder + 32];
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA);
    CLEANUP(buf_free) struct buf yaml = buf_make(TASK_MAX_BYTES);
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    struct task task;
    struct why why = { "" };
    size_t ones = 0;
    (void)snprintf(path, sizeof path, "%stask.yaml", folder);
    cr_assert_eq(file_read(path, &yaml, &why), OK, "%s", why.text);
    cr_assert_eq(task_parse(buf_str(&yaml), path, &arena, &task, &why), OK, "%s", why.text);
    (void)snprintf(path, sizeof path, "%sbreast_cancer.csv", folder);
    cr_assert_eq(dataset_read(&task.contract, path, &d, &why), OK, "%s", why.text);
    cr_expect_eq(d->nrows, 569);
    cr_expect_eq(d->ninputs, 30);
    cr_expect_eq(dataset_flawed(d), 0);
    for (size_t i = 0; i < d->nrows; i++) ones += d->labels[i];
    cr_expect_eq(ones, 357);
    cr_expect_eq(d->inputs[0], 17.99f);
    cr_expect_eq(d->inputs[30 * 569 - 1], 0.07039f);
}

Test(dataset, a_file_that_is_not_there)
{
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA);
    struct contract c = contract_of(wards, &arena);
    struct dataset *d = NULL;
    struct why why = { "" };
    cr_expect_eq(dataset_read(&c, "/nowhere/records.csv", &d, &why), ERR_IO);
    cr_expect(strstr(why.text, "/nowhere/records.csv"), "%s", why.text);
    cr_expect_null(d);
}

Test(dataset, every_allocation_may_fail)
{
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA);
    struct contract c = contract_of(wards, &arena);
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct dataset *d = NULL;
        enum err e = dataset_parse(&c, str_bytes(STR(HEAD "p,1,2,a,f,x,1\n")), &d, NULL);
        cr_expect(e == OK || (e == ERR_MEMORY && d == NULL), "allocation %zu: %s", n, err_name(e));
        done = e == OK;
        dataset_free(d);
    }
    cr_expect(done);
}
