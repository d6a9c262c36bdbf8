#include "cli/emit.h"
#include <stdio.h>

/* YAML 1.2, 5.7: in double quotes, a backslash, a quote and control characters are escaped. */
void emit_text(struct buf *out, struct str text)
{
    buf_add_z(out, "\"");
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '"' || c == '\\')
            buf_addf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            buf_addf(out, "\\x%02x", c);
        else
            buf_add(out, &text.p[i], 1);
    }
    buf_add_z(out, "\"");
}

void emit_pair(struct buf *out, const char *key, const char *value)
{
    buf_addf(out, "%s: ", key);
    emit_text(out, str_of(value));
    buf_add_z(out, "\n");
}

void emit_count(struct buf *out, const char *key, uint64_t value)
{
    buf_addf(out, "%s: %llu\n", key, (unsigned long long)value);
}

void emit_real(struct buf *out, const char *key, double value)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.15g", value);
    double back = 0;
    if (str_f64(str_of(text), &back) != OK || back < value || back > value)
        (void)snprintf(text, sizeof text, "%.17g", value);
    buf_addf(out, "%s: %s\n", key, text);
}

void emit_doc(struct buf *out, const struct doc *d)
{
    bool map = d->kind == DOC_MAP;
    if (d->kind == DOC_SCALAR) {
        emit_text(out, d->text);
        return;
    }
    buf_add_z(out, map ? "{" : "[");
    for (size_t i = 0; i < d->count; i++) {
        if (i) buf_add_z(out, ", ");
        if (map) emit_text(out, d->items[i]->key);
        if (map) buf_add_z(out, ": ");
        emit_doc(out, d->items[i]);
    }
    buf_add_z(out, map ? "}" : "]");
}
