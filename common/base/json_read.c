#include "common/base/json_read.h"
#include "common/base/json.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Up to fifteen digits and a power of ten up to 22 are both exact as doubles, so one product or quotient is the nearest
 * double (Clinger, How to Read Floating Point Numbers Accurately, PLDI 1990).  Others are strtod's. */
enum { NUMBER_CHARS = 64, EXACT_DIGITS = 15, EXACT_POWER = 22, EXPONENT_MAX = 100000 };

struct reader {
    const char *p, *end;
    struct arena *arena;
};

static bool more(const struct reader *r) { return r->p < r->end; }
static char peek(const struct reader *r) { return more(r) ? *r->p : '\0'; }

static void skip_space(struct reader *r)
{
    while (more(r) && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t')) r->p++;
}

static bool take(struct reader *r, char c)
{
    if (peek(r) != c || !more(r)) return false;
    r->p++;
    return true;
}

/* ---- numbers ---- */

struct digits {
    uint64_t value; /* of the first ones, as far as they fit */
    unsigned count; /* without leading zeros */
    int exponent;
};

static bool take_digits(struct reader *r, struct digits *d, int step)
{
    const char *from = r->p;
    for (; isdigit((unsigned char)peek(r)); r->p++) {
        d->exponent += step;
        if (d->count == 0 && *r->p == '0') continue;
        if (d->count++ < EXACT_DIGITS) d->value = d->value * 10 + (uint64_t)(*r->p - '0');
    }
    return r->p > from;
}

static bool take_exponent(struct reader *r, int *out)
{
    int value = 0;
    bool minus = take(r, '-');
    if (!minus) (void)take(r, '+');
    if (!isdigit((unsigned char)peek(r))) return false;
    for (; isdigit((unsigned char)peek(r)); r->p++)
        if (value < EXPONENT_MAX) value = value * 10 + (*r->p - '0');
    *out = minus ? -value : value;
    return true;
}

static double exactly(const struct digits *d)
{
    static const double powers[EXACT_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    double v = (double)d->value;
    return d->exponent < 0 ? v / powers[-d->exponent] : v * powers[d->exponent];
}

static enum err number_of(const char *from, const char *to, const struct digits *d, double *out)
{
    char text[NUMBER_CHARS];
    if (d->count <= EXACT_DIGITS && d->exponent <= EXACT_POWER && d->exponent >= -EXACT_POWER) {
        *out = *from == '-' ? -exactly(d) : exactly(d);
        return OK;
    }
    if (str_copy((struct str){ from, (size_t)(to - from) }, text, sizeof text) != OK) return ERR_INPUT;
    *out = strtod(text, NULL);
    return OK;
}

static enum err read_number(struct reader *r, double *out)
{
    const char *from = r->p;
    struct digits d = { 0 };
    int power = 0;
    (void)take(r, '-');
    bool zero = peek(r) == '0';
    const char *whole = r->p;
    if (!take_digits(r, &d, 0) || (zero && r->p > whole + 1)) return ERR_INPUT;
    if (take(r, '.') && !take_digits(r, &d, -1)) return ERR_INPUT;
    if ((take(r, 'e') || take(r, 'E')) && !take_exponent(r, &power)) return ERR_INPUT;
    if (r->p - from >= NUMBER_CHARS) return ERR_INPUT;
    d.exponent += power;
    return number_of(from, r->p, &d, out);
}

/* ---- texts ---- */

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool take_hex4(struct reader *r, uint32_t *out)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++, r->p++) {
        int v = hex_value(peek(r));
        if (v < 0) return false;
        code = code << 4 | (uint32_t)v;
    }
    *out = code;
    return true;
}

/* A code beyond 16 bits is written as a pair of surrogates. */
static bool take_code(struct reader *r, uint32_t *out)
{
    uint32_t low = 0;
    if (!take_hex4(r, out) || *out == 0) return false;
    if (*out < 0xd800 || *out > 0xdfff) return true;
    if (*out > 0xdbff || !take(r, '\\') || !take(r, 'u') || !take_hex4(r, &low)) return false;
    *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
    return low >= 0xdc00 && low <= 0xdfff;
}

static char *put_utf8(uint32_t code, char *out)
{
    static const uint8_t leads[] = { 0, 0xc0, 0xe0, 0xf0 };
    unsigned tail = (code > 0x7f ? 1u : 0) + (code > 0x7ff ? 1u : 0) + (code > 0xffff ? 1u : 0);
    *out++ = (char)(leads[tail] | code >> (6 * tail));
    while (tail-- > 0) *out++ = (char)(0x80 | (code >> (6 * tail) & 0x3f));
    return out;
}

static bool take_escape(struct reader *r, char **out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    uint32_t code = 0;
    const char *at = peek(r) ? strchr(from, peek(r)) : NULL;
    if (at) {
        r->p++;
        *(*out)++ = to[at - from];
        return true;
    }
    if (!take(r, 'u') || !take_code(r, &code)) return false;
    *out = put_utf8(code, *out);
    return true;
}

