#include "common/phi/phi_unwrap.h"
#include "common/crypto/encode.h"
#include <ctype.h>
#include <string.h>

enum { PLAIN_MAX_BYTES = 8 << 20, ESCAPE_MAX = 10 };

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

static bool shown(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] == 0 || b.p[i] == 0x7f || (b.p[i] < ' ' && strchr("\t\r\n", b.p[i]) == NULL)) return false;
    return b.n > 0 && str_is_utf8(bytes_str(b));
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

static void take(struct phi_plain *p, const struct word *w, struct bytes said, bool *any)
{
    if (image(said)) {
        p->image_at = w->origin[0];
        p->image_n = w->origin[w->text.n] - w->origin[0];
    }
    if (!shown(said)) return;
    for (size_t i = 0; i < said.n; i++) put(p, said.p + i, 1, w->origin[i * w->text.n / said.n]);
    put(p, "\n", 1, w->origin[w->text.n]);
    *any = true;
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

/* Either alphabet, with or without its padding.  What is left over after whole groups is dropped when it does not fit.
 */
static enum err decode_base64(struct str word, struct buf *out)
{
    struct buf fixed CLEANUP(buf_free) = buf_make(PLAIN_MAX_BYTES);
    buf_clear(out);
    buf_add_str(&fixed, word);
    TRY(buf_err(&fixed));
    for (size_t i = 0; i < fixed.n; i++) {
        if (fixed.p[i] == '-') fixed.p[i] = '+';
        if (fixed.p[i] == '_') fixed.p[i] = '/';
    }
    size_t left = fixed.n % 4;
    buf_add(&fixed, "==", left == 2 ? 2 : left == 3 ? 1 : 0);
    if (left == 1) fixed.n--;
    enum err e = base64_decode(buf_str(&fixed), out);
    if (e == ERR_INPUT && left > 1) e = base64_decode((struct str){ (const char *)fixed.p, word.n - left }, out);
    return e == ERR_INPUT ? OK : e;
}

/* A word may have something before it that belongs to the alphabet, so all four ways to group it are tried. */
enum err phi_unwrap_base64(struct str text, const uint32_t *origin, struct phi_plain *p)
{
    struct buf said CLEANUP(buf_free) = buf_make(PLAIN_MAX_BYTES);
    struct word rest = { text, origin };
    bool any = false;
    clear(p);
    for (struct word w; (w = next_word(&rest, base64_sign, PHI_WORD_MIN_BASE64)).text.n > 0;)
        for (size_t k = 0; k < 4 && w.text.n - k >= PHI_WORD_MIN_BASE64; k++) {
            struct word part = { { w.text.p + k, w.text.n - k }, w.origin + k };
            TRY(decode_base64(part.text, &said));
            take(p, &part, buf_bytes(&said), &any);
        }
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

/* ---- signs ---- */

/* %41, \x41, \u0041, &#65; and &#x41;. */
static const struct {
    const char *before, *after;
    size_t least, most; /* digits */
    uint32_t base;
} escapes[] = {
    { "%", "", 2, 2, 16 },    { "\\x", "", 2, 2, 16 }, { "\\u", "", 4, 4, 16 },
    { "&#x", ";", 1, 6, 16 }, { "&#", ";", 1, 7, 10 },
};

static size_t read_escape(struct str s, size_t row, uint32_t *out)
{
    size_t at = strlen(escapes[row].before);
    size_t n = 0;
    uint32_t v = 0;
    if (!str_starts(s, escapes[row].before)) return 0;
    while (n < escapes[row].most && at < s.n && isxdigit((unsigned char)s.p[at])) {
        if (escapes[row].base == 10 && !isdigit((unsigned char)s.p[at])) break;
        v = v * escapes[row].base + (uint32_t)nibble(s.p[at++]);
        n++;
    }
    if (n < escapes[row].least || v == 0) return 0;
    if (!str_starts((struct str){ s.p + at, s.n - at }, escapes[row].after)) return 0;
    *out = v;
    return at + strlen(escapes[row].after);
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

enum err phi_unwrap_escapes(struct str text, const uint32_t *origin, struct phi_plain *p)
{
    bool any = false;
    clear(p);
    if (text.n == 0 || !(memchr(text.p, '%', text.n) || memchr(text.p, '\\', text.n) || memchr(text.p, '&', text.n)))
        return OK;
    for (size_t i = 0; i < text.n;) {
        uint8_t sign[4] = { (uint8_t)text.p[i] };
        size_t n = 1;
        size_t used = 0;
        uint32_t v = 0;
        struct str ahead = { text.p + i, text.n - i < ESCAPE_MAX ? text.n - i : ESCAPE_MAX };
        for (size_t row = 0; used == 0 && row < sizeof escapes / sizeof escapes[0]; row++) {
            used = read_escape(ahead, row, &v);
            if (used > 0) n = encode(v < 0x110000 ? v : '?', row < 2, sign);
        }
        any = any || used > 0;
        put(p, sign, n, origin[i]);
        i += used ? used : 1;
    }
    if (any && !str_is_utf8(buf_str(&p->text))) any = false; /* "50% ff" and the like */
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
