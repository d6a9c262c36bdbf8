#include "common/runtime/xmpp/xml.h"
#include <string.h>

/* Length of the well-formed UTF-8 sequence s begins with, and its code point; 0 when it is broken (RFC 3629). */
static size_t sequence(const uint8_t *s, size_t n, uint32_t *out_code)
{
    static const struct {
        uint8_t mask, lead;
        size_t length;
        uint32_t least;
    } forms[] = { { 0x80, 0x00, 1, 0 }, { 0xe0, 0xc0, 2, 0x80 }, { 0xf0, 0xe0, 3, 0x800 }, { 0xf8, 0xf0, 4, 0x10000 } };
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if ((s[0] & forms[f].mask) != forms[f].lead) continue;
        if (forms[f].length > n) return 0;
        uint32_t code = s[0] & (uint32_t)(uint8_t)~forms[f].mask;
        for (size_t i = 1; i < forms[f].length; i++) {
            if ((s[i] & 0xc0) != 0x80) return 0;
            code = code << 6 | (s[i] & 0x3fu);
        }
        *out_code = code;
        return code >= forms[f].least && code <= 0x10ffff ? forms[f].length : 0;
    }
    return 0;
}

/* XML 1.0, production 2 (Char). */
static bool allowed(uint32_t c)
{
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return !(c >= 0xd800 && c <= 0xdfff) && c != 0xfffe && c != 0xffff;
}

static const char *entity(uint32_t c)
{
    static const struct {
        char c;
        const char *name;
    } entities[] = { { '&', "&amp;" },  { '<', "&lt;" },    { '>', "&gt;" },
                     { '"', "&quot;" }, { '\'', "&apos;" }, { '\r', "&#13;" } };
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (c == (uint32_t)entities[i].c) return entities[i].name;
    return NULL;
}

void xml_text(struct buf *out, struct str text)
{
    const uint8_t *p = (const uint8_t *)text.p;
    size_t plain = 0; /* start of what is copied as it stands */
    size_t i = 0;
    while (i < text.n) {
        uint32_t code = 0;
        size_t length = sequence(p + i, text.n - i, &code);
        const char *instead = length == 0 || !allowed(code) ? "\xef\xbf\xbd" : entity(code);
        size_t step = length ? length : 1;
        if (instead) {
            buf_add(out, text.p + plain, i - plain);
            buf_add_z(out, instead);
            plain = i + step;
        }
        i += step;
    }
    if (text.n > plain) buf_add(out, text.p + plain, text.n - plain);
}

void xml_attribute(struct buf *out, const char *name, struct str value)
{
    buf_addf(out, " %s='", name);
    xml_text(out, value);
    buf_add_z(out, "'");
}

void xml_attribute_z(struct buf *out, const char *name, const char *value)
{
    if (value) xml_attribute(out, name, str_of(value));
}

void xml_element(struct buf *out, const char *name, struct str text)
{
    buf_addf(out, "<%s>", name);
    xml_text(out, text);
    buf_addf(out, "</%s>", name);
}
