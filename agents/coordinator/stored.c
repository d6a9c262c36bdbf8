#include "agents/coordinator/stored.h"
#include "common/base/json_read.h"
#include "common/base/text.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { STORED_ARENA_BYTES = 256 * 1024 };
static const double most_count = 0x1p53;

/* What JSON demands, and what YAML calls not printable. */
static bool must_escape(uint32_t c)
{
    return c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

/* What is written as it is, by far the most. */
static size_t usual_letters(struct str text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] >= ' ' && text.p[n] < 0x7f && text.p[n] != '"' && text.p[n] != '\\') n++;
    return n;
}

void stored_add_text(struct buf *out, struct str text)
{
    buf_add_z(out, "\"");
    while (text.n > 0) {
        size_t usual = usual_letters(text);
        buf_add(out, text.p, usual);
        text = (struct str){ text.p + usual, text.n - usual };
        if (text.n == 0) break;
        struct str before = text;
        uint32_t code;
        text_next(&text, &code);
        if (code == UINT32_MAX)
            buf_add_z(out, "\xef\xbf\xbd");
        else if (must_escape(code))
            buf_addf(out, "\\u%04" PRIx32, code);
        else
            buf_add(out, before.p, before.n - text.n);
    }
    buf_add_z(out, "\"");
}

void stored_add_real(struct buf *out, double value)
{
    bool whole = value >= 0 && value < 0x1p53 && (double)(uint64_t)value == value && !signbit(value);
    if (whole)
        buf_add_u64(out, (uint64_t)value);
    else if (isfinite(value))
        buf_addf(out, "%.17g", value);
    else
        buf_add_z(out, "null");
}

static void write_count(const void *at, size_t size, struct buf *out)
{
    uint64_t value;
    (void)size;
    memcpy(&value, at, sizeof value);
    buf_add_u64(out, value);
}
static void write_number(const void *at, size_t size, struct buf *out)
{
    (void)size;
    buf_add_u64(out, *(const unsigned *)at);
}
static void write_real(const void *at, size_t size, struct buf *out)
{
    (void)size;
    stored_add_real(out, *(const double *)at);
}
static void write_text(const void *at, size_t size, struct buf *out)
{
    const char *z = at;
    stored_add_text(out, (struct str){ z, strnlen(z, size) });
}
static void write_flag(const void *at, size_t size, struct buf *out)
{
    (void)size;
    buf_add_z(out, *(const bool *)at ? "true" : "false");
}

/* false: not of this kind, or out of range. */
static bool read_count(const struct json *j, void *at, size_t size)
{
    (void)size;
    if (!json_is(j, JSON_NUMBER) || !(j->number >= 0 && j->number <= most_count)) return false;
    uint64_t value = (uint64_t)j->number;
    memcpy(at, &value, sizeof value);
    return (double)value >= j->number;
}
static bool read_number(const struct json *j, void *at, size_t size)
{
    uint64_t value = 0;
    if (!read_count(j, &value, size) || value > UINT16_MAX) return false;
    *(unsigned *)at = (unsigned)value;
    return true;
}
static bool read_real(const struct json *j, void *at, size_t size)
{
    (void)size;
    if (!json_is(j, JSON_NUMBER) || !isfinite(j->number)) return false;
    *(double *)at = j->number;
    return true;
}
static bool read_text(const struct json *j, void *at, size_t size)
{
    return json_is(j, JSON_TEXT) && str_copy(j->text, at, size) == OK;
}
static bool read_flag(const struct json *j, void *at, size_t size)
{
    (void)size;
    *(bool *)at = json_is(j, JSON_TRUE);
    return json_is(j, JSON_TRUE) || json_is(j, JSON_FALSE);
}

static const struct {
    void (*write)(const void *at, size_t size, struct buf *out);
    bool (*read)(const struct json *j, void *at, size_t size);
} kinds[] = {
    [STORED_COUNT] = { write_count, read_count }, [STORED_NUMBER] = { write_number, read_number },
    [STORED_REAL] = { write_real, read_real },    [STORED_TEXT] = { write_text, read_text },
    [STORED_FLAG] = { write_flag, read_flag },
};

static bool left_out(const struct stored_field *f, const void *at)
{
    return f->kind == STORED_REAL && !isfinite(*(const double *)at);
}

void stored_write(const struct stored_field *fields, const void *from, struct buf *out)
{
    char comma = '{';
    for (const struct stored_field *f = fields; f->name; f++) {
        const void *at = (const char *)from + f->offset;
        if (left_out(f, at)) continue;
        buf_add(out, &comma, 1);
        buf_add_str(out, f->member);
        kinds[f->kind].write(at, f->size, out);
        comma = ',';
    }
    buf_add_z(out, "}");
}

enum err stored_read(const struct stored_field *fields, struct bytes text, void *to, struct why *why)
{
    CLEANUP(arena_free) struct arena arena = arena_make(STORED_ARENA_BYTES);
    const struct json *row;
    enum err e = json_read(bytes_str(text), &arena, &row);
    if (e == ERR_MEMORY) return e;
    if (e != OK || !json_is(row, JSON_OBJECT)) return why_say(why, ERR_STORE, "a row that is no JSON object");
    for (const struct stored_field *f = fields; f->name; f++) {
        const struct json *j = json_get(row, f->name);
        if (j && !kinds[f->kind].read(j, (char *)to + f->offset, f->size))
            return why_say(why, ERR_STORE, "a row whose %s is not what it should be", f->name);
    }
    return OK;
}
