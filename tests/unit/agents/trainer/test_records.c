#include "agents/trainer/records.h"
#include "common/base/file.h"
#include "tests/support/data.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH "/tmp/himas-records-XXXXXX"
#define TASK                                                                                                           \
    "name: t\ndata: {header: yes, columns: [{name: a, min: 0, max: 10, missing: mean}, {name: y, role: label, "        \
    "classes: [no, yes]}]}\nstandardise: ranges\n"

static void write_file(char path[], const char *text)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(close(fd), 0);
    cr_assert_eq(file_write(path, str_bytes(str_of(text)), 0600, NULL), OK);
}

static struct records_order order_of(const struct plan *p, const char *path)
{
    return (struct records_order){ .path = path,
                                   .schema = "",
                                   .need = &p->task.contract,
                                   .test_fraction = p->task.train.test_fraction,
                                   .seed = p->task.train.seed };
}

Test(records, read_split_and_told)
{
    char path[] = PATH;
    CLEANUP(plan_let_go) struct plan *p = learned_plan(TASK);
    CLEANUP(records_about_fini) struct records_about about = { 0 };
    CLEANUP(table_fini) struct table train = { 0 };
    CLEANUP(table_fini) struct table test = { 0 };
    struct records *r = NULL;
    struct why why = { "" };
    write_file(path, "y,a\nno,1\nyes,2\nno,3\nyes,4\nno,5\nmaybe,6\nyes,77\nyes,\nno,8\nyes,9\nno,10\n");
    struct records_order order = order_of(p, path);
    cr_assert_eq(records_load(&order, &r, &about, &why), OK, "%s", why.text);
    cr_expect(about.good == 9 && about.flawed == 2 && about.nclasses == 2);
    cr_expect(strcmp(about.classes[1], "yes") == 0 && about.class_counts[0] == 5 && about.class_counts[1] == 4);
    cr_expect(strstr((const char *)about.report.p, "line 7") != NULL, "%s", (const char *)about.report.p);
    cr_assert(records_take(r, RECORDS_TRAINING, &train) == OK && records_take(r, RECORDS_HELD_OUT, &test) == OK);
    cr_expect(train.nrows + test.nrows == 9 && test.nrows == records_count(r, RECORDS_HELD_OUT) && test.nrows == 2);
    for (size_t i = 0; i < train.nrows; i++) cr_expect(!isnan(train.inputs[i]) && train.labels[i] < 2);
    cr_expect_eq(records_hold(r), r);
    records_drop(r);
    records_drop(r);
    (void)unlink(path);
}

Test(records, what_cannot_be_read)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(TASK);
    char path[] = PATH;
    write_file(path, "z,a\n1,2\n");
    const struct {
        const char *name;
        struct records_order order;
        enum err err;
    } rows[] = {
        { "no file", order_of(p, "/nowhere/records.csv"), ERR_IO },
        { "no label in the header", order_of(p, path), ERR_DATA },
        { "nobody says how", { .path = path, .schema = "" }, ERR_ABSENT },
        { "no schema file", { .path = path, .schema = "/nowhere/schema.yaml" }, ERR_IO },
        { "a schema that is none", { .path = path, .schema = path }, ERR_SETTING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct records_about about = { 0 };
        struct records *r = NULL;
        struct why why = { "" };
        cr_expect_eq(records_load(&rows[i].order, &r, &about, &why), rows[i].err, "%s: %s", rows[i].name, why.text);
        cr_expect(r == NULL && about.classes == NULL && why.text[0], "%s", rows[i].name);
    }
    (void)unlink(path);
}

/* A patient's rows follow one another, and nobody is in two units. */
Test(records, units)
{
    static const char task[] = "name: t\ndata:\n  header: no\n  columns:\n    - {name: p, role: patient}\n"
                               "    - {name: a, min: 0, max: 100}\n    - {name: y, role: label, classes: 2}\n";
    static const char text[] = "ann,1,0\nbob,2,1\nann,3,1\ncat,4,0\nbob,5,0\nann,6,1\n";
    static const uint32_t wants[] = { 1, 2, 3 };
    char path[] = "/tmp/himas-records-XXXXXX";
    CLEANUP(plan_let_go) struct plan *p = learned_plan(task);
    struct records *r = NULL;
    struct records_about about = { 0 };
    uint32_t starts[7] = { 0 };
    write_file(path, text);
    struct records_order order = order_of(p, path);
    order.test_fraction = 0;
    cr_assert_eq(records_load(&order, &r, &about, NULL), OK);
    cr_assert_eq(records_units(r, starts), 3);
    cr_expect(starts[0] == 0 && starts[3] == 6);
    unsigned seen = 0;
    for (size_t i = 0; i < 3; i++) seen |= 1u << (starts[i + 1] - starts[i]);
    for (size_t i = 0; i < 3; i++) cr_expect(seen >> wants[i] & 1, "%u", wants[i]);
    cr_expect_eq(records_units(r, NULL), 3);
    records_drop(r);
    records_about_fini(&about);
    (void)unlink(path);
}

Test(records, stamps)
{
    char path[] = PATH;
    write_file(path, "a\n");
    struct records_stamp before = records_stamp(path);
    cr_expect(before.there && before.bytes == 2 && records_stamp_same(before, records_stamp(path)));
    cr_assert_eq(file_write(path, str_bytes(STR("ab\n")), 0600, NULL), OK);
    cr_expect(!records_stamp_same(before, records_stamp(path)));
    (void)unlink(path);
    cr_expect(!records_stamp(path).there && !records_stamp("/tmp").there);
}

/* The Breast Cancer Wisconsin file by the example's task: 569 rows, 212 malignant and 357 benign (its own first line).
 */
Test(records, breast_cancer)
{
    char path[DATA_PATH_BYTES];
    CLEANUP(buf_free) struct buf task = buf_make(1 << 16);
    CLEANUP(records_about_fini) struct records_about about = { 0 };
    struct records *r = NULL;
    if (data_path("wdbc/breast_cancer.csv", path) == NULL) cr_skip_test("no wdbc/breast_cancer.csv");
    cr_assert_eq(file_read(HIMAS_SOURCE_DIR "/examples/breast-cancer/task.yaml", &task, NULL), OK);
    CLEANUP(plan_let_go) struct plan *p = learned_plan((const char *)task.p);
    struct records_order order = order_of(p, path);
    cr_assert_eq(records_load(&order, &r, &about, NULL), OK);
    cr_expect(about.good == 569 && about.flawed == 0, "%s", (const char *)about.report.p);
    cr_expect(about.class_counts[0] == 212 && about.class_counts[1] == 357);
    cr_expect_eq(records_count(r, RECORDS_TRAINING) + records_count(r, RECORDS_HELD_OUT), 569);
    records_drop(r);
}
