#include "common/phi/phi_fold.h"
#include "common/base/text.h"
#include <stdlib.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

enum { VIEW_MAX_BYTES = 32 << 20, NFKD_MAX = 32 };

/* What looks like a Latin letter, a dash, a blank or the end of a line and does not decompose to it (UTS 39, the
 * Cyrillic, Greek and Armenian part, strokes, and the dots and bullets that stand between digits), by code point. */
struct likeness {
    uint32_t from;
    const char *to;
};
static const struct likeness likenesses[] = {
    { 0x0085, "\n" }, { 0x00b7, "-" }, { 0x00c6, "AE" }, { 0x00d0, "D" },  { 0x00d8, "O" },  { 0x00df, "ss" },
    { 0x00e6, "ae" }, { 0x00f0, "d" }, { 0x00f8, "o" },  { 0x0110, "D" },  { 0x0111, "d" },  { 0x0131, "i" },
    { 0x0141, "L" },  { 0x0142, "l" }, { 0x0152, "OE" }, { 0x0153, "oe" }, { 0x0251, "a" },  { 0x0261, "g" },
    { 0x02d7, "-" },  { 0x0391, "A" }, { 0x0392, "B" },  { 0x0395, "E" },  { 0x0396, "Z" },  { 0x0397, "H" },
    { 0x0399, "I" },  { 0x039a, "K" }, { 0x039c, "M" },  { 0x039d, "N" },  { 0x039f, "O" },  { 0x03a1, "P" },
    { 0x03a4, "T" },  { 0x03a5, "Y" }, { 0x03a7, "X" },  { 0x03b1, "a" },  { 0x03b9, "i" },  { 0x03bd, "v" },
    { 0x03bf, "o" },  { 0x03c1, "p" }, { 0x03c5, "u" },  { 0x0405, "S" },  { 0x0406, "I" },  { 0x0408, "J" },
    { 0x0410, "A" },  { 0x0412, "B" }, { 0x0415, "E" },  { 0x0417, "3" },  { 0x041a, "K" },  { 0x041c, "M" },
    { 0x041d, "H" },  { 0x041e, "O" }, { 0x0420, "P" },  { 0x0421, "C" },  { 0x0422, "T" },  { 0x0425, "X" },
    { 0x0430, "a" },  { 0x0435, "e" }, { 0x043e, "o" },  { 0x0440, "p" },  { 0x0441, "c" },  { 0x0443, "y" },
    { 0x0445, "x" },  { 0x0455, "s" }, { 0x0456, "i" },  { 0x0458, "j" },  { 0x04ae, "Y" },  { 0x04bb, "h" },
    { 0x0501, "d" },  { 0x0555, "O" }, { 0x0585, "o" },  { 0x2018, "'" },  { 0x2019, "'" },  { 0x201c, "\"" },
    { 0x201d, "\"" }, { 0x2022, "-" }, { 0x2027, "-" },  { 0x2028, "\n" }, { 0x2029, "\n" }, { 0x2043, "-" },
    { 0x2044, "/" },  { 0x2212, "-" }, { 0x2215, "/" },  { 0x2219, "-" },  { 0x2236, ":" },  { 0x22c5, "-" },
    { 0x2796, "-" },  { 0x2800, " " }, { 0x30fb, "-" },  { 0xa731, "s" },
};

struct phi_view phi_view_make(void)
{
    return (struct phi_view){ buf_make(VIEW_MAX_BYTES), buf_make(VIEW_MAX_BYTES), buf_make(4 * VIEW_MAX_BYTES) };
}

void phi_view_free(struct phi_view *v)
{
    if (v == NULL) return;
    buf_free(&v->text);
    buf_free(&v->lower);
    buf_free(&v->at);
}

const uint32_t *phi_view_at(const struct phi_view *v) { return (const uint32_t *)(const void *)v->at.p; }

static void put(struct phi_view *v, char c, uint32_t at)
{
    buf_add(&v->text, &c, 1);
    buf_add(&v->at, &at, sizeof at);
}

