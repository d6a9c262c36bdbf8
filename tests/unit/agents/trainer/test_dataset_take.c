#include "agents/trainer/dataset_take.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static float inputs[] = { 1, 0, 3, NAN, 5, 1, 7, 1 };
static uint32_t labels[] = { 0, 1, 0, 1 };
static const struct dataset d = { .nrows = 4, .ninputs = 2, .inputs = inputs, .labels = labels };

Test(dataset_take, training_rows_fill_and_scale)
{
    static const uint32_t train[] = { 2, 1, 0 };
    static const float expected[] = { 1.224745f, 1, 0, 0, -1.224745f, -1 };
    CLEANUP(moments_fini) struct moments m = { 0 };
    CLEANUP(table_fini) struct table t = { 0 };
    float mean[2];
    float scale[2];
    cr_assert_eq(moments_init(&m, 2), OK);
    dataset_moments(&d, train, 3, &m);
    moments_finish(&m, mean, scale);
    cr_expect_eq(mean[0], 3);
    cr_expect_eq(mean[1], 0.5f, "of the rows that have it");
    cr_assert_eq(dataset_take(&d, train, 3, mean, &t), OK);
    cr_expect_eq(t.inputs[3], 0.5f, "imputed");
    cr_expect_eq(t.labels[1], 1);
    table_standardise(&t, mean, scale);
    for (size_t i = 0; i < 6; i++) cr_expect_float_eq(t.inputs[i], expected[i], 1e-6f, "%zu", i);
}

Test(dataset_take, no_rows)
{
    CLEANUP(table_fini) struct table t = { 0 };
    cr_assert_eq(dataset_take(&d, NULL, 0, NULL, &t), OK);
    cr_expect_eq(t.nrows, 0);
}

Test(dataset_take, ranges_of_the_contract)
{
    static const struct {
        const char *name;
        double min, max;
        enum err expected;
    } rows[] = {
        { "fine", -10, 30, OK },
        { "open above", 0, INFINITY, ERR_SETTING },
        { "open", -INFINITY, INFINITY, ERR_SETTING },
        { "empty", 3, 3, ERR_SETTING },
        { "too long", -1e300, 1e300, ERR_SETTING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct column columns[] = { { .name = "y", .role = COLUMN_LABEL },
                                    { .name = "ward", .kind = COLUMN_CATEGORY, .nclasses = 3 },
                                    { .name = "heat", .min = rows[i].min, .max = rows[i].max } };
        struct contract c = { .columns = columns, .count = 3, .nfeatures = 2, .ninputs = 4 };
        float mean[4];
        float scale[4];
        struct why why = { "" };
        cr_expect_eq(contract_ranges(&c, mean, scale, &why), rows[i].expected, "%s", rows[i].name);
        if (rows[i].expected != OK) cr_expect(strstr(why.text, "heat"), "%s", rows[i].name);
        if (rows[i].expected == OK) cr_expect(mean[0] == 0 && scale[2] == 1 && mean[3] == -10 && scale[3] == 40);
    }
}
