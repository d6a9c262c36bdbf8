#include "common/wire/json.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS_MAX = 20, NUMBER_MAX = 40 };

static void add_escape(struct buf *out, char c)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    for (size_t i = 0; from[i]; i++)
        if (c == from[i]) {
            buf_add(out, (char[]){ '\\', to[i] }, 2);
            return;
        }
    buf_addf(out, "\\u%04x", (unsigned)(unsigned char)c);
}

static bool plain(char c) { return (unsigned char)c >= ' ' && c != '"' && c != '\\'; }

void json_add_text(struct buf *out, struct str text)
{
    buf_add(out, "\"", 1);
    for (size_t i = 0; i < text.n;) {
        size_t run = i;
        while (run < text.n && plain(text.p[run])) run++;
        buf_add(out, text.p + i, run - i);
        if (run < text.n) add_escape(out, text.p[run++]);
        i = run;
    }
    buf_add(out, "\"", 1);
}

void json_add_whole(struct buf *out, uint64_t value)
{
    char digits[DIGITS_MAX];
    size_t at = DIGITS_MAX;
    do digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    buf_add(out, digits + at, DIGITS_MAX - at);
}

/* Fifteen digits when they are enough, as people write numbers; seventeen always are. */
void json_add_number(struct buf *out, double value)
{
    char text[NUMBER_MAX];
    if (floor(value) == value && fabs(value) < 0x1p53) {
        if (value < 0) buf_add(out, "-", 1);
        json_add_whole(out, (uint64_t)fabs(value));
        return;
    }
    (void)snprintf(text, sizeof text, "%.15g", value);
    double back = strtod(text, NULL);
    if (back < value || back > value) (void)snprintf(text, sizeof text, "%.17g", value);
    buf_add_z(out, text);
}