/* No escape is longer decoded than written. */
static enum err read_escaped(struct reader *r, const char *from, struct str *out)
{
    const char *quote = r->p;
    while (quote < r->end && *quote != '"') quote += *quote == '\\' ? 2 : 1;
    if (quote >= r->end) return ERR_INPUT;
    char *to = arena_alloc(r->arena, (size_t)(quote - from));
    if (to == NULL) return ERR_MEMORY;
    out->p = to;
    for (r->p = from; r->p < quote;) {
        size_t n = json_plain((struct str){ r->p, (size_t)(quote - r->p) });
        memcpy(to, r->p, n);
        to += n;
        r->p += n;
        if (r->p < quote && !(take(r, '\\') && take_escape(r, &to))) return ERR_INPUT;
    }
    out->n = (size_t)(to - out->p);
    return take(r, '"') ? OK : ERR_INPUT;
}

static enum err read_text(struct reader *r, struct str *out)
{
    if (!take(r, '"')) return ERR_INPUT;
    const char *from = r->p;
    r->p += json_plain((struct str){ from, (size_t)(r->end - from) });
    if (peek(r) == '\\') return read_escaped(r, from, out);
    *out = (struct str){ from, (size_t)(r->p - from) };
    return take(r, '"') ? OK : ERR_INPUT;
}

/* ---- values ---- */

static enum err read_word(struct reader *r, enum json_kind *out)
{
    static const struct {
        struct str word;
        enum json_kind kind;
    } words[] = { { STR("true"), JSON_TRUE }, { STR("false"), JSON_FALSE }, { STR("null"), JSON_NULL } };
    struct str rest = { r->p, (size_t)(r->end - r->p) };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_starts(rest, words[i].word.p)) continue;
        r->p += words[i].word.n;
        *out = words[i].kind;
        return OK;
    }
    return ERR_INPUT;
}

static enum err read_value(struct reader *r, int depth, struct json *out);

/* An element of a list, or a member with its name. */
static enum err read_item(struct reader *r, int depth, bool named, struct json **out)
{
    struct json *item = arena_alloc(r->arena, sizeof *item);
    if (item == NULL) return ERR_MEMORY;
    skip_space(r);
    if (named) {
        TRY(read_text(r, &item->name));
        skip_space(r);
        if (!take(r, ':')) return ERR_INPUT;
    }
    TRY(read_value(r, depth, item));
    *out = item;
    return OK;
}

static enum err read_items(struct reader *r, int depth, char close, struct json *out)
{
    const struct json **at = &out->first;
    struct json *item = NULL;
    if (depth == JSON_MAX_DEPTH) return ERR_INPUT;
    out->first = NULL;
    skip_space(r);
    if (take(r, close)) return OK;
    do {
        TRY(read_item(r, depth + 1, close == '}', &item));
        *at = item;
        at = &item->next;
        out->count++;
    } while (take(r, ','));
    return take(r, close) ? OK : ERR_INPUT;
}

/* How many numbers there are up to the bracket, or 0 when other values are among them. */
static size_t count_numbers(const struct reader *r)
{
    size_t n = 1;
    for (const char *p = r->p; p < r->end; p++) {
        if (*p == ']') return n;
        if (*p == ',') n++;
        bool of_number = isdigit((unsigned char)*p) || (*p != '\0' && strchr(",-.+eE \t\r\n", *p));
        if (!of_number) return 0;
    }
    return 0;
}

static enum err read_numbers(struct reader *r, size_t n, struct json *out)
{
    double *to = arena_array(r->arena, n, sizeof *to);
    if (to == NULL) return ERR_MEMORY;
    out->kind = JSON_NUMBERS;
    out->numbers = to;
    do {
        skip_space(r);
        TRY(read_number(r, &to[out->count++]));
        skip_space(r);
    } while (take(r, ','));
    return take(r, ']') ? OK : ERR_INPUT;
}

static enum err read_list(struct reader *r, int depth, struct json *out)
{
    skip_space(r);
    bool number = peek(r) == '-' || isdigit((unsigned char)peek(r));
    size_t n = number && depth < JSON_MAX_DEPTH ? count_numbers(r) : 0;
    return n > 0 ? read_numbers(r, n, out) : read_items(r, depth, ']', out);
}

static enum err read_any(struct reader *r, int depth, struct json *out)
{
    char c = peek(r);
    out->kind = c == '{' ? JSON_OBJECT : c == '[' ? JSON_LIST : c == '"' ? JSON_TEXT : JSON_NUMBER;
    if (c == '"') return read_text(r, &out->text);
    if (c == '-' || isdigit((unsigned char)c)) return read_number(r, &out->number);
    if (take(r, '{')) return read_items(r, depth, '}', out);
    if (take(r, '[')) return read_list(r, depth, out);
    return read_word(r, &out->kind);
}

static enum err read_value(struct reader *r, int depth, struct json *out)
{
    skip_space(r);
    TRY(read_any(r, depth, out));
    skip_space(r);
    return OK;
}

enum err json_read(struct str *text, struct arena *arena, const struct json **out)
{
    struct reader r = { text->p, text->p + text->n, arena };
    struct json *j = arena_alloc(arena, sizeof *j);
    if (j == NULL) return ERR_MEMORY;
    TRY(read_value(&r, 0, j));
    *text = (struct str){ r.p, (size_t)(r.end - r.p) };
    *out = j;
    return OK;
}

bool json_is(const struct json *j, enum json_kind kind) { return j != NULL && j->kind == kind; }

const struct json *json_get(const struct json *j, const char *name)
{
    size_t n = strlen(name);
    for (const struct json *m = json_is(j, JSON_OBJECT) ? j->first : NULL; m; m = m->next)
        if (m->name.n == n && memcmp(m->name.p, name, n) == 0) return m;
    return NULL;
}