static int by_code(const void *key, const void *row)
{
    uint32_t a = *(const uint32_t *)key;
    uint32_t b = ((const struct likeness *)row)->from;
    return a < b ? -1 : a > b;
}

static const char *like(uint32_t code)
{
    const struct likeness *l =
        bsearch(&code, likenesses, sizeof likenesses / sizeof likenesses[0], sizeof likenesses[0], by_code);
    return l ? l->to : NULL;
}

/* Of a text that is read nothing else of ASCII's control characters is seen. */
static void put_ascii(struct phi_view *v, char c, uint32_t at)
{
    bool blank = c == '\t' || c == '\r' || c == '\v' || c == '\f';
    if (blank || c == '\n' || (c >= ' ' && c <= '~')) put(v, (char)(blank ? ' ' : c), at);
}

/* A mark of any kind, also one that encloses, a control character, or one that only formats. */
static bool is_unseen(uint32_t code)
{
    return uc_is_general_category(code, UC_MARK) || uc_is_general_category(code, UC_CONTROL) ||
           uc_is_general_category(code, UC_FORMAT);
}

/* A character that is no compatibility form any more. */
static void put_plain(struct phi_view *v, uint32_t code, uint32_t at)
{
    uint8_t bytes[6];
    const char *alike = like(code);
    int digit = uc_digit_value(code); /* those in circles, too */
    if (code < 0x80)
        put_ascii(v, (char)code, at);
    else if (alike)
        for (; *alike; alike++) put(v, *alike, at);
    else if (digit >= 0)
        put(v, (char)('0' + digit), at);
    else if (uc_is_general_category(code, UC_DASH_PUNCTUATION))
        put(v, '-', at);
    else if (uc_is_general_category(code, UC_SPACE_SEPARATOR))
        put(v, ' ', at);
    else if (!is_unseen(code)) {
        int n = u8_uctomb(bytes, code, sizeof bytes);
        for (int i = 0; i < n; i++) put(v, (char)bytes[i], at);
    }
}

/* UAX 9: signs are shown in another order than they stand in. */
static bool reorders(uint32_t code) { return code == 0x202d || code == 0x202e; }

static enum err put_folded(struct phi_view *v, uint32_t code, uint32_t at)
{
    uint32_t parts[NFKD_MAX];
    size_t n = NFKD_MAX;
    if (uc_is_property_default_ignorable_code_point(code)) return OK;
    if (like(code)) { /* before its parts: some have none that are alike */
        put_plain(v, code, at);
        return OK;
    }
    uint32_t *out = u32_normalize(UNINORM_NFKD, &code, 1, parts, &n);
    if (out == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) put_plain(v, out[i], at);
    if (out != parts) free(out);
    return OK;
}

static void lower(struct phi_view *v)
{
    buf_add(&v->lower, v->text.p, v->text.n);
    if (buf_err(&v->lower) != OK) return;
    for (size_t i = 0; i < v->lower.n; i++)
        if (v->lower.p[i] >= 'A' && v->lower.p[i] <= 'Z') v->lower.p[i] = (uint8_t)(v->lower.p[i] + ('a' - 'A'));
}

enum err phi_fold(struct str text, const uint32_t *origin, struct phi_view *v)
{
    const char *begin = text.p;
    struct str rest = text;
    buf_clear(&v->text);
    buf_clear(&v->lower);
    buf_clear(&v->at);
    while (rest.n > 0) {
        size_t i = (size_t)(rest.p - begin);
        uint32_t at = origin ? origin[i] : (uint32_t)i;
        uint32_t code = (uint8_t)*rest.p;
        if (code < 0x80) {
            put_plain(v, code, at);
            rest = (struct str){ rest.p + 1, rest.n - 1 };
            continue;
        }
        (void)text_next(&rest, &code);
        if (code == UINT32_MAX || reorders(code)) return ERR_INPUT;
        TRY(put_folded(v, code, at));
    }
    uint32_t end = origin ? origin[text.n] : (uint32_t)text.n;
    buf_add(&v->at, &end, sizeof end);
    lower(v);
    TRY(buf_err(&v->text));
    TRY(buf_err(&v->at));
    return buf_err(&v->lower);
}
