#include "cli/draw.h"
#include <criterion/criterion.h>
#include <math.h>

static const struct look ascii = { .columns = 80 };
static const struct look fine = { .unicode = true, .columns = 80 };

Test(draw, bar)
{
    static const struct {
        const char *name;
        bool unicode;
        double share;
        const char *expected;
    } rows[] = {
        { "empty", false, 0, "...." },
        { "half", false, 0.5, "##.." },
        { "full", false, 1, "####" },
        { "too much", false, 7, "####" },
        { "NaN", false, NAN, "...." },
        { "an eighth", true, 1.0 / 32, "\u258f   " },
        { "half", true, 0.5, "\u2588\u2588  " },
        { "full", true, 1, "\u2588\u2588\u2588\u2588" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(buf_free) struct buf out = buf_make(200);
        draw_bar(&out, rows[i].unicode ? &fine : &ascii, rows[i].share, 4);
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s", rows[i].name);
    }
}

Test(draw, spark)
{
    static const struct {
        const char *name;
        double values[6];
        size_t n;
        size_t cells;
        const char *expected;
    } rows[] = {
        { "rising", { 0, 1, 2, 3, 4, 7 }, 6, 10, "\u2581\u2582\u2583\u2584\u2585\u2588" },
        { "flat", { 3, 3, 3 }, 3, 10, "\u2585\u2585\u2585" },
        { "a gap", { 0, NAN, 7 }, 3, 10, "\u2581 \u2588" },
        { "means of neighbours", { 0, 0, 3, 4, 7, 7 }, 6, 3, "\u2581\u2585\u2588" },
        { "nothing", { 0 }, 0, 10, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(buf_free) struct buf out = buf_make(200);
        buf_add_z(&out, "");
        draw_spark(&out, &fine, rows[i].values, rows[i].n, rows[i].cells);
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s", rows[i].name);
    }
}

Test(draw, cell)
{
    static const struct {
        const char *text;
        size_t cells;
        enum align align;
        const char *expected;
    } rows[] = {
        { "ab", 4, ALIGN_LEFT, "ab  " },
        { "ab", 4, ALIGN_RIGHT, "  ab" },
        { "abcdef", 4, ALIGN_LEFT, "abc\u2026" },
        { "K\u00f6ln", 4, ALIGN_LEFT, "K\u00f6ln" },
        { "K\u00f6ln", 3, ALIGN_LEFT, "K\u00f6\u2026" },
        { "x", 0, ALIGN_LEFT, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(buf_free) struct buf out = buf_make(200);
        buf_add_z(&out, "");
        draw_cell(&out, &fine, str_of(rows[i].text), rows[i].cells, rows[i].align);
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s", rows[i].text);
    }
}

Test(draw, ink_only_on_a_terminal)
{
    const struct look color = { .color = true };
    CLEANUP(buf_free) struct buf out = buf_make(200);
    draw_ink(&out, &ascii, INK_RED, "%d", 7);
    draw_ink(&out, &color, INK_PLAIN, "%d", 8);
    draw_ink(&out, &color, INK_RED, "%d", 9);
    cr_expect_str_eq((const char *)out.p, "78\033[31m9\033[0m");
}

Test(draw, amounts)
{
    static const struct {
        double value;
        const char *bytes;
        const char *seconds;
    } rows[] = {
        { 0, "0 B", "0.0 s" },
        { 9.94, "10 B", "9.9 s" },
        { 59.4, "59 B", "59 s" },
        { 61, "61 B", "1 min 01 s" },
        { 999, "999 B", "16 min 39 s" },
        { 9012, "9.0 kB", "2 h 30 min" },
        { 123456, "123 kB", "34 h 17 min" },
        { 1234567, "1.2 MB", "342 h 56 min" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DRAW_BYTES];
        cr_expect_str_eq(draw_bytes(rows[i].value, text), rows[i].bytes);
        cr_expect_str_eq(draw_seconds(rows[i].value, text), rows[i].seconds);
    }
}
