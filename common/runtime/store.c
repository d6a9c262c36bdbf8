#include "common/runtime/store_ops.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

void store_close(struct store *s)
{
    if (s == NULL) return;
    store_rollback(s);
    s->ops->close(s->self);
    free(s);
}

enum err store_begin(struct store *s)
{
    assert(!s->open);
    TRY(s->ops->begin(s->self));
    s->open = true;
    return OK;
}

enum err store_commit(struct store *s)
{
    assert(s->open);
    enum err e = s->ops->commit(s->self);
    if (e != OK) s->ops->rollback(s->self);
    s->open = false;
    return e;
}

const char *store_trouble(const struct store *s) { return s->ops->trouble ? s->ops->trouble(s->self) : ""; }

void store_rollback(struct store *s)
{
    if (!s->open) return;
    s->ops->rollback(s->self);
    s->open = false;
}

static bool usable(const char *key)
{
    size_t n = strlen(key);
    return n > 0 && n <= STORE_MAX_KEY;
}

enum err store_put(struct store *s, const char *key, struct bytes value)
{
    assert(s->open);
    if (!usable(key) || value.n > STORE_MAX_VALUE) return ERR_LIMIT;
    return s->ops->put(s->self, key, value);
}

enum err store_del(struct store *s, const char *key)
{
    assert(s->open);
    return usable(key) ? s->ops->del(s->self, key) : ERR_LIMIT;
}

enum err store_get(struct store *s, const char *key, struct buf *out)
{
    return usable(key) ? s->ops->get(s->self, key, out) : ERR_ABSENT;
}

enum err store_append(struct store *s, const char *key, struct bytes more)
{
    uint64_t n = 0;
    assert(s->open);
    if (!usable(key)) return ERR_LIMIT;
    enum err e = s->ops->size(s->self, key, &n);
    if (e != OK && e != ERR_ABSENT) return e;
    if (more.n > STORE_MAX_VALUE - n) return ERR_LIMIT;
    return s->ops->append(s->self, key, more);
}

enum err store_link(struct store *s, const char *from, const char *to)
{
    assert(s->open);
    if (!usable(to)) return ERR_LIMIT;
    if (!usable(from)) return ERR_ABSENT;
    return strcmp(from, to) == 0 ? OK : s->ops->link(s->self, from, to);
}

enum err store_size(struct store *s, const char *key, uint64_t *out)
{
    return usable(key) ? s->ops->size(s->self, key, out) : ERR_ABSENT;
}

enum err store_read(struct store *s, const char *key, uint64_t offset, size_t n, void *out)
{
    return usable(key) ? s->ops->read(s->self, key, offset, n, out) : ERR_ABSENT;
}

bool store_has(struct store *s, const char *key)
{
    uint64_t size;
    return store_size(s, key, &size) == OK;
}

/* The next row of a scan; *from becomes its key. */
static enum err step(struct store *s, const char *prefix, struct buf *from, bool after, struct buf *value)
{
    struct buf key CLEANUP(buf_free) = buf_make(STORE_MAX_KEY);
    TRY(s->ops->next(s->self, prefix, (const char *)from->p, after, &key, value));
    buf_clear(from);
    buf_add_str(from, buf_str(&key));
    return buf_err(from);
}

static enum err first(const char *prefix, struct buf *from)
{
    buf_add_z(from, prefix);
    return buf_err(from);
}

enum err store_scan(struct store *s, const char *prefix, store_scan_fn *fn, void *to)
{
    struct buf key CLEANUP(buf_free) = buf_make(STORE_MAX_KEY);
    TRY(first(prefix, &key));
    for (bool after = false;; after = true) {
        struct buf value CLEANUP(buf_free) = buf_make(STORE_MAX_VALUE);
        enum err e = step(s, prefix, &key, after, &value);
        if (e == ERR_ABSENT) return OK;
        TRY(e);
        TRY(fn(to, (const char *)key.p, buf_bytes(&value)));
    }
}

enum err store_scan_keys(struct store *s, const char *prefix, store_key_fn *fn, void *to)
{
    struct buf key CLEANUP(buf_free) = buf_make(STORE_MAX_KEY);
    TRY(first(prefix, &key));
    for (bool after = false;; after = true) {
        enum err e = step(s, prefix, &key, after, NULL);
        if (e == ERR_ABSENT) return OK;
        TRY(e);
        TRY(fn(to, (const char *)key.p));
    }
}

static enum err del_one(void *self, const char *key) { return store_del(self, key); }

enum err store_del_prefix(struct store *s, const char *prefix) { return store_scan_keys(s, prefix, del_one, s); }
