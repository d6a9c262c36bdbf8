#include "common/wire/codec.h"
#include "common/base/json.h"
#include "common/wire/manifest_codec.h"
#include <math.h>
#include <string.h>

/* The envelope's own fields, before those of the message. */
enum { ENVELOPE_FIELDS = 10 };
static const char *const envelope[ENVELOPE_FIELDS] = { "version", "type",  "id",         "in_reply_to", "run",
                                                       "round",   "stage", "sent_at_ms", "ttl_ms",      "ack" };

/* In messages of that version. */
static bool stands(const struct msg_field *f, uint64_t version) { return f->since <= version; }

static enum err check_number(const struct msg_field *f, double v, struct why *why)
{
    bool whole = f->kind != FIELD_KIND_u64 || (floor(v) == v && v >= 0 && v <= SCHEMA_HUGE);
    if (!isfinite(v) || !whole || v < f->min || v > f->max)
        return why_say(why, ERR_PROTO, "%s: must be a %snumber between %g and %g", f->name,
                       f->kind == FIELD_KIND_u64 ? "whole " : "", f->min, f->max);
    return OK;
}

static enum err check_length(const struct msg_field *f, size_t n, const char *unit, struct why *why)
{
    if ((double)n < f->min || (double)n > f->max)
        return why_say(why, ERR_PROTO, "%s: %zu %s are not between %g and %g", f->name, n, unit, f->min, f->max);
    return OK;
}

/* ---- to JSON ---- */

static enum err add_vector(const struct msg_field *f, struct vec v, struct buf *out, struct why *why)
{
    TRY(check_length(f, v.n, "numbers", why));
    buf_add_z(out, "[");
    for (size_t i = 0; i < v.n; i++) {
        if (!isfinite(v.p[i])) return why_say(why, ERR_PROTO, "%s: number %zu is not finite", f->name, i);
        if (i > 0) buf_add_z(out, ",");
        json_add_number(out, v.p[i]);
    }
    buf_add_z(out, "]");
    return OK;
}

static bool stands_behind(const struct msg *m) { return (m->version ? m->version : SCHEMA_VERSION) >= SCHEMA_BEHIND; }

static enum err add_blob(const struct msg *m, const struct msg_field *f, struct blob b, struct buf *out,
                         struct why *why)
{
    if (b.manifest == NULL) return why_say(why, ERR_PROTO, "%s: the attachment has no manifest", f->name);
    TRY(check_length(f, b.manifest->bytes, "bytes", why));
    TRY(manifest_check(b.manifest, why));
    manifest_add_json(b.manifest, stands_behind(m), out);
    return OK;
}

static enum err add_number(const struct msg_field *f, double v, struct buf *out, struct why *why)
{
    TRY(check_number(f, v, why));
    json_add_number(out, v);
    return OK;
}

static enum err add_text(const struct msg_field *f, struct str s, struct buf *out, struct why *why)
{
    TRY(check_length(f, s.n, "bytes", why));
    if (!str_is_utf8(s) || (s.n > 0 && memchr(s.p, '\0', s.n)))
        return why_say(why, ERR_PROTO, "%s: is not UTF-8 text", f->name);
    json_add_text(out, s);
    return OK;
}

static enum err add_value(const struct msg *m, const struct msg_field *f, struct buf *out, struct why *why)
{
    const void *at = (const char *)m + f->offset;
    if (f->kind == FIELD_KIND_u64) return add_number(f, (double)*(const uint64_t *)at, out, why);
    if (f->kind == FIELD_KIND_f64) return add_number(f, *(const double *)at, out, why);
    if (f->kind == FIELD_KIND_vec) return add_vector(f, *(const struct vec *)at, out, why);
    if (f->kind == FIELD_KIND_blob) return add_blob(m, f, *(const struct blob *)at, out, why);
    return add_text(f, *(const struct str *)at, out, why);
}

static void add_name(struct buf *out, const char *name)
{
    json_add_text(out, str_of(name));
    buf_add_z(out, ":");
}

static void add_z(struct buf *out, const char *name, const char *z)
{
    add_name(out, name);
    json_add_text(out, str_of(z));
    buf_add_z(out, ",");
}

