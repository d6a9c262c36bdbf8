#include "common/base/json.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 40 };

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

/* Which of eight characters are under `least`, or are c: their high bits.  Right for the lowest one that is set, which
 * is the first in the text; none is set when none is so (Warren, Hacker's Delight, 6-1). */
static uint64_t each(uint8_t c) { return UINT64_C(0x0101010101010101) * c; }
static uint64_t high(uint64_t eight) { return eight & each(0x80); }
static uint64_t below(uint64_t eight, uint8_t least) { return high((eight - each(least)) & ~eight); }
static uint64_t equal(uint64_t eight, uint8_t c) { return below(eight ^ each(c), 1); }

/* How many characters at the front stand for themselves. */
static size_t plain_run(struct str text)
{
    size_t n = 0;
    uint64_t eight;
    for (; text.n - n >= sizeof eight; n += sizeof eight) {
        memcpy(&eight, text.p + n, sizeof eight);
        if (below(eight, ' ') | equal(eight, '"') | equal(eight, '\\')) break;
    }
    while (n < text.n && plain(text.p[n])) n++;
    return n;
}

void json_add_text(struct buf *out, struct str text)
{
    buf_add(out, "\"", 1);
    while (text.n > 0) {
        size_t run = plain_run(text);
        buf_add(out, text.p, run);
        if (run < text.n) add_escape(out, text.p[run++]);
        text = (struct str){ text.p + run, text.n - run };
    }
    buf_add(out, "\"", 1);
}

/* Fifteen digits when they are enough, as people write numbers; seventeen always are. */
void json_add_number(struct buf *out, double value)
{
    char text[NUMBER_MAX];
    if (value >= 0 && value < 10 && (double)(int)value == value) {
        buf_add(out, &"0123456789"[(int)value], 1);
        return;
    }
    if (floor(value) == value && fabs(value) < 0x1p53) {
        if (value < 0) buf_add(out, "-", 1);
        buf_add_u64(out, (uint64_t)fabs(value));
        return;
    }
    (void)snprintf(text, sizeof text, "%.15g", value);
    double back = strtod(text, NULL);
    if (back < value || back > value) (void)snprintf(text, sizeof text, "%.17g", value);
    buf_add_z(out, text);
}
