#include "common/phi/phi_unwrap.h"
#include "common/base/text.h"
#include "common/crypto/encode.h"
#include <ctype.h>
#include <string.h>

enum { PLAIN_MAX_BYTES = 8 << 20, ESCAPE_MAX = 20, RUN_MIN = 8, PAIRS_MIN = 8 };

struct phi_plain phi_plain_make(void)
{
    return (struct phi_plain){ .text = buf_make(PLAIN_MAX_BYTES), .at = buf_make(4 * PLAIN_MAX_BYTES) };
}

void phi_plain_free(struct phi_plain *p)
{
    if (p == NULL) return;
    buf_free(&p->text);
    buf_free(&p->at);
}

static void clear(struct phi_plain *p)
{
    buf_clear(&p->text);
    buf_clear(&p->at);
    p->image_n = 0;
}

static void put(struct phi_plain *p, const void *bytes, size_t n, uint32_t at)
{
    buf_add(&p->text, bytes, n);
    for (size_t i = 0; i < n; i++) buf_add(&p->at, &at, sizeof at);
}

/* A text without its end is no text. */
static enum err finish(struct phi_plain *p, bool any, uint32_t end)
{
    if (!any && p->image_n == 0) clear(p);
    if (p->text.n > 0) buf_add(&p->at, &end, sizeof end);
    TRY(buf_err(&p->text));
    return buf_err(&p->at);
}

/* ---- words ---- */

/* A place in a text and where it comes from. */
struct word {
    struct str text;
    const uint32_t *origin; /* of its first sign */
};

/* How many bytes from here on are one character that is shown, 0 when there is none.  A byte 0 is not seen: texts in
 * UTF-16 have it beside each sign. */
static size_t shown(struct str s)
{
    uint32_t code = 0;
    struct str rest = s;
    unsigned char c = (unsigned char)s.p[0];
    if (c < 0x80) return c == 0 || (c >= ' ' && c != 0x7f) || strchr("\t\r\n", c) != NULL;
    (void)text_next(&rest, &code);
    return code == UINT32_MAX ? 0 : s.n - rest.n;
}

/* First bytes of pictures, voices and fingers: JPEG, PNG, GIF, WSQ, ISO/IEC 19794 finger, image and face records, WAVE,
 * and DICOM, whose mark comes after 128 bytes. */
static bool image(struct bytes b)
{
    static const struct {
        size_t at, n;
        const char *mark;
    } marks[] = { { 0, 3, "\xff\xd8\xff" }, { 0, 4, "\x89PNG" }, { 0, 4, "GIF8" },
                  { 0, 3, "\xff\xa0\xff" }, { 0, 4, "FMR" },     { 0, 4, "FIR" },
                  { 0, 4, "FAC" },          { 0, 4, "RIFF" },    { 128, 4, "DICM" } };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (b.n >= marks[i].at + marks[i].n && memcmp(b.p + marks[i].at, marks[i].mark, marks[i].n) == 0) return true;
    return false;
}

/* Bytes that are shown go on from `from` to the end that is returned; *seen: how many of them are no byte 0. */
static size_t run_end(struct bytes said, size_t from, size_t *seen)
{
    size_t at = from;
    *seen = 0;
    while (at < said.n) {
        size_t n = shown((struct str){ (const char *)said.p + at, said.n - at });
        if (n == 0) break;
        *seen += said.p[at] != 0;
        at += n;
    }
    return at;
}

/* What can be read in the bytes: something that is none may stand before it, or behind. */
static void take(struct phi_plain *p, const struct word *w, struct bytes said, bool *any)
{
    size_t seen = 0;
    if (image(said)) {
        p->image_at = w->origin[0];
        p->image_n = w->origin[w->text.n] - w->origin[0];
    }
    for (size_t from = 0; from < said.n;) {
        size_t end = run_end(said, from, &seen);
        for (size_t i = from; seen >= RUN_MIN && i < end; i++)
            if (said.p[i] != 0) put(p, said.p + i, 1, w->origin[i * w->text.n / said.n]);
        if (seen >= RUN_MIN) put(p, "\n", 1, w->origin[w->text.n]);
        *any = *any || seen >= RUN_MIN;
        from = end + 1;
    }
}

static bool base64_sign(char c) { return isalnum((unsigned char)c) || strchr("+/-_", c) != NULL; }
static bool hex_sign(char c) { return isxdigit((unsigned char)c) != 0; }