static void add_whole(struct buf *out, const char *name, uint64_t value)
{
    add_name(out, name);
    json_add_number(out, (double)value);
    buf_add_z(out, ",");
}

static void add_envelope(const struct msg *m, struct buf *out)
{
    buf_add_z(out, "{");
    add_whole(out, "version", m->version ? m->version : SCHEMA_VERSION);
    add_z(out, "type", msg_desc(m->type)->name);
    add_z(out, "id", m->id);
    add_z(out, "in_reply_to", m->in_reply_to);
    add_z(out, "run", m->run);
    add_whole(out, "round", m->round);
    add_z(out, "stage", m->stage);
    add_name(out, "sent_at_ms");
    json_add_number(out, (double)m->sent_at_ms);
    buf_add_z(out, ",");
    add_whole(out, "ttl_ms", m->ttl_ms);
    add_name(out, "ack");
    buf_add_z(out, "[");
    for (size_t i = 0; i < m->nacks; i++) {
        if (i > 0) buf_add_z(out, ",");
        json_add_text(out, m->acks[i]);
    }
    buf_add_z(out, "]");
}

/* Its attachment, which would only be taken apart for nothing inside. */
static void add_behind(const struct msg *m, struct buf *out)
{
    const struct blob *b = msg_blob((struct msg *)(uintptr_t)m);
    if (b == NULL || b->manifest->inline_.n == 0 || !stands_behind(m)) return;
    buf_add_z(out, "\n");
    buf_add_str(out, b->manifest->inline_);
}

enum err msg_encode(const struct msg *m, struct buf *out, struct why *why)
{
    const struct msg_desc *d = msg_desc(m->type);
    size_t before = out->n;
    if (d == NULL || m->nacks > MSG_MAX_ACKS)
        return why_say(why, ERR_PROTO, "the message has no type, or too many acks");
    if (m->version && m->version < d->since)
        return why_say(why, ERR_PROTO, "%s came with version %u of the schema; the receiver speaks %llu: update it",
                       d->name, d->since, (unsigned long long)m->version);
    add_envelope(m, out);
    enum err e = OK;
    for (size_t i = 0; e == OK && i < d->nfields; i++) {
        if (!stands(&d->fields[i], m->version ? m->version : SCHEMA_VERSION)) continue;
        buf_add_z(out, ",");
        add_name(out, d->fields[i].name);
        e = add_value(m, &d->fields[i], out, why);
    }
    buf_add_z(out, "}");
    if (e == OK) add_behind(m, out);
    if (e == OK) e = buf_err(out);
    if (e != OK && out->p) { /* half a message is none */
        out->n = before;
        out->p[before] = '\0';
    }
    return e;
}

/* ---- from JSON ---- */

struct source {
    const struct json *json;
    struct str behind;
    struct arena *arena;
};

static enum err read_str(const struct msg_field *f, const struct json *item, struct arena *arena, struct str *out,
                         struct why *why)
{
    if (!json_is(item, JSON_TEXT)) return why_say(why, ERR_PROTO, "%s: must be a text", f->name);
    TRY(check_length(f, item->text.n, "bytes", why));
    *out = arena_str(arena, item->text);
    return out->p ? OK : ERR_MEMORY;
}

static enum err read_vec(const struct msg_field *f, const struct json *item, struct arena *arena, struct vec *out,
                         struct why *why)
{
    if (!json_is(item, JSON_LIST)) return why_say(why, ERR_PROTO, "%s: must be a list of numbers", f->name);
    size_t n = item->count;
    TRY(check_length(f, n, "numbers", why));
    double *p = arena_array(arena, n + 1, sizeof *p);
    if (p == NULL) return ERR_MEMORY;
    size_t i = 0;
    for (const struct json *one = item->first; one; one = one->next) {
        if (!json_is(one, JSON_NUMBER) || !isfinite(one->number))
            return why_say(why, ERR_PROTO, "%s: number %zu is not a finite number", f->name, i);
        p[i++] = one->number;
    }
    *out = (struct vec){ p, n };
    return OK;
}

static enum err read_blob(const struct msg_field *f, const struct json *item, const struct source *from, struct msg *to,
                          struct why *why)
{
    struct manifest *m = arena_alloc(from->arena, sizeof *m);
    if (m == NULL) return ERR_MEMORY;
    TRY(manifest_from_json(item, stands_behind(to) ? &from->behind : NULL, from->arena, m, why));
    TRY(check_length(f, m->bytes, "bytes", why));
    *msg_blob(to) = (struct blob){ .manifest = m };
    return OK;
}

