#include "cli/draw.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NLEVELS = 8, COLUMNS_UNKNOWN = 80, COLUMNS_MIN = 40, COLUMNS_MAX = 400, INK_MAX_TEXT = 1000 };

static const char *const levels[][NLEVELS] = {
    { "_", ".", ":", "-", "=", "+", "*", "#" },
    { "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588" },
};
static const char *const eighths[NLEVELS] = {
    "", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"
};
static const char *const inks[] = { "", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m", "\033[34m" };

static bool says_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value) continue;
        return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "UTF8") || strstr(value, "utf-8");
    }
    return false;
}

/* 0: nobody says. */
static size_t width_of(int fd)
{
    struct winsize size = { 0 };
    uint64_t columns = 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col) columns = size.ws_col;
    const char *said = getenv("COLUMNS");
    if (!columns && said && str_u64(str_of(said), &columns) != OK) columns = 0;
    if (columns && columns < COLUMNS_MIN) return COLUMNS_MIN;
    return columns > COLUMNS_MAX ? COLUMNS_MAX : (size_t)columns;
}

struct look look_of(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool plain = (no_color && *no_color) || !term || strcmp(term, "dumb") == 0;
    size_t columns = width_of(fd);
    return (struct look){ .color = isatty(fd) && !plain,
                          .unicode = says_utf8(),
                          .columns = columns ? columns : COLUMNS_UNKNOWN,
                          .fold = columns };
}

void draw_bar(struct buf *out, const struct look *l, double share, size_t cells)
{
    if (!(share > 0)) share = 0;
    if (share > 1) share = 1;
    size_t steps = (size_t)lround(share * (double)(cells * NLEVELS));
    size_t full = steps / NLEVELS;
    size_t used = full;
    for (size_t i = 0; i < full; i++) buf_add_z(out, l->unicode ? levels[1][NLEVELS - 1] : "#");
    if (l->unicode && full < cells && steps % NLEVELS) {
        buf_add_z(out, eighths[steps % NLEVELS]);
        used++;
    }
    for (; used < cells; used++) buf_add_z(out, l->unicode ? " " : ".");
}

static double bucket_mean(const double *values, size_t from, size_t to)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        if (!isfinite(values[i])) continue;
        sum += values[i];
        n++;
    }
    return n ? sum / (double)n : NAN;
}

static void spark_cell(struct buf *out, const struct look *l, double value, double low, double high)
{
    if (!isfinite(value)) {
        buf_add_z(out, " ");
        return;
    }
    double share = high > low ? (value - low) / (high - low) : 0.5;
    size_t level = (size_t)lround(share * (NLEVELS - 1));
    buf_add_z(out, levels[l->unicode][level]);
}

void draw_spark(struct buf *out, const struct look *l, const double *values, size_t n, size_t cells)
{
    size_t used = n < cells ? n : cells;
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < used; i++) {
        double value = bucket_mean(values, i * n / used, (i + 1) * n / used);
        if (isfinite(value) && value < low) low = value;
        if (isfinite(value) && value > high) high = value;
    }
    for (size_t i = 0; i < used; i++)
        spark_cell(out, l, bucket_mean(values, i * n / used, (i + 1) * n / used), low, high);
}

void draw_ink(struct buf *out, const struct look *l, enum ink ink, const char *format, ...)
{
    char text[INK_MAX_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bool colored = l->color && ink != INK_PLAIN;
    if (colored) buf_add_z(out, inks[ink]);
    buf_add_z(out, text);
    if (colored) buf_add_z(out, "\033[0m");
}

static bool starts_character(char c) { return ((unsigned char)c & 0xc0) != 0x80; }

size_t draw_width(struct str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.n; i++) width += starts_character(text.p[i]);
    return width;
}

/* The bytes of the first `characters` characters. */
static size_t prefix_bytes(struct str text, size_t characters)
{
    size_t i = 0;
    for (; i < text.n; i++) {
        if (!starts_character(text.p[i])) continue;
        if (characters-- == 0) break;
    }
    return i;
}

void draw_cell(struct buf *out, const struct look *l, struct str text, size_t cells, enum align align)
{
    size_t width = draw_width(text);
    if (width > cells) {
        const char *dots = l->unicode ? "\u2026" : "~";
        if (cells) buf_add(out, text.p, prefix_bytes(text, cells - 1));
        if (cells) buf_add_z(out, dots);
        return;
    }
    if (align == ALIGN_LEFT) buf_add_str(out, text);
    for (size_t i = width; i < cells; i++) buf_add_z(out, " ");
    if (align == ALIGN_RIGHT) buf_add_str(out, text);
}

char *draw_bytes(double bytes, char out[DRAW_BYTES])
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    (void)snprintf(out, DRAW_BYTES, unit && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return out;
}

char *draw_seconds(double seconds, char out[DRAW_BYTES])
{
    long whole = lround(seconds);
    if (seconds < 9.95)
        (void)snprintf(out, DRAW_BYTES, "%.1f s", seconds);
    else if (whole < 60)
        (void)snprintf(out, DRAW_BYTES, "%ld s", whole);
    else if (whole < 3600)
        (void)snprintf(out, DRAW_BYTES, "%ld min %02ld s", whole / 60, whole % 60);
    else
        (void)snprintf(out, DRAW_BYTES, "%ld h %02ld min", whole / 3600, whole % 3600 / 60);
    return out;
}