/* The next run of such signs with at least `least` of them; its text is empty when there is none. */
static struct word next_word(struct word *rest, bool (*sign)(char), size_t least)
{
    while (rest->text.n > 0) {
        size_t n = 0;
        while (n < rest->text.n && rest->text.p[n] != '\0' && sign(rest->text.p[n])) n++;
        struct word w = { { rest->text.p, n }, rest->origin };
        size_t step = n < rest->text.n ? n + 1 : n;
        *rest = (struct word){ { rest->text.p + step, rest->text.n - step }, rest->origin + step };
        if (n >= least) return w;
    }
    return (struct word){ { NULL, 0 }, rest->origin };
}

/* Either alphabet, with or without its padding, over lines or in one.  What is left over after whole groups is dropped
 * when it does not fit. */
static enum err decode_base64(struct str word, struct buf *out)
{
    struct buf fixed CLEANUP(buf_free) = buf_make(PLAIN_MAX_BYTES);
    buf_clear(out);
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i] == '-' ? '+' : word.p[i] == '_' ? '/' : word.p[i];
        if (c != '\n') buf_add(&fixed, &c, 1);
    }
    TRY(buf_err(&fixed));
    size_t left = fixed.n % 4;
    size_t groups = fixed.n - left;
    buf_add(&fixed, "==", left == 2 ? 2 : left == 3 ? 1 : 0);
    if (left == 1) fixed.n--;
    enum err e = base64_decode(buf_str(&fixed), out);
    if (e == ERR_INPUT && left > 1) e = base64_decode((struct str){ (const char *)fixed.p, groups }, out);
    return e == ERR_INPUT ? OK : e;
}

/* A word may have something before it that belongs to the alphabet, so all four ways to group it are tried. */
static enum err take_base64(struct phi_plain *p, const struct word *w, struct buf *said, bool *any)
{
    for (size_t k = 0; k < 4 && w->text.n - k >= PHI_WORD_MIN_BASE64; k++) {
        struct word part = { { w->text.p + k, w->text.n - k }, w->origin + k };
        TRY(decode_base64(part.text, said));
        take(p, &part, buf_bytes(said), any);
    }
    return OK;
}

static bool base64_or_line(char c) { return c == '\n' || base64_sign(c); }

/* Lines are taken each by itself, and together as one word (RFC 2045: 76 signs a line). */
enum err phi_unwrap_base64(struct str text, const uint32_t *origin, struct phi_plain *p)
{
    struct buf said CLEANUP(buf_free) = buf_make(PLAIN_MAX_BYTES);
    struct word rest = { text, origin };
    struct word lines = rest;
    bool any = false;
    clear(p);
    for (struct word w; (w = next_word(&rest, base64_sign, PHI_WORD_MIN_BASE64)).text.n > 0;)
        TRY(take_base64(p, &w, &said, &any));
    for (struct word w; (w = next_word(&lines, base64_or_line, PHI_WORD_MIN_BASE64)).text.n > 0;)
        if (memchr(w.text.p, '\n', w.text.n)) TRY(take_base64(p, &w, &said, &any));
    return finish(p, any, origin[text.n]);
}

static int nibble(char c) { return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10; }

static enum err decode_hex(struct str word, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i + 1 < word.n; i += 2) {
        uint8_t byte = (uint8_t)(nibble(word.p[i]) << 4 | nibble(word.p[i + 1]));
        buf_add(out, &byte, 1);
    }
    return buf_err(out);
}

enum err phi_unwrap_hex(struct str text, const uint32_t *origin, struct phi_plain *p)
{
    struct buf said CLEANUP(buf_free) = buf_make(PLAIN_MAX_BYTES);
    struct word rest = { text, origin };
    bool any = false;
    clear(p);
    for (struct word w; (w = next_word(&rest, hex_sign, PHI_WORD_MIN_HEX)).text.n > 0;)
        for (size_t k = 0; k < 2; k++) {
            struct word part = { { w.text.p + k, w.text.n - k }, w.origin + k };
            TRY(decode_hex(part.text, &said));
            take(p, &part, buf_bytes(&said), &any);
        }
    return finish(p, any, origin[text.n]);
}

/* One byte in hexadecimal, as dumps write it: 0x31 or 31, and nothing of its kind behind; how long it is. */
static size_t dumped(struct str s, uint8_t *out)
{
    size_t at = str_starts(s, "0x") ? 2 : 0;
    if (s.n < at + 2 || !hex_sign(s.p[at]) || !hex_sign(s.p[at + 1])) return 0;
    if (s.n > at + 2 && isalnum((unsigned char)s.p[at + 2])) return 0;
    *out = (uint8_t)(nibble(s.p[at]) << 4 | nibble(s.p[at + 1]));
    return at + 2;
}