static enum err read_number(const struct msg_field *f, const struct json *item, void *at, struct why *why)
{
    if (!json_is(item, JSON_NUMBER)) return why_say(why, ERR_PROTO, "%s: must be a number", f->name);
    TRY(check_number(f, item->number, why));
    if (f->kind == FIELD_KIND_u64)
        *(uint64_t *)at = (uint64_t)item->number;
    else
        *(double *)at = item->number;
    return OK;
}

static enum err read_field(const struct msg_field *f, const struct source *from, struct msg *m, struct why *why)
{
    const struct json *item = json_get(from->json, f->name);
    void *at = (char *)m + f->offset;
    if (item == NULL) return why_say(why, ERR_PROTO, "%s: is missing", f->name);
    if (f->kind == FIELD_KIND_str || f->kind == FIELD_KIND_text) return read_str(f, item, from->arena, at, why);
    if (f->kind == FIELD_KIND_vec) return read_vec(f, item, from->arena, at, why);
    if (f->kind == FIELD_KIND_blob) return read_blob(f, item, from, m, why);
    return read_number(f, item, at, why);
}

static enum err fixed(const struct json *json, const char *name, char *out, size_t size, struct why *why)
{
    const struct json *item = json_get(json, name);
    if (!json_is(item, JSON_TEXT) || str_copy(item->text, out, size) != OK)
        return why_say(why, ERR_PROTO, "%s: must be a text of at most %zu bytes", name, size - 1);
    return OK;
}

static enum err whole(const struct json *json, const char *name, double max, uint64_t *out, struct why *why)
{
    struct msg_field f = { .name = name, .kind = FIELD_KIND_u64, .max = max };
    const struct json *item = json_get(json, name);
    if (item == NULL) return why_say(why, ERR_PROTO, "%s: is missing", name);
    return read_number(&f, item, out, why);
}

static enum err read_acks(const struct json *json, struct arena *arena, struct msg *m, struct why *why)
{
    const struct msg_field f = { .name = "ack", .kind = FIELD_KIND_str, .min = 1, .max = MSG_ID_BYTES - 1 };
    const struct json *list = json_get(json, "ack");
    if (!json_is(list, JSON_LIST) || list->count > MSG_MAX_ACKS)
        return why_say(why, ERR_PROTO, "ack: must be a list of at most %d ids", MSG_MAX_ACKS);
    for (const struct json *one = list->first; one; one = one->next)
        TRY(read_str(&f, one, arena, &m->acks[m->nacks++], why));
    return OK;
}

/* Before anything else: another version may have other fields. */
static enum err read_version(const struct json *json, uint64_t *out, struct why *why)
{
    uint64_t version = 0;
    TRY(whole(json, "version", SCHEMA_HUGE, &version, why));
    if (version > SCHEMA_VERSION)
        return why_say(why, ERR_PROTO, "version: %llu is newer than %d, the newest known here: update the receiver",
                       (unsigned long long)version, SCHEMA_VERSION);
    if (version < SCHEMA_MIN_VERSION)
        return why_say(why, ERR_PROTO, "version: %llu is older than %d, the oldest known here: update the sender",
                       (unsigned long long)version, SCHEMA_MIN_VERSION);
    *out = version;
    return OK;
}

static enum err read_envelope(const struct json *json, struct arena *arena, struct msg *m, struct why *why)
{
    uint64_t sent_at = 0;
    TRY(fixed(json, "id", m->id, sizeof m->id, why));
    TRY(fixed(json, "in_reply_to", m->in_reply_to, sizeof m->in_reply_to, why));
    TRY(fixed(json, "run", m->run, sizeof m->run, why));
    TRY(whole(json, "round", MSG_MAX_ROUND, &m->round, why));
    TRY(fixed(json, "stage", m->stage, sizeof m->stage, why));
    TRY(whole(json, "sent_at_ms", SCHEMA_HUGE, &sent_at, why));
    TRY(whole(json, "ttl_ms", SCHEMA_HUGE, &m->ttl_ms, why));
    m->sent_at_ms = (int64_t)sent_at;
    return read_acks(json, arena, m, why);
}

