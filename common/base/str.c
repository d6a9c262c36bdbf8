#include "common/base/str.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DISTANCE_MAX = 64, NUMBER_MAX = 64 };

struct bytes bytes_of(const void *p, size_t n) { return (struct bytes){ p, n }; }
struct bytes str_bytes(struct str s) { return (struct bytes){ (const uint8_t *)s.p, s.n }; }
struct str bytes_str(struct bytes b) { return (struct str){ (const char *)b.p, b.n }; }

bool str_eq(struct str a, struct str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
bool str_is(struct str a, const char *z) { return str_eq(a, str_of(z)); }

bool str_is_nocase(struct str a, const char *z)
{
    size_t n = strlen(z);
    return a.n == n && (n == 0 || strncasecmp(a.p, z, n) == 0);
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

/* RFC 3629 section 4: how many continuation bytes follow a lead byte, and the least code point of that length. */
static size_t utf8_tail(uint8_t lead, uint32_t *bits, uint32_t *least_code)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least_code;
    } forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
    for (size_t tail = 0; tail < sizeof forms / sizeof forms[0]; tail++) {
        if ((lead & forms[tail].mask) != forms[tail].lead) continue;
        *bits = lead & (uint8_t)~forms[tail].mask;
        *least_code = forms[tail].least_code;
        return tail;
    }
    return SIZE_MAX;
}

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How many ASCII characters, many at a time, are at the front. */
static size_t ascii_run(const char *p, size_t n)
{
    uint64_t eight;
    size_t i = 0;
    for (uint64_t more[4]; n - i >= sizeof more; i += sizeof more) {
        memcpy(more, p + i, sizeof more);
        if ((more[0] | more[1] | more[2] | more[3]) & HIGH_BITS) break;
    }
    for (; n - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, p + i, sizeof eight);
        if (eight & HIGH_BITS) break;
    }
    return i;
}

bool str_is_utf8(struct str s)
{
    for (size_t i = s.n ? ascii_run(s.p, s.n) : 0; i < s.n;) {
        uint32_t code = 0;
        uint32_t least_code = 0;
        size_t tail = utf8_tail((uint8_t)s.p[i++], &code, &least_code);
        if (tail > s.n - i) return false;
        for (; tail > 0; tail--, i++) {
            if (((uint8_t)s.p[i] & 0xc0) != 0x80) return false;
            code = code << 6 | ((uint8_t)s.p[i] & 0x3f);
        }
        if (code < least_code || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    }
    return true;
}

size_t str_find(struct str s, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= s.n; i++)
        if (memcmp(s.p + i, part, n) == 0) return i;
    return s.n;
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && isspace((unsigned char)s.p[0])) s = (struct str){ s.p + 1, s.n - 1 };
    while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1])) s.n--;
    return s;
}

struct str str_next(struct str *rest, char cut)
{
    const char *at = rest->n ? memchr(rest->p, cut, rest->n) : NULL;
    struct str head = *rest;
    if (at == NULL) {
        *rest = (struct str){ rest->n ? rest->p + rest->n : rest->p, 0 };
        return head;
    }
    head.n = (size_t)(at - rest->p);
    *rest = (struct str){ at + 1, rest->n - head.n - 1 };
    return head;
}

enum err str_u64(struct str s, uint64_t *out)
{
    uint64_t value = 0;
    if (s.n == 0) return ERR_INPUT;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return ERR_INPUT;
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) return ERR_INPUT;
        value = value * 10 + digit;
    }
    *out = value;
    return OK;
}

enum err str_f64(struct str s, double *out)
{
    char text[NUMBER_MAX];
    char *end = NULL;
    if (s.n == 0 || str_copy(s, text, sizeof text) != OK) return ERR_INPUT;
    if (strspn(text, "0123456789+-.eE") != s.n) return ERR_INPUT; /* strtod() also reads 0x10, inf and nan */
    double value = strtod(text, &end);
    if (end != text + s.n || !isfinite(value)) return ERR_INPUT;
    *out = value;
    return OK;
}

enum err str_copy(struct str s, char *out, size_t size)
{
    if (s.n >= size) return ERR_LIMIT;
    if (s.n > 0) memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return OK;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static int fold(struct str s, size_t i) { return tolower((unsigned char)s.p[i]); }

size_t str_distance(struct str a, struct str b)
{
    size_t rows[3][DISTANCE_MAX + 1];
    if (a.n > DISTANCE_MAX || b.n > DISTANCE_MAX) return SIZE_MAX;
    for (size_t j = 0; j <= b.n; j++) rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *now = rows[i % 3];
        const size_t *before = rows[(i + 2) % 3];
        const size_t *two_before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t change = fold(a, i - 1) == fold(b, j - 1) ? 0 : 1;
            now[j] = least(least(before[j] + 1, now[j - 1] + 1), before[j - 1] + change);
            bool swapped = i > 1 && j > 1 && fold(a, i - 1) == fold(b, j - 2) && fold(a, i - 2) == fold(b, j - 1);
            if (swapped) now[j] = least(now[j], two_before[j - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}