static size_t between_bytes(struct str s)
{
    size_t n = 0;
    while (n < s.n && n < 2 && s.p[n] != '\0' && strchr(" ,:;-\n", s.p[n]) != NULL) n++;
    return n;
}

/* The bytes that stand one by one from here on; *end: behind the last. */
static enum err dump_at(struct str s, struct buf *out, size_t *end)
{
    uint8_t byte = 0;
    size_t at = 0;
    buf_clear(out);
    for (size_t n; (n = dumped((struct str){ s.p + at, s.n - at }, &byte)) > 0;) {
        buf_add(out, &byte, 1);
        *end = at + n;
        at = *end + between_bytes((struct str){ s.p + *end, s.n - *end });
        if (at == *end) break;
    }
    return buf_err(out);
}

enum err phi_unwrap_dump(struct str text, const uint32_t *origin, struct phi_plain *p)
{
    struct buf said CLEANUP(buf_free) = buf_make(PLAIN_MAX_BYTES);
    bool any = false;
    clear(p);
    for (size_t at = 0; at < text.n;) {
        size_t n = 0;
        bool begins = at == 0 || !isalnum((unsigned char)text.p[at - 1]);
        if (begins) TRY(dump_at((struct str){ text.p + at, text.n - at }, &said, &n));
        const struct word w = { { text.p + at, n }, origin + at };
        if (n > 0 && said.n >= PAIRS_MIN) take(p, &w, buf_bytes(&said), &any);
        at += n > 0 ? n : 1;
    }
    return finish(p, any, origin[text.n]);
}

/* ---- signs ---- */

/* %41, =41 (RFC 2045, quoted-printable), \x41, \u{41}, \u0041, \U00000041, &#x41; and &#65;; HTML forgives what stands
 * behind. */
static const struct {
    const char *before, *after; /* the latter may be missing */
    size_t least, most;         /* digits */
    uint32_t base;
} escapes[] = {
    { "%", "", 2, 2, 16 },   { "=", "", 2, 2, 16 },   { "\\x", "", 2, 2, 16 },   { "\\u{", "}", 1, 6, 16 },
    { "\\u", "", 4, 4, 16 }, { "\\U", "", 8, 8, 16 }, { "&#x", ";", 1, 15, 16 }, { "&#", ";", 1, 15, 10 },
};
enum { ESCAPES_OF_BYTES = 3 };

static size_t read_escape(struct str s, size_t row, uint32_t *out)
{
    size_t at = strlen(escapes[row].before);
    size_t n = 0;
    uint32_t v = 0;
    if (!str_starts(s, escapes[row].before)) return 0;
    while (n < escapes[row].most && at < s.n && isxdigit((unsigned char)s.p[at])) {
        if (escapes[row].base == 10 && !isdigit((unsigned char)s.p[at])) break;
        if (v < 0x110000) v = v * escapes[row].base + (uint32_t)nibble(s.p[at]);
        at++;
        n++;
    }
    if (n < escapes[row].least || v == 0) return 0;
    if (str_starts((struct str){ s.p + at, s.n - at }, escapes[row].after)) at += strlen(escapes[row].after);
    *out = v;
    return at;
}

/* Bytes escaped one by one (%C3%A9) make their character together. */
static size_t encode(uint32_t v, bool byte, uint8_t out[4])
{
    if (v < 0x80 || byte) {
        out[0] = (uint8_t)v;
        return 1;
    }
    size_t n = v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; v >>= 6) out[i] = (uint8_t)(0x80 | (v & 0x3f));
    out[0] = (uint8_t)((0xf00 >> n & 0xff) | v);
    return n;
}

static bool has_any(struct str text, const char *signs)
{
    bool any = false;
    for (; *signs && text.n > 0 && !any; signs++) any = memchr(text.p, *signs, text.n) != NULL;
    return any;
}

/* A byte that belongs to no character becomes '?'. */
static void repair(struct buf *text)
{
    for (size_t at = 0; at < text->n;) {
        uint32_t code = 0;
        struct str rest = { (const char *)text->p + at, text->n - at };
        size_t before = rest.n;
        (void)text_next(&rest, &code);
        if (code == UINT32_MAX) {
            text->p[at++] = '?';
            continue;
        }
        at += before - rest.n;
    }
}