/* As a rule they stand in the order in which they are written. */
static bool is_field(size_t i, struct str name, const struct msg_desc *d, uint64_t version)
{
    if (i < ENVELOPE_FIELDS) return str_is(name, envelope[i]);
    i -= ENVELOPE_FIELDS;
    return i < d->nfields && str_is(name, d->fields[i].name) && stands(&d->fields[i], version);
}

static bool expected(struct str name, const struct msg_desc *d, uint64_t version)
{
    for (size_t i = 0; i < d->nfields + ENVELOPE_FIELDS; i++)
        if (is_field(i, name, d, version)) return true;
    return false;
}

/* With every expected field present once, the right count leaves no room for unknown or repeated ones. */
static enum err check_names(const struct json *json, const struct msg_desc *d, uint64_t version, struct why *why)
{
    size_t wanted = ENVELOPE_FIELDS;
    size_t at = 0;
    for (size_t i = 0; i < d->nfields; i++) wanted += stands(&d->fields[i], version);
    for (const struct json *item = json->first; item; item = item->next, at++)
        if (!is_field(at, item->name, d, version) && !expected(item->name, d, version))
            return why_say(why, ERR_PROTO, "%.*s: is not a field of %s", (int)(item->name.n < 60 ? item->name.n : 60),
                           item->name.p, d->name);
    if (json->count != wanted) return why_say(why, ERR_PROTO, "%s: a field is missing or repeated", d->name);
    return OK;
}

static enum err check_behind(const struct source *from, struct msg *m, struct why *why)
{
    const struct blob *b = msg_blob(m);
    if (from->behind.n == 0 || (b && b->manifest->inline_.n > 0 && stands_behind(m))) return OK;
    return why_say(why, ERR_PROTO, "%zu characters follow the message that are no part of it", from->behind.n);
}

static enum err read_message(const struct source *from, struct msg *out, struct msg_hint *hint, struct why *why)
{
    const struct json *json = from->json;
    struct msg m = { 0 };
    TRY(fixed(json, "id", hint->id, sizeof hint->id, why));
    TRY(fixed(json, "type", hint->type, sizeof hint->type, why));
    TRY(read_version(json, &m.version, why));
    m.type = msg_type_of(str_of(hint->type));
    const struct msg_desc *d = msg_desc(m.type);
    if (d == NULL || m.version < d->since)
        return why_say(why, ERR_PROTO, "type: %s is not known here, or not in this version", hint->type);
    TRY(check_names(json, d, m.version, why));
    TRY(read_envelope(json, from->arena, &m, why));
    for (size_t i = 0; i < d->nfields; i++)
        if (stands(&d->fields[i], m.version)) TRY(read_field(&d->fields[i], from, &m, why));
    TRY(check_behind(from, &m, why));
    *out = m;
    return OK;
}

/* An object ends with the last brace, which base64 has none of.  What follows the newline after it. */
static struct str cut_behind(struct str *text)
{
    struct str rest = *text;
    while (rest.n > 0) {
        size_t line = str_next(&rest, '\n').n;
        if (line == 0 || rest.n == 0 || rest.p[-2] != '}' || memchr(rest.p, '}', rest.n)) continue;
        text->n -= rest.n + 1;
        return rest;
    }
    return (struct str){ 0 };
}

enum err msg_decode(struct str text, struct arena *arena, struct msg *out, struct msg_hint *hint, struct why *why)
{
    struct msg_hint local = { 0 };
    struct source from = { .arena = arena };
    if (text.n > MSG_MAX_BYTES) return why_say(why, ERR_PROTO, "the message is longer than %d bytes", MSG_MAX_BYTES);
    from.behind = cut_behind(&text);
    if (!str_is_utf8(text)) return why_say(why, ERR_PROTO, "the message is not UTF-8 text");
    enum err e = json_read(text, arena, &from.json);
    if (e == ERR_MEMORY) return e;
    if (e != OK || !json_is(from.json, JSON_OBJECT))
        return why_say(why, ERR_PROTO, "the message is not one JSON object");
    e = read_message(&from, out, &local, why);
    if (hint) *hint = local;
    return e;
}
