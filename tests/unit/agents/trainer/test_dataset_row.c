#include "agents/trainer/dataset_row.h"
#include <criterion/criterion.h>
#include <math.h>

static char names[][CONTRACT_NAME_BYTES] = { "low", "high" };
static char numbers[][CONTRACT_NAME_BYTES] = { "1", "2.5" };
static struct column columns[] = {
    { .name = "grade", .kind = COLUMN_CATEGORY, .nclasses = 2, .classes = numbers },
    { .name = "dose", .min = -INFINITY, .max = INFINITY },
    { .name = "risk", .kind = COLUMN_CATEGORY, .role = COLUMN_LABEL, .nclasses = 2, .classes = names },
};
static const struct contract contract = {
    .columns = columns, .count = 3, .nfeatures = 2, .ninputs = 3, .label = 2, .nclasses = 2
};

Test(dataset_row, values)
{
    static const struct {
        const char *name, *fields[3];
        enum dataset_flaw flaw;
        float inputs[3];
        uint32_t label;
    } rows[] = {
        { "by name", { "1", "3", "high" }, FLAW_NONE, { 1, 0, 3 }, 1 },
        { "by number", { "1.0", "-3", "low" }, FLAW_NONE, { 1, 0, -3 }, 0 },
        { "by another spelling", { "2.50", "0", "low" }, FLAW_NONE, { 0, 1, 0 }, 0 },
        { "another number", { "2", "0", "low" }, FLAW_UNKNOWN_CLASS, { 0 }, 0 },
        { "another name", { "1", "0", "Low" }, FLAW_UNKNOWN_CLASS, { 0 }, 0 },
        { "too large for a float", { "1", "1e39", "low" }, FLAW_OUT_OF_RANGE, { 0 }, 0 },
    };
    CLEANUP(layout_fini) struct layout l = { 0 };
    cr_assert_eq(layout_in_order(&l, &contract), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str fields[3];
        float inputs[3];
        struct row row = { .inputs = inputs };
        size_t column;
        for (size_t f = 0; f < 3; f++) fields[f] = str_of(rows[i].fields[f]);
        struct line line = { .number = 1, .fields = fields, .nfields = 3 };
        cr_expect_eq(row_read(&l, &line, &row, &column), rows[i].flaw, "%s", rows[i].name);
        if (rows[i].flaw != FLAW_NONE) continue;
        cr_expect_arr_eq(inputs, rows[i].inputs, sizeof inputs, "%s", rows[i].name);
        cr_expect_eq(row.label, rows[i].label, "%s", rows[i].name);
    }
}

Test(dataset_row, long_fields)
{
    CLEANUP(layout_fini) struct layout l = { 0 };
    char text[DATASET_FIELD_BYTES + 1];
    float inputs[3];
    struct row row = { .inputs = inputs };
    size_t column;
    for (size_t i = 0; i < sizeof text; i++) text[i] = '1';
    struct str fields[] = { { "1", 1 }, { text, sizeof text }, { "low", 3 } };
    struct line line = { .number = 1, .fields = fields, .nfields = 3 };
    cr_assert_eq(layout_in_order(&l, &contract), OK);
    cr_expect_eq(row_read(&l, &line, &row, &column), FLAW_TOO_LONG);
    cr_expect_eq(column, 1);
    line.too_long = true;
    cr_expect_eq(row_read(&l, &line, &row, &column), FLAW_TOO_LONG);
    cr_expect_eq(column, contract.count, "the whole line");
}
