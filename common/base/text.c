#define _XOPEN_SOURCE 700 /* wcwidth */
#include "common/base/text.h"
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { PIECE_BYTES = 16, SEQUENCE_MAX = 4, SLIP_SHARE = 3 };

static uint32_t code_of(struct str s)
{
    static const uint8_t lead_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t code = (uint8_t)s.p[0] & lead_mask[s.n];
    for (size_t i = 1; i < s.n; i++) code = code << 6 | ((uint8_t)s.p[i] & 0x3f);
    return code;
}

struct str text_next(struct str *rest, uint32_t *out_code)
{
    struct str head = { rest->p, rest->n < 1 ? 0 : 1 };
    *out_code = UINT32_MAX;
    for (size_t n = 1; n <= SEQUENCE_MAX && n <= rest->n; n++) {
        struct str try = { rest->p, n };
        if (!str_is_utf8(try)) continue;
        head = try;
        *out_code = code_of(try);
        break;
    }
    *rest = (struct str){ rest->p + head.n, rest->n - head.n };
    return head;
}

/* Controls of C0 and C1, line separators, and the marks that turn the direction of writing (UAX #9). */
static bool unshowable(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0x200e || c == 0x200f || c == 0xfeff;
}

static struct str named(uint32_t c)
{
    if (c == '\n') return STR("\\n");
    if (c == '\r') return STR("\\r");
    if (c == '\t') return STR("\\t");
    return (struct str){ 0 };
}

/* The shown form of one character. */
static struct str piece(struct str character, uint32_t c, char space[PIECE_BYTES])
{
    struct str name = named(c);
    if (name.n > 0) return name;
    if (c != UINT32_MAX && !unshowable(c)) return character;
    int n = c == UINT32_MAX ? snprintf(space, PIECE_BYTES, "\\x%02x", (unsigned)(uint8_t)character.p[0])
                            : snprintf(space, PIECE_BYTES, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
    return (struct str){ space, n > 0 ? (size_t)n : 0 };
}

void text_add_shown(struct buf *out, struct str s)
{
    char space[PIECE_BYTES];
    uint32_t c = 0;
    while (s.n > 0) {
        struct str character = text_next(&s, &c);
        buf_add_str(out, piece(character, c, space));
    }
}

void text_add_utf8(struct buf *out, struct str s)
{
    uint32_t c = 0;
    while (s.n > 0) {
        struct str character = text_next(&s, &c);
        buf_add_str(out, c == UINT32_MAX || c == 0 ? STR("\xef\xbf\xbd") : character);
    }
}

size_t text_width(struct str s)
{
    char space[PIECE_BYTES];
    uint32_t c = 0;
    size_t width = 0;
    while (s.n > 0) {
        struct str character = text_next(&s, &c);
        struct str shown = piece(character, c, space);
        int columns = shown.p == character.p ? wcwidth((wchar_t)c) : (int)shown.n;
        width += columns < 0 ? 1 : (size_t)columns;
    }
    return width;
}

char *text_show(struct str s, char *out, size_t size)
{
    static const char cut[] = "...";
    char space[PIECE_BYTES];
    uint32_t c = 0;
    size_t n = 0;
    size_t fits = 0; /* where the dots would still fit */
    while (s.n > 0) {
        struct str character = text_next(&s, &c);
        struct str shown = piece(character, c, space);
        if (n + sizeof cut <= size) fits = n;
        if (n + shown.n + 1 > size) {
            memcpy(out + fits, cut, sizeof cut);
            return out;
        }
        memcpy(out + n, shown.p, shown.n);
        n += shown.n;
    }
    out[n] = '\0';
    return out;
}

void text_near_try(struct text_near *n, const char *candidate)
{
    struct str c = str_of(candidate);
    size_t longest = c.n > n->word.n ? c.n : n->word.n;
    size_t distance = str_distance(n->word, c);
    if (distance == SIZE_MAX || distance * SLIP_SHARE > longest) return;
    if (n->best != NULL && distance >= n->distance) return;
    n->best = candidate;
    n->distance = distance;
}
