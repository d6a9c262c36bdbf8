/* The store of a simulated agent: sorted rows in leaves, so that to put one in moves few, and an undo list for the open
 * transaction. */
#include "common/runtime/store_ops.h"
#include <stdlib.h>
#include <string.h>

enum { LEAF_ROWS = 128 };

/* What one or more keys hold, and what must be put back when the transaction fails. */
struct value {
    size_t names;
    size_t n, cap;
    uint8_t *p; /* own, until it grows */
    uint8_t own[];
};
struct row {
    char *key;
    struct value *value; /* NULL: deleted in this transaction, whose end takes the row out */
};
struct leaf {
    size_t n; /* >= 1 */
    struct row rows[LEAF_ROWS];
};
struct undo {
    const char *key;     /* the row's */
    struct value *value; /* NULL: it was deleted, or fresh */
    size_t n;            /* of its bytes: it may have grown since */
    bool fresh;          /* there was no row */
    char *taken;         /* owned: the key of the row that the transaction's end took out */
};
struct place {
    size_t leaf, row; /* row: may be the leaf's n, for what is to come behind all in it */
};
struct memory {
    struct leaf **leaves; /* owned, sorted */
    size_t n;
    size_t cap;
    struct place last; /* where a key was looked for last, which is often where the next is, too */
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

static struct row *row_at(const struct memory *m, struct place p) { return &m->leaves[p.leaf]->rows[p.row]; }

static bool is_row(const struct memory *m, struct place p) { return p.leaf < m->n && p.row < m->leaves[p.leaf]->n; }

static bool at(const struct memory *m, struct place p, const char *key)
{
    return is_row(m, p) && strcmp(row_at(m, p)->key, key) == 0;
}

/* The last leaf that does not begin behind the key; else the first. */
static size_t leaf_of(const struct memory *m, const char *key)
{
    size_t low = 0;
    size_t high = m->n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(m->leaves[middle]->rows[0].key, key) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Where the key's row is, or would be. */
static struct place lower(struct memory *m, const char *key)
{
    if (at(m, m->last, key)) return m->last;
    struct place p = { .leaf = leaf_of(m, key) };
    size_t high = p.leaf < m->n ? m->leaves[p.leaf]->n : 0;
    while (p.row < high) {
        size_t middle = p.row + (high - p.row) / 2;
        if (strcmp(m->leaves[p.leaf]->rows[middle].key, key) < 0)
            p.row = middle + 1;
        else
            high = middle;
    }
    m->last = p;
    return p;
}

static struct value *find(struct memory *m, const char *key)
{
    struct place p = lower(m, key);
    return at(m, p, key) ? row_at(m, p)->value : NULL;
}

static void move_leaves(struct memory *m, size_t to, size_t from)
{
    memmove(&m->leaves[to], &m->leaves[from], (m->n - from) * sizeof(struct leaf *));
    m->n = m->n + to - from;
}

/* Gives the key to the caller. */
static char *take_row(struct memory *m, struct place p)
{
    struct leaf *l = m->leaves[p.leaf];
    char *key = l->rows[p.row].key;
    let_go(l->rows[p.row].value);
    l->n--;
    memmove(&l->rows[p.row], &l->rows[p.row + 1], (l->n - p.row) * sizeof *l->rows);
    if (l->n > 0) return key;
    free(l);
    move_leaves(m, p.leaf, p.leaf + 1);
    return key;
}

/* Puts a leaf behind this one, with half of its rows. */
static enum err split(struct memory *m, size_t i)
{
    struct leaf *l = m->leaves[i];
    TRY(room((void **)&m->leaves, m->n, &m->cap, sizeof *m->leaves));
    struct leaf *more = malloc(sizeof *more);
    if (more == NULL) return ERR_MEMORY;
    more->n = l->n / 2;
    l->n -= more->n;
    memcpy(more->rows, &l->rows[l->n], more->n * sizeof *more->rows);
    move_leaves(m, i + 1, i);
    m->leaves[i] = l;
    m->leaves[i + 1] = more;
    return OK;
}

static enum err first_leaf(struct memory *m)
{
    TRY(room((void **)&m->leaves, m->n, &m->cap, sizeof *m->leaves));
    m->leaves[0] = calloc(1, sizeof *m->leaves[0]);
    if (m->leaves[0] == NULL) return ERR_MEMORY;
    m->n = 1;
    return OK;
}

/* Where a row may be put in; p is the key's place. */
static enum err make_place(struct memory *m, const char *key, struct place *p)
{
    if (m->n == 0) return first_leaf(m);
    if (m->leaves[p->leaf]->n < LEAF_ROWS) return OK;
    TRY(split(m, p->leaf));
    *p = lower(m, key);
    return OK;
}

static enum err insert_row(struct memory *m, struct place *p, const char *key, struct value *v)
{
    char *copy = strdup(key);
    enum err e = copy ? make_place(m, key, p) : ERR_MEMORY;
    if (e != OK) {
        free(copy);
        return e;
    }
    struct leaf *l = m->leaves[p->leaf];
    memmove(&l->rows[p->row + 1], &l->rows[p->row], (l->n - p->row) * sizeof *l->rows);
    l->rows[p->row].key = copy;
    l->rows[p->row].value = v;
    l->n++;
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
    struct place p = lower(m, key);
    TRY(undo_room(m));
    if (!at(m, p, key)) {
        TRY(insert_row(m, &p, key, v));
        remember(m, row_at(m, p), true);
        return OK;
    }
    struct row *row = row_at(m, p);
    remember(m, row, false);
    v->names++;
    let_go(row->value);
    row->value = v;
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
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < m->leaves[i]->n && names < 2; k++) names += m->leaves[i]->rows[k].value == v;
    return names > 1;
}

static enum err memory_append(void *self, const char *key, struct bytes more)
{
    struct memory *m = self;
    struct place p = lower(m, key);
    struct value *v = at(m, p, key) ? row_at(m, p)->value : NULL;
    if (v == NULL) return memory_put(self, key, more);
    if (v->names > 1 && shared(m, v)) return ERR_STATE;
    TRY(undo_room(m));
    remember(m, row_at(m, p), false);
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
    struct place p = lower(m, key);
    if (!at(m, p, key) || row_at(m, p)->value == NULL) return OK;
    TRY(undo_room(m));
    remember(m, row_at(m, p), false);
    let_go(row_at(m, p)->value);
    row_at(m, p)->value = NULL;
    return OK;
}

static void undo_one(struct memory *m, struct undo *u)
{
    struct place p = lower(m, u->key);
    if (u->value) u->value->n = u->n;
    if (u->fresh) {
        free(take_row(m, p));
        return;
    }
    let_go(row_at(m, p)->value);
    row_at(m, p)->value = u->value;
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

/* Rows that were deleted go; their keys last, for one may be named twice in the list. */
static void take_deleted(struct memory *m, struct undo *u)
{
    struct place p = lower(m, u->key);
    if (at(m, p, u->key) && row_at(m, p)->value == NULL) u->taken = take_row(m, p);
}

static enum err memory_commit(void *self)
{
    struct memory *m = self;
    for (size_t i = 0; i < m->nundo; i++) {
        let_go(m->undo[i].value);
        take_deleted(m, &m->undo[i]);
    }
    for (size_t i = 0; i < m->nundo; i++) free(m->undo[i].taken);
    m->nundo = 0;
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
    if (!store_holds(v->n, offset, n)) return ERR_INPUT;
    if (n > 0) memcpy(out, v->p + offset, n);
    return OK;
}

/* The first at or behind p that is not deleted; is_row says whether there is one. */
static struct place living(const struct memory *m, struct place p)
{
    while (p.leaf < m->n) {
        if (p.row >= m->leaves[p.leaf]->n)
            p = (struct place){ p.leaf + 1, 0 };
        else if (row_at(m, p)->value == NULL)
            p.row++;
        else
            break;
    }
    return p;
}

static enum err memory_next(void *self, const char *prefix, const char *from, bool after, struct buf *key,
                            struct buf *value)
{
    struct memory *m = self;
    struct place p = lower(m, from);
    if (after && at(m, p, from)) p.row++;
    p = living(m, p);
    if (!is_row(m, p) || strncmp(row_at(m, p)->key, prefix, strlen(prefix)) != 0) return ERR_ABSENT;
    const struct row *row = row_at(m, p);
    buf_add_z(key, row->key);
    TRY(buf_err(key));
    if (value == NULL) return OK;
    buf_add(value, row->value->p, row->value->n);
    return buf_err(value);
}

static void free_leaf(struct leaf *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->rows[i].key);
        let_go(l->rows[i].value);
    }
    free(l);
}

static void memory_close(void *self)
{
    struct memory *m = self;
    for (size_t i = 0; i < m->n; i++) free_leaf(m->leaves[i]);
    free(m->leaves);
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
    *s = (struct store){ .ops = &ops, .self = m };
    *out = s;
    return OK;
}