enum err phi_unwrap_escapes(struct str text, const uint32_t *origin, struct phi_plain *p)
{
    bool any = false;
    clear(p);
    if (!has_any(text, "%=\\&")) return OK;
    for (size_t i = 0; i < text.n;) {
        uint8_t sign[4] = { (uint8_t)text.p[i] };
        size_t n = 1;
        size_t used = 0;
        uint32_t v = 0;
        struct str ahead = { text.p + i, text.n - i < ESCAPE_MAX ? text.n - i : ESCAPE_MAX };
        for (size_t row = 0; used == 0 && row < sizeof escapes / sizeof escapes[0]; row++) {
            used = read_escape(ahead, row, &v);
            if (used > 0) n = encode(v < 0x110000 ? v : '?', row < ESCAPES_OF_BYTES, sign);
        }
        any = any || used > 0;
        put(p, sign, n, origin[i]);
        i += used ? used : 1;
    }
    repair(&p->text); /* "50%ff" and the like */
    return finish(p, any, origin[text.n]);
}

static bool gap(char c) { return c != '\0' && strchr(" .-_,/*|", c) != NULL; }

/* How many signs stand alone from here on, each with the same gap after it but the last. */
static size_t alone(struct str s)
{
    size_t n = 0;
    if (s.n < 2) return 0;
    for (size_t i = 0; i < s.n && isalnum((unsigned char)s.p[i]); i += 2) {
        bool last = i + 1 == s.n || s.p[i + 1] != s.p[1];
        n++;
        if (last) return i + 1 < s.n && isalnum((unsigned char)s.p[i + 1]) ? n - 1 : n;
    }
    return n;
}

enum err phi_unwrap_gaps(struct str text, const uint32_t *origin, struct phi_plain *p)
{
    bool any = false;
    clear(p);
    for (size_t i = 0; i < text.n;) {
        bool begins = (i == 0 || !isalnum((unsigned char)text.p[i - 1])) && i + 1 < text.n && gap(text.p[i + 1]);
        size_t n = begins ? alone((struct str){ text.p + i, text.n - i }) : 0;
        if (n >= PHI_GAPS_MIN) {
            for (size_t k = 0; k < n; k++) put(p, text.p + i + 2 * k, 1, origin[i + 2 * k]);
            i += 2 * n - 1;
            any = true;
        } else {
            size_t step = n > 1 ? 2 * n - 1 : 1;
            for (size_t k = 0; k < step; k++) put(p, text.p + i + k, 1, origin[i + k]);
            i += step;
        }
    }
    return finish(p, any, origin[text.n]);
}

/* ---- lines and separators ---- */

static bool separates(char c) { return c != '\0' && strchr("-./", c) != NULL; }
static bool blank(char c) { return c == ' ' || c == '\n'; }

/* From a place behind a digit, over separators, blanks and ends of lines, to the next digit: the separator in their
 * midst, '\0' when there is none or they go on too long.  *out_n: their length. */
static char seam(struct str s, size_t *out_n)
{
    enum { SEAM_MAX = 6 };
    char kind = '\0';
    size_t n = 0;
    for (; n < s.n && n < SEAM_MAX && (blank(s.p[n]) || separates(s.p[n])); n++) {
        if (kind != '\0' && separates(s.p[n]) && s.p[n] != kind) return '\0';
        if (separates(s.p[n])) kind = s.p[n];
    }
    *out_n = n;
    return n > 1 && n < s.n && isdigit((unsigned char)s.p[n]) ? kind : '\0';
}

/* "123 - 45 -- 6789", and what goes on in the next line. */
static size_t join(struct phi_plain *p, struct str text, size_t at, const uint32_t *origin)
{
    size_t n = 0;
    bool digit = at > 0 && isdigit((unsigned char)text.p[at - 1]);
    char kind = digit ? seam((struct str){ text.p + at, text.n - at }, &n) : '\0';
    if (kind == '\0') return 0;
    put(p, &kind, 1, origin[at]);
    return n;
}

static bool beside_digit(struct str text, size_t at)
{
    return (at > 0 && isdigit((unsigned char)text.p[at - 1])) ||
           (at + 1 < text.n && isdigit((unsigned char)text.p[at + 1]));
}

/* What stands between digits, or a digit and its name, for a separator: "ssn_123~45~6789". */
static char plainer(struct str text, size_t at)
{
    char c = text.p[at];
    if ((c != '_' && c != '~') || !beside_digit(text, at)) return c;
    return c == '_' ? ' ' : '-';
}

enum err phi_unwrap_seams(struct str text, const uint32_t *origin, struct phi_plain *p)
{
    bool any = false;
    clear(p);
    for (size_t at = 0; at < text.n;) {
        size_t n = join(p, text, at, origin);
        char c = n > 0 ? '\0' : plainer(text, at);
        if (n == 0) put(p, &c, 1, origin[at]);
        any = any || n > 0 || c != text.p[at];
        at += n > 0 ? n : 1;
    }
    return finish(p, any, origin[text.n]);
}
