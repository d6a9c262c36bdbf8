#include "common/base/json.h"
#include "common/wire/manifest_codec.h"
#include <math.h>
#include <string.h>

enum { CHUNK_OVERHEAD_MAX = 64 };
#define BYTES_MAX 4e9

static bool is_digest(const char *hex)
{
    size_t n = strlen(hex);
    for (size_t i = 0; i < n; i++)
        if (!(hex[i] >= '0' && hex[i] <= '9') && !(hex[i] >= 'a' && hex[i] <= 'f')) return false;
    return n == MANIFEST_HEX_BYTES - 1;
}

static enum err too_many_chunks(size_t n, struct why *why)
{
    return why_say(why, ERR_PROTO, "attachment: %zu chunks, and at most %d are taken", n, MANIFEST_MAX_CHUNKS);
}

static enum err check_chunks(const struct manifest *m, struct why *why)
{
    uint64_t expected = m->bytes / MANIFEST_CHUNK_BYTES + (m->bytes % MANIFEST_CHUNK_BYTES != 0);
    if (m->nchunks > MANIFEST_MAX_CHUNKS) return too_many_chunks(m->nchunks, why);
    if (m->nchunks != expected)
        return why_say(why, ERR_PROTO, "attachment: %zu chunks for %llu bytes", m->nchunks,
                       (unsigned long long)m->bytes);
    for (size_t i = 0; i < m->nchunks; i++) {
        const struct manifest_chunk *c = &m->chunks[i];
        if (!is_digest(c->sha256) || c->bytes == 0 || c->bytes > MANIFEST_CHUNK_BYTES + CHUNK_OVERHEAD_MAX)
            return why_say(why, ERR_PROTO, "attachment: chunk %zu has a bad digest or size", i);
        if (c->url.n == 0 || c->url.n > MANIFEST_MAX_URL)
            return why_say(why, ERR_PROTO, "attachment: chunk %zu has no usable url", i);
    }
    return OK;
}

enum err manifest_check(const struct manifest *m, struct why *why)
{
    if (!is_digest(m->sha256)) return why_say(why, ERR_PROTO, "attachment: sha256 is not 64 lower-case hex digits");
    if (m->bytes == 0 || (double)m->bytes > BYTES_MAX)
        return why_say(why, ERR_PROTO, "attachment: bytes is out of range");
    if (m->key.n == 0 || m->key.n > MANIFEST_MAX_KEY)
        return why_say(why, ERR_PROTO, "attachment: key is missing or too long");
    if (m->inline_.n > MANIFEST_MAX_INLINE) return why_say(why, ERR_PROTO, "attachment: inline is too long");
    if ((m->inline_.n > 0) == (m->nchunks > 0))
        return why_say(why, ERR_PROTO, "attachment: inline or chunks, one of them");
    return m->nchunks > 0 ? check_chunks(m, why) : OK;
}

static void add_pair(struct buf *out, const char *before, struct str text)
{
    buf_add_z(out, before);
    json_add_text(out, text);
}

static void add_chunks(const struct manifest *m, struct buf *out)
{
    buf_add_z(out, ",\"chunks\":[");
    for (size_t i = 0; i < m->nchunks; i++) {
        const struct manifest_chunk *c = &m->chunks[i];
        add_pair(out, i ? ",{\"sha256\":" : "{\"sha256\":", str_of(c->sha256));
        buf_add_z(out, ",\"bytes\":");
        buf_add_u64(out, c->bytes);
        add_pair(out, ",\"url\":", c->url);
        buf_add_z(out, "}");
    }
    buf_add_z(out, "]");
}

static void add_inline(const struct manifest *m, bool behind, struct buf *out)
{
    buf_add_z(out, ",\"inline\":");
    if (behind)
        buf_add_u64(out, m->inline_.n);
    else
        json_add_text(out, m->inline_);
}

void manifest_add_json(const struct manifest *m, bool behind, struct buf *out)
{
    add_pair(out, "{\"media\":", str_of(m->media));
    buf_add_z(out, ",\"bytes\":");
    buf_add_u64(out, m->bytes);
    add_pair(out, ",\"sha256\":", str_of(m->sha256));
    add_pair(out, ",\"key\":", m->key);
    if (m->nchunks > 0)
        add_chunks(m, out);
    else
        add_inline(m, behind, out);
    buf_add_z(out, "}");
}

