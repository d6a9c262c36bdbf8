#include "common/base/json_read.h"
#include "common/base/text.h"
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

enum { NUMBER_CHARS = 64, EXACT_DIGITS = 15 };

/* ---- memory for yajl, which does not survive an allocation that fails ---- */

/* It keeps a handle, a lexer and a stack of a byte a level, below POOL_FIXED together; and two buffers of at most the
 * text's length, each doubled from 2 kB.  Never giving back, a doubled buffer takes below 4 times what it holds. */
enum { POOL_FIXED = 16 << 10, POOL_TIMES = 8, POOL_ALIGN = 16 };
struct pool {
    uint8_t *bytes;
    size_t used, size;
};

static void *pool_take(void *self, size_t n)
{
    struct pool *p = self;
    size_t need = POOL_ALIGN + (n + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
    if (need > p->size - p->used) abort();
    uint8_t *at = p->bytes + p->used;
    memcpy(at, &n, sizeof n);
    p->used += need;
    return at + POOL_ALIGN;
}

static void *pool_again(void *self, void *old, size_t n)
{
    size_t had = 0;
    void *at = pool_take(self, n);
    if (old == NULL) return at;
    memcpy(&had, (uint8_t *)old - POOL_ALIGN, sizeof had);
    memcpy(at, old, had < n ? had : n);
    return at;
}

static void pool_keep(void *self, void *old) { (void)self, (void)old; }

/* ---- nodes ---- */

struct level {
    struct json *parent;
    struct json *last;
};
struct reader {
    struct str text;
    struct arena *arena;
    struct level levels[JSON_MAX_DEPTH + 1]; /* the first holds the value itself */
    size_t depth;
    struct str name; /* of the next member */
    struct json top;
    enum err err;
};

static int fail(struct reader *r, enum err e)
{
    r->err = e;
    return 0;
}

static struct json *add(struct reader *r, enum json_kind kind)
{
    struct level *in = &r->levels[r->depth];
    struct json *j = arena_alloc(r->arena, sizeof *j);
    if (j == NULL) return r->err = ERR_MEMORY, NULL;
    j->kind = kind;
    j->name = r->name;
    r->name = (struct str){ 0 };
    if (in->last)
        in->last->next = j;
    else
        in->parent->first = j;
    in->last = j;
    in->parent->count++;
    return j;
}

static int open_level(struct reader *r, enum json_kind kind)
{
    if (r->depth == JSON_MAX_DEPTH) return fail(r, ERR_INPUT);
    struct json *j = add(r, kind);
    if (j == NULL) return 0;
    r->levels[++r->depth] = (struct level){ .parent = j };
    return 1;
}

/* What yajl had to decode is in a buffer of its own, and may be no text. */
static int keep(struct reader *r, const unsigned char *p, size_t n, struct str *out)
{
    struct str s = { (const char *)p, n };
    bool is_view = s.p >= r->text.p && s.p < r->text.p + r->text.n;
    if (!is_view && (!str_is_utf8(s) || (n > 0 && memchr(p, '\0', n)))) return fail(r, ERR_INPUT);
    *out = is_view ? s : arena_str(r->arena, s);
    return out->p || n == 0 ? 1 : fail(r, ERR_MEMORY);
}

static int on_null(void *self) { return add(self, JSON_NULL) != NULL; }
static int on_boolean(void *self, int yes) { return add(self, yes ? JSON_TRUE : JSON_FALSE) != NULL; }

/* Counts and sizes, by far the most, are exact without strtod. */
static bool small_whole(struct str s, double *out)
{
    uint64_t value = 0;
    if (s.n > EXACT_DIGITS || str_u64(s, &value) != OK) return false;
    *out = (double)value;
    return true;
}

static int on_number(void *self, const char *p, size_t n)
{
    struct reader *r = self;
    char text[NUMBER_CHARS];
    double value = 0;
    if (!small_whole((struct str){ p, n }, &value)) {
        if (str_copy((struct str){ p, n }, text, sizeof text) != OK) return fail(r, ERR_INPUT);
        value = strtod(text, NULL);
    }
    struct json *j = add(r, JSON_NUMBER);
    if (j == NULL) return 0;
    j->number = value;
    return 1;
}

static int on_text(void *self, const unsigned char *p, size_t n)
{
    struct json *j = add(self, JSON_TEXT);
    return j != NULL && keep(self, p, n, &j->text);
}

static int on_name(void *self, const unsigned char *p, size_t n)
{
    struct reader *r = self;
    return keep(r, p, n, &r->name);
}

static int on_object(void *self) { return open_level(self, JSON_OBJECT); }
static int on_list(void *self) { return open_level(self, JSON_LIST); }
static int on_close(void *self)
{
    struct reader *r = self;
    r->depth--;
    return 1;
}

static enum err read_all(struct reader *r, struct pool *pool)
{
    static const yajl_callbacks callbacks = { .yajl_null = on_null,
                                              .yajl_boolean = on_boolean,
                                              .yajl_number = on_number,
                                              .yajl_string = on_text,
                                              .yajl_start_map = on_object,
                                              .yajl_map_key = on_name,
                                              .yajl_end_map = on_close,
                                              .yajl_start_array = on_list,
                                              .yajl_end_array = on_close };
    yajl_alloc_funcs memory = { pool_take, pool_again, pool_keep, pool };
    yajl_handle y = yajl_alloc(&callbacks, &memory, r);
    r->levels[0].parent = &r->top;
    yajl_status s = yajl_parse(y, (const unsigned char *)r->text.p, r->text.n);
    if (s == yajl_status_ok) s = yajl_complete_parse(y);
    yajl_free(y);
    if (r->err != OK) return r->err;
    return s == yajl_status_ok ? OK : ERR_INPUT;
}

enum err json_read(struct str text, struct arena *arena, const struct json **out)
{
    struct reader r = { .text = text, .arena = arena };
    struct pool pool = { .size = POOL_FIXED + POOL_TIMES * text.n };
    pool.bytes = malloc(pool.size);
    if (pool.bytes == NULL) return ERR_MEMORY;
    enum err e = read_all(&r, &pool);
    free(pool.bytes);
    if (e == OK) *out = r.top.first;
    return e;
}

bool json_is(const struct json *j, enum json_kind kind) { return j != NULL && j->kind == kind; }

const struct json *json_get(const struct json *j, const char *name)
{
    size_t n = strlen(name);
    for (const struct json *m = json_is(j, JSON_OBJECT) ? j->first : NULL; m; m = m->next)
        if (m->name.n == n && memcmp(m->name.p, name, n) == 0) return m;
    return NULL;
}
