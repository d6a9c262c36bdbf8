/* The store of a simulated agent: a sorted array, and an undo list for the open transaction. */
#include "common/runtime/store_ops.h"
#include <stdlib.h>
#include <string.h>

struct row {
    char *key;
    struct buf value;
};
struct undo {
    char *key;
    bool was_there;
    struct buf value;
};
struct memory {
    struct row *rows;
    size_t n;
    size_t cap;
    struct undo *undo;
    size_t nundo;
    size_t cap_undo;
};

/* Makes room for one more element in a growing array. */
static enum err room(void **array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return OK;
    size_t more = *cap ? *cap * 2 : 16;
    void *p = realloc(*array, more * size);
    if (p == NULL) return ERR_MEMORY;
    *array = p;
    *cap = more;
    return OK;
}

/* Index of the first row whose key is >= key. */
static size_t lower(const struct memory *m, const char *key)
{
    size_t low = 0;
    size_t high = m->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(m->rows[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool at(const struct memory *m, size_t i, const char *key)
{
    return i < m->n && strcmp(m->rows[i].key, key) == 0;
}

static void remove_row(struct memory *m, size_t i)
{
    free(m->rows[i].key);
    buf_free(&m->rows[i].value);
    memmove(&m->rows[i], &m->rows[i + 1], (--m->n - i) * sizeof *m->rows);
}

static enum err insert_row(struct memory *m, size_t i, const char *key, struct buf *take_value)
{
    TRY(room((void **)&m->rows, m->n, &m->cap, sizeof *m->rows));
    char *copy = strdup(key);
    if (copy == NULL) return ERR_MEMORY;
    memmove(&m->rows[i + 1], &m->rows[i], (m->n++ - i) * sizeof *m->rows);
    m->rows[i] = (struct row){ copy, *take_value };
    *take_value = buf_make(0);
    return OK;
}

static enum err copy_value(struct bytes value, struct buf *out)
{
    *out = buf_make(STORE_MAX_VALUE);
    buf_add(out, value.p, value.n);
    return buf_err(out);
}

/* Remembers what the key held; takes the old value away from the row when there is one. */
static enum err remember(struct memory *m, const char *key, size_t i)
{
    TRY(room((void **)&m->undo, m->nundo, &m->cap_undo, sizeof *m->undo));
    struct undo u = { .key = strdup(key), .was_there = at(m, i, key) };
    if (u.key == NULL) return ERR_MEMORY;
    if (u.was_there) {
        u.value = m->rows[i].value;
        m->rows[i].value = buf_make(STORE_MAX_VALUE);
    }
    m->undo[m->nundo++] = u;
    return OK;
}

static enum err memory_put(void *self, const char *key, struct bytes value)
{
    struct memory *m = self;
    struct buf copy CLEANUP(buf_free) = buf_make(0);
    TRY(copy_value(value, &copy));
    size_t i = lower(m, key);
    TRY(remember(m, key, i));
    if (!at(m, i, key)) return insert_row(m, i, key, &copy);
    m->rows[i].value = copy;
    copy = buf_make(0);
    return OK;
}

static enum err memory_del(void *self, const char *key)
{
    struct memory *m = self;
    size_t i = lower(m, key);
    if (!at(m, i, key)) return OK;
    TRY(remember(m, key, i));
    remove_row(m, i);
    return OK;
}

static void undo_one(struct memory *m, struct undo *u)
{
    size_t i = lower(m, u->key);
    if (at(m, i, u->key)) remove_row(m, i);
    if (u->was_there && insert_row(m, i, u->key, &u->value) != OK) abort(); /* the row's room was there before */
    free(u->key);
    buf_free(&u->value);
}

static void memory_rollback(void *self)
{
    struct memory *m = self;
    while (m->nundo > 0) undo_one(m, &m->undo[--m->nundo]);
}

static enum err memory_begin(void *self)
{
    (void)self;
    return OK;
}

static enum err memory_commit(void *self)
{
    struct memory *m = self;
    for (size_t i = 0; i < m->nundo; i++) {
        free(m->undo[i].key);
        buf_free(&m->undo[i].value);
    }
    m->nundo = 0;
    return OK;
}

static enum err memory_get(void *self, const char *key, struct buf *out)
{
    const struct memory *m = self;
    size_t i = lower(m, key);
    if (!at(m, i, key)) return ERR_ABSENT;
    buf_add(out, m->rows[i].value.p, m->rows[i].value.n);
    return buf_err(out);
}

static enum err memory_next(void *self, const char *prefix, const char *from, bool after, struct buf *key,
                            struct buf *value)
{
    const struct memory *m = self;
    size_t i = lower(m, from);
    if (after && at(m, i, from)) i++;
    if (i >= m->n || strncmp(m->rows[i].key, prefix, strlen(prefix)) != 0) return ERR_ABSENT;
    buf_add_z(key, m->rows[i].key);
    buf_add(value, m->rows[i].value.p, m->rows[i].value.n);
    TRY(buf_err(key));
    return buf_err(value);
}

static void memory_close(void *self)
{
    struct memory *m = self;
    for (size_t i = 0; i < m->n; i++) {
        free(m->rows[i].key);
        buf_free(&m->rows[i].value);
    }
    free(m->rows);
    free(m->undo);
    free(m);
}

enum err store_open_memory(struct store **out)
{
    static const struct store_ops ops = { memory_close, memory_begin, memory_commit, memory_rollback,
                                          memory_put,   memory_del,   memory_get,    memory_next };
    struct store *s = calloc(1, sizeof *s);
    struct memory *m = calloc(1, sizeof *m);
    if (s == NULL || m == NULL) {
        free(s);
        free(m);
        return ERR_MEMORY;
    }
    *s = (struct store){ .ops = &ops, .self = m };
    *out = s;
    return OK;
}
