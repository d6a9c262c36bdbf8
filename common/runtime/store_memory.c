/* The store of a simulated agent: a sorted array, and an undo list for the open transaction. */
#include "common/runtime/store_ops.h"
#include <stdlib.h>
#include <string.h>

/* What one or more keys hold, and what must be put back when the transaction fails. */
struct value {
    size_t names;
    size_t n, cap;
    uint8_t *p; /* own, until it grows */
    uint8_t own[];
};
struct row {
    char *key;
    struct value *value; /* NULL: deleted in this transaction, whose end takes all such rows out at once */
};
struct undo {
    const char *key;     /* the row's */
    struct value *value; /* NULL: it was deleted, or fresh */
    size_t n;            /* of its bytes: it may have grown since */
    bool fresh;          /* there was no row */
};
struct memory {
    struct row *rows;
    size_t n;
    size_t cap;
    size_t last; /* where a key was looked for last, which is often where the next is, too */
    size_t dead; /* no deleted row is before this one; SIZE_MAX: there is none */
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

static void let_go(struct value *v)
{
    if (v == NULL || --v->names > 0) return;
    if (v->p != v->own) free(v->p);
    free(v);
}
static void drop(struct value **v) { let_go(*v); }

static enum err value_new(struct bytes bytes, struct value **out)
{
    struct value *v = malloc(sizeof *v + bytes.n);
    if (v == NULL) return ERR_MEMORY;
    *v = (struct value){ .names = 1, .n = bytes.n, .cap = bytes.n, .p = v->own };
    if (bytes.n > 0) memcpy(v->p, bytes.p, bytes.n);
    *out = v;
    return OK;
}

static enum err value_add(struct value *v, struct bytes more)
{
    if (more.n > v->cap - v->n) {
        size_t cap = 2 * v->n + more.n;
        uint8_t *grown = malloc(cap);
        if (grown == NULL) return ERR_MEMORY;
        memcpy(grown, v->p, v->n);
        if (v->p != v->own) free(v->p);
        v->p = grown;
        v->cap = cap;
    }
    if (more.n > 0) memcpy(v->p + v->n, more.p, more.n);
    v->n += more.n;
    return OK;
}

static bool at(const struct memory *m, size_t i, const char *key)
{
    return i < m->n && strcmp(m->rows[i].key, key) == 0;
}

/* Index of the first row whose key is >= key. */
static size_t lower(struct memory *m, const char *key)
{
    size_t low = 0;
    size_t high = m->n;
    if (at(m, m->last, key)) return m->last;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(m->rows[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    m->last = low;
    return low;
}

static struct value *find(struct memory *m, const char *key)
{
    size_t i = lower(m, key);
    return at(m, i, key) ? m->rows[i].value : NULL;
}

static void take_row(struct memory *m, size_t i)
{
    free(m->rows[i].key);
    let_go(m->rows[i].value);
    memmove(&m->rows[i], &m->rows[i + 1], (--m->n - i) * sizeof *m->rows);
}

static void take_dead(struct memory *m)
{
    size_t kept = m->dead;
    for (size_t i = m->dead; i < m->n; i++) {
        if (m->rows[i].value)
            m->rows[kept++] = m->rows[i];
        else
            free(m->rows[i].key);
    }
    if (m->dead < m->n) m->n = kept;
    m->dead = SIZE_MAX;
}

static enum err insert_row(struct memory *m, size_t i, const char *key, struct value *v)
{
    TRY(room((void **)&m->rows, m->n, &m->cap, sizeof *m->rows));
    char *copy = strdup(key);
    if (copy == NULL) return ERR_MEMORY;
    memmove(&m->rows[i + 1], &m->rows[i], (m->n++ - i) * sizeof *m->rows);
    m->rows[i] = (struct row){ copy, v };
    v->names++;
    return OK;
}

/* What is there now can be put back; there is room. */
static void remember(struct memory *m, const struct row *row, bool fresh)
{
    struct value *v = fresh ? NULL : row->value;
    struct undo u = { .key = row->key, .value = v, .fresh = fresh };
    if (v) {
        v->names++;
        u.n = v->n;
    }
    m->undo[m->nundo++] = u;
}

static enum err undo_room(struct memory *m) { return room((void **)&m->undo, m->nundo, &m->cap_undo, sizeof *m->undo); }

static enum err set(struct memory *m, const char *key, struct value *v)
{
    size_t i = lower(m, key);
    TRY(undo_room(m));
    if (!at(m, i, key)) {
        TRY(insert_row(m, i, key, v));
        remember(m, &m->rows[i], true);
        return OK;
    }
    remember(m, &m->rows[i], false);
    v->names++;
    let_go(m->rows[i].value);
    m->rows[i].value = v;
    return OK;
}

static enum err memory_put(void *self, const char *key, struct bytes bytes)
{
    CLEANUP(drop) struct value *v = NULL;
    TRY(value_new(bytes, &v));
    return set(self, key, v);
}

/* Names given in this transaction are counted too, also those that only the undo list still gives. */
static bool shared(const struct memory *m, const struct value *v)
{
    size_t names = 0;
    for (size_t i = 0; i < m->n && names < 2; i++) names += m->rows[i].value == v;
    return names > 1;
}

static enum err memory_append(void *self, const char *key, struct bytes more)
{
    struct memory *m = self;
    size_t i = lower(m, key);
    struct value *v = at(m, i, key) ? m->rows[i].value : NULL;
    if (v == NULL) return memory_put(self, key, more);
    if (v->names > 1 && shared(m, v)) return ERR_STATE;
    TRY(undo_room(m));
    remember(m, &m->rows[i], false);
    return value_add(v, more);
}

static enum err memory_link(void *self, const char *from, const char *to)
{
    struct value *v = find(self, from);
    return v ? set(self, to, v) : ERR_ABSENT;
}

static enum err memory_del(void *self, const char *key)
{
    struct memory *m = self;
    size_t i = lower(m, key);
    if (!at(m, i, key) || m->rows[i].value == NULL) return OK;
    TRY(undo_room(m));
    remember(m, &m->rows[i], false);
    let_go(m->rows[i].value);
    m->rows[i].value = NULL;
    if (i < m->dead) m->dead = i;
    return OK;
}

static void undo_one(struct memory *m, struct undo *u)
{
    size_t i = lower(m, u->key);
    if (u->value) u->value->n = u->n;
    if (u->fresh)
        take_row(m, i);
    else {
        let_go(m->rows[i].value);
        m->rows[i].value = u->value;
    }
}

static void memory_rollback(void *self)
{
    struct memory *m = self;
    while (m->nundo > 0) undo_one(m, &m->undo[--m->nundo]);
    m->dead = SIZE_MAX;
}

static enum err memory_begin(void *self)
{
    (void)self;
    return OK;
}

static enum err memory_commit(void *self)
{
    struct memory *m = self;
    for (size_t i = 0; i < m->nundo; i++) let_go(m->undo[i].value);
    m->nundo = 0;
    take_dead(m);
    return OK;
}

static enum err memory_get(void *self, const char *key, struct buf *out)
{
    const struct value *v = find(self, key);
    if (v == NULL) return ERR_ABSENT;
    buf_add(out, v->p, v->n);
    return buf_err(out);
}

static enum err memory_size(void *self, const char *key, uint64_t *out)
{
    const struct value *v = find(self, key);
    if (v == NULL) return ERR_ABSENT;
    *out = v->n;
    return OK;
}

static enum err memory_read(void *self, const char *key, uint64_t offset, size_t n, void *out)
{
    const struct value *v = find(self, key);
    if (v == NULL) return ERR_ABSENT;
    memcpy(out, v->p + offset, n);
    return OK;
}

static enum err memory_next(void *self, const char *prefix, const char *from, bool after, struct buf *key,
                            struct buf *value)
{
    struct memory *m = self;
    size_t i = lower(m, from);
    if (after && at(m, i, from)) i++;
    while (i < m->n && m->rows[i].value == NULL) i++;
    if (i >= m->n || strncmp(m->rows[i].key, prefix, strlen(prefix)) != 0) return ERR_ABSENT;
    buf_add_z(key, m->rows[i].key);
    TRY(buf_err(key));
    if (value == NULL) return OK;
    buf_add(value, m->rows[i].value->p, m->rows[i].value->n);
    return buf_err(value);
}

static void memory_close(void *self)
{
    struct memory *m = self;
    for (size_t i = 0; i < m->n; i++) {
        free(m->rows[i].key);
        let_go(m->rows[i].value);
    }
    free(m->rows);
    free(m->undo);
    free(m);
}

enum err store_open_memory(struct store **out)
{
    static const struct store_ops ops = {
        .close = memory_close,
        .begin = memory_begin,
        .commit = memory_commit,
        .rollback = memory_rollback,
        .put = memory_put,
        .del = memory_del,
        .get = memory_get,
        .append = memory_append,
        .link = memory_link,
        .size = memory_size,
        .read = memory_read,
        .next = memory_next,
    };
    struct store *s = calloc(1, sizeof *s);
    struct memory *m = calloc(1, sizeof *m);
    if (s == NULL || m == NULL) {
        free(s);
        free(m);
        return ERR_MEMORY;
    }
    m->dead = SIZE_MAX;
    *s = (struct store){ .ops = &ops, .self = m };
    *out = s;
    return OK;
}
