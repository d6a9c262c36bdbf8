#include "common/learn/partition.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { ROWS = 569, PARTS_MAX = 8 };

static void label(uint32_t labels[ROWS])
{
    for (size_t i = 0; i < ROWS; i++) labels[i] = i % 8 < 3;
}

/* Rows by part and class. */
static void count(const uint32_t *labels, const uint32_t *part, size_t nparts, size_t out[PARTS_MAX][2])
{
    memset(out, 0, PARTS_MAX * sizeof *out);
    for (size_t i = 0; i < ROWS; i++) {
        cr_assert_lt(part[i], nparts);
        out[part[i]][labels[i]]++;
    }
}

Test(partition, every_part_gets_its_minimum)
{
    static const struct partition rows[] = {
        { 3, 0, 0, 1 },      { 3, 0, 189, 1 },  { 3, 0.5, 30, 1 }, { 8, 0.1, 20, 2 },
        { 8, 0.001, 71, 3 }, { 5, 100, 10, 4 }, { 1, 0.5, 1, 5 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t labels[ROWS];
        uint32_t part[ROWS];
        uint32_t again[ROWS];
        size_t n[PARTS_MAX][2];
        label(labels);
        cr_assert_eq(partition_rows(&rows[i], labels, ROWS, part, NULL), OK, "row %zu", i);
        cr_assert_eq(partition_rows(&rows[i], labels, ROWS, again, NULL), OK, "row %zu", i);
        cr_expect_arr_eq(part, again, sizeof part);
        count(labels, part, rows[i].nparts, n);
        for (size_t p = 0; p < rows[i].nparts; p++)
            cr_expect_geq(n[p][0] + n[p][1], rows[i].min_rows, "row %zu part %zu", i, p);
    }
}

Test(partition, alike_means_equal_sizes)
{
    static const struct partition p = { 3, 0, 1, 9 };
    uint32_t labels[ROWS];
    uint32_t part[ROWS];
    size_t n[PARTS_MAX][2];
    label(labels);
    cr_assert_eq(partition_rows(&p, labels, ROWS, part, NULL), OK);
    count(labels, part, 3, n);
    for (size_t i = 0; i < 3; i++) {
        double size = (double)(n[i][0] + n[i][1]);
        cr_expect_float_eq(size, ROWS / 3.0, 1);
        cr_expect_float_eq((double)n[i][1] / size, 0.375, 0.1);
    }
}

/* The spread of the parts' class shares grows as alpha shrinks. */
Test(partition, small_alpha_is_more_skewed)
{
    static const double alphas[] = { 0, 10, 0.5, 0.05 };
    double before = -1;
    for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++) {
        double skew = 0;
        for (uint64_t seed = 0; seed < 40; seed++) {
            struct partition p = { 3, alphas[a], 10, seed };
            uint32_t labels[ROWS];
            uint32_t part[ROWS];
            size_t n[PARTS_MAX][2];
            label(labels);
            cr_assert_eq(partition_rows(&p, labels, ROWS, part, NULL), OK);
            count(labels, part, 3, n);
            for (size_t i = 0; i < 3; i++) skew += fabs((double)n[i][1] / (double)(n[i][0] + n[i][1]) - 0.375);
        }
        cr_expect_gt(skew, before, "alpha %g", alphas[a]);
        before = skew;
    }
}

Test(partition, impossible_wishes)
{
    static const struct {
        const char *name;
        struct partition p;
        uint32_t first_label;
    } rows[] = {
        { "no parts", { 0, 0, 1, 1 }, 0 },
        { "too many parts", { 20000, 0, 0, 1 }, 0 },
        { "negative alpha", { 3, -1, 1, 1 }, 0 },
        { "NaN alpha", { 3, NAN, 1, 1 }, 0 },
        { "minimum too large", { 3, 0, 190, 1 }, 0 },
        { "endless alpha", { 3, INFINITY, 1, 1 }, 0 },
        { "absurd class", { 3, 0.5, 1, 1 }, UINT32_MAX },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t labels[ROWS];
        uint32_t part[ROWS];
        struct why why = { "" };
        label(labels);
        labels[0] = rows[i].first_label;
        cr_expect_eq(partition_rows(&rows[i].p, labels, ROWS, part, &why), ERR_SETTING, "%s", rows[i].name);
        cr_expect_neq(why.text[0], 0, "%s", rows[i].name);
    }
}