static enum err text_of(const struct json *json, const char *key, struct str *out, struct why *why)
{
    const struct json *item = json_get(json, key);
    if (!json_is(item, JSON_TEXT)) return why_say(why, ERR_PROTO, "attachment: %s must be a text", key);
    *out = item->text;
    return OK;
}

static enum err fixed_of(const struct json *json, const char *key, char *out, size_t size, struct why *why)
{
    struct str s = { 0 };
    TRY(text_of(json, key, &s, why));
    if (str_copy(s, out, size) != OK) return why_say(why, ERR_PROTO, "attachment: %s is too long", key);
    return OK;
}

static enum err bytes_field(const struct json *json, uint64_t *out, struct why *why)
{
    const struct json *item = json_get(json, "bytes");
    double v = json_is(item, JSON_NUMBER) ? item->number : -1;
    if (!(v >= 0 && v <= BYTES_MAX && floor(v) == v))
        return why_say(why, ERR_PROTO, "attachment: bytes must be a whole number");
    *out = (uint64_t)v;
    return OK;
}

static enum err chunk_from_json(const struct json *json, struct arena *arena, struct manifest_chunk *out,
                                struct why *why)
{
    struct str url = { 0 };
    if (!json_is(json, JSON_OBJECT) || json->count != 3)
        return why_say(why, ERR_PROTO, "attachment: a chunk has sha256, bytes and url");
    TRY(fixed_of(json, "sha256", out->sha256, sizeof out->sha256, why));
    TRY(bytes_field(json, &out->bytes, why));
    TRY(text_of(json, "url", &url, why));
    out->url = arena_str(arena, url);
    return out->url.p ? OK : ERR_MEMORY;
}

static enum err chunks_from_json(const struct json *list, struct arena *arena, struct manifest *out, struct why *why)
{
    if (!json_is(list, JSON_LIST) || list->count < 1)
        return why_say(why, ERR_PROTO, "attachment: chunks must be a list");
    if (list->count > MANIFEST_MAX_CHUNKS) return too_many_chunks(list->count, why);
    out->chunks = arena_array(arena, list->count, sizeof *out->chunks);
    if (out->chunks == NULL) return ERR_MEMORY;
    for (const struct json *one = list->first; one; one = one->next)
        TRY(chunk_from_json(one, arena, &out->chunks[out->nchunks++], why));
    return OK;
}

static enum err inline_of(const struct json *json, const struct str *behind, struct str *out, struct why *why)
{
    const struct json *item = json_get(json, "inline");
    if (behind == NULL) return text_of(json, "inline", out, why);
    if (!json_is(item, JSON_NUMBER) || !(item->number >= (double)behind->n && item->number <= (double)behind->n))
        return why_say(why, ERR_PROTO, "attachment: inline must be how many characters follow the message: %zu do",
                       behind->n);
    *out = *behind;
    return OK;
}

enum err manifest_from_json(const struct json *json, const struct str *behind, struct arena *arena,
                            struct manifest *out, struct why *why)
{
    struct manifest m = { 0 };
    struct str s = { 0 };
    const struct json *chunks = json_get(json, "chunks");
    if (!json_is(json, JSON_OBJECT) || json->count != 5)
        return why_say(why, ERR_PROTO, "attachment: must have media, bytes, sha256, key, and inline or chunks");
    TRY(fixed_of(json, "media", m.media, sizeof m.media, why));
    TRY(fixed_of(json, "sha256", m.sha256, sizeof m.sha256, why));
    TRY(bytes_field(json, &m.bytes, why));
    TRY(text_of(json, "key", &s, why));
    m.key = arena_str(arena, s);
    if (chunks)
        TRY(chunks_from_json(chunks, arena, &m, why));
    else {
        TRY(inline_of(json, behind, &s, why));
        m.inline_ = arena_str(arena, s);
    }
    if (m.key.p == NULL || (!chunks && m.inline_.p == NULL)) return ERR_MEMORY;
    TRY(manifest_check(&m, why));
    *out = m;
    return OK;
}
