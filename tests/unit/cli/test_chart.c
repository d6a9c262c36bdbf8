#include "cli/chart.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(chart, steps)
{
    static const struct {
        double low, high;
        double expected;
    } rows[] = { { 0, 1, 0.2 }, { 0, 6, 1 }, { 0.95, 1, 0.01 }, { 0, 7000, 2000 }, { 3, 3, 1 }, { 0, 60, 10 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_float_eq(chart_step(rows[i].low, rows[i].high, 6), rows[i].expected, 1e-9, "row %zu", i);
}

Test(chart, svg)
{
    static const double values[] = { 0.5, NAN, 0.9, 0.95 };
    const struct chart c = {
        .title = "a < b & c", .x_name = "round", .y_name = "AUC", .series = { { "AUC", values, 4 } }, .nseries = 1
    };
    CLEANUP(buf_free) struct buf out = buf_make(1 << 16);
    chart_svg(&c, 1, &out);
    const char *svg = (const char *)out.p;
    cr_assert_eq(buf_err(&out), OK);
    cr_expect(strncmp(svg, "<svg ", 5) == 0 && strstr(svg, "</svg>\n") != NULL);
    cr_expect(strstr(svg, "a &lt; b &amp; c") != NULL);
    cr_expect(strstr(svg, "nan") == NULL && strstr(svg, "inf") == NULL);
    const char *path = strstr(svg, "<path d=\"");
    cr_assert(path != NULL);
    size_t moves = 0;
    for (const char *p = path + 9; *p != '"'; p++) moves += *p == 'M';
    cr_expect_eq(moves, 2, "a gap begins a new piece");
}

Test(chart, several_stand_below_each_other)
{
    static const double values[] = { 1, 2 };
    const struct chart charts[] = {
        { .title = "upper", .x_name = "", .y_name = "", .series = { { "a", values, 2 } }, .nseries = 1 },
        { .title = "lower", .x_name = "", .y_name = "", .series = { { "b", values, 2 } }, .nseries = 1 },
    };
    CLEANUP(buf_free) struct buf out = buf_make(1 << 16);
    chart_svg(charts, 2, &out);
    const char *svg = (const char *)out.p;
    const char *upper = strstr(svg, "upper");
    const char *between = strstr(svg, "translate(0 360)");
    cr_assert(upper && between);
    cr_expect(strstr(svg, "viewBox=\"0 0 720 720\"") && upper < between && strstr(between, "lower"));
    cr_expect(strstr(svg, "<svg") == svg && strstr(svg + 1, "<svg") == NULL, "one document");
}

Test(chart, nothing_to_draw)
{
    const struct chart c = { .title = "", .x_name = "", .y_name = "" };
    CLEANUP(buf_free) struct buf out = buf_make(1 << 16);
    chart_svg(&c, 1, &out);
    cr_expect(buf_err(&out) == OK && out.n > 0);
}
