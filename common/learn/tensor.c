#include "common/learn/tensor.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool name_ok(const char name[TENSOR_NAME_BYTES])
{
    size_t n = 0;
    for (; n < TENSOR_NAME_BYTES && name[n] != '\0'; n++) {
        char c = name[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c < '-' || c > '/') && c != '_') return false;
    }
    return n > 0 && n < TENSOR_NAME_BYTES;
}

static enum err shape_count(const struct tensor_shape *shape, size_t *out)
{
    if (shape->rank > TENSOR_MAX_RANK) return ERR_LIMIT;
    size_t n = 1;
    for (size_t d = 0; d < shape->rank; d++) {
        if (shape->dims[d] == 0) return ERR_INPUT;
        if (shape->dims[d] > TENSOR_SET_MAX_ELEMENTS / n) return ERR_LIMIT;
        n *= shape->dims[d];
    }
    *out = n;
    return OK;
}

static enum err shapes_check(const struct tensor_shape *shapes, size_t count, size_t *out_nelements)
{
    if (count > TENSOR_SET_MAX) return ERR_LIMIT;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n;
        if (!name_ok(shapes[i].name)) return ERR_INPUT;
        TRY(shape_count(&shapes[i], &n));
        if (n > TENSOR_SET_MAX_ELEMENTS - total) return ERR_LIMIT;
        total += n;
        for (size_t j = 0; j < i; j++)
            if (strcmp(shapes[i].name, shapes[j].name) == 0) return ERR_INPUT;
    }
    *out_nelements = total;
    return OK;
}

size_t tensor_shape_elements(const struct tensor_shape *s)
{
    size_t n = 1;
    for (size_t d = 0; d < s->rank; d++) n *= s->dims[d];
    return n;
}

static void lay_out(struct tensor_set *s, const struct tensor_shape *shapes)
{
    float *at = s->flat;
    for (size_t i = 0; i < s->count; i++) {
        struct tensor *t = &s->tensors[i];
        t->shape = shapes[i];
        t->data = at;
        t->nelements = tensor_shape_elements(&t->shape);
        at += t->nelements;
    }
}

enum err tensor_set_new(const struct tensor_shape *shapes, size_t count, struct tensor_set **out)
{
    size_t nelements;
    TRY(shapes_check(shapes, count, &nelements));
    CLEANUP(tensor_set_drop) struct tensor_set *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_MEMORY;
    s->count = count;
    s->nelements = nelements;
    s->tensors = calloc(count + 1, sizeof *s->tensors);
    s->flat = calloc(nelements + 1, sizeof *s->flat);
    if (s->tensors == NULL || s->flat == NULL) return ERR_MEMORY;
    lay_out(s, shapes);
    *out = s;
    s = NULL;
    return OK;
}

void tensor_set_free(struct tensor_set *s)
{
    if (s == NULL) return;
    free(s->tensors);
    free(s->flat);
    free(s);
}

/* From the end on: a double lies behind the floats that are still to be read, or on the one just read. */
static void widen(unsigned char *room, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        float x = 0;
        memcpy(&x, room + i * sizeof x, sizeof x);
        double wide = (double)x;
        memcpy(room + i * sizeof wide, &wide, sizeof wide);
    }
}

enum err tensor_set_into_numbers(struct tensor_set *s, size_t n, double **out)
{
    const size_t filled = s->nelements;
    if (n < filled) return ERR_INPUT;
    void *room = realloc(s->flat, (n + 1) * sizeof(double));
    if (room == NULL) return ERR_MEMORY;
    s->flat = NULL;
    tensor_set_free(s);
    widen(room, filled);
    memset((double *)room + filled, 0, (n - filled) * sizeof(double));
    *out = room;
    return OK;
}

void tensor_set_drop(struct tensor_set **s) { tensor_set_free(*s); }

enum err tensor_set_zeros_like(const struct tensor_set *s, struct tensor_set **out)
{
    struct tensor_shape *shapes = calloc(s->count + 1, sizeof *shapes);
    if (shapes == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < s->count; i++) shapes[i] = s->tensors[i].shape;
    enum err e = tensor_set_new(shapes, s->count, out);
    free(shapes);
    return e;
}

enum err tensor_set_clone(const struct tensor_set *s, struct tensor_set **out)
{
    TRY(tensor_set_zeros_like(s, out));
    tensor_set_copy(s, *out);
    return OK;
}

enum err tensor_set_arrange(const struct tensor_set *like, const struct tensor_set *s, struct tensor_set **out)
{
    if (like->count != s->count) return ERR_INPUT;
    CLEANUP(tensor_set_drop) struct tensor_set *made = NULL;
    TRY(tensor_set_zeros_like(like, &made));
    for (size_t i = 0; i < made->count; i++) {
        struct tensor *to = &made->tensors[i];
        const struct tensor *from = tensor_set_find(s, to->shape.name);
        if (from == NULL || !tensor_shape_same(&from->shape, &to->shape)) return ERR_INPUT;
        memcpy(to->data, from->data, to->nelements * sizeof *to->data);
    }
    *out = made;
    made = NULL;
    return OK;
}

bool tensor_shape_same(const struct tensor_shape *a, const struct tensor_shape *b)
{
    if (strcmp(a->name, b->name) != 0 || a->rank != b->rank) return false;
    for (size_t d = 0; d < a->rank; d++)
        if (a->dims[d] != b->dims[d]) return false;
    return true;
}

bool tensor_set_same_shape(const struct tensor_set *a, const struct tensor_set *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!tensor_shape_same(&a->tensors[i].shape, &b->tensors[i].shape)) return false;
    return true;
}

const struct tensor *tensor_set_find(const struct tensor_set *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->tensors[i].shape.name, name) == 0) return &s->tensors[i];
    return NULL;
}

void tensor_set_copy(const struct tensor_set *from, struct tensor_set *to)
{
    assert(from->nelements == to->nelements);
    memcpy(to->flat, from->flat, from->nelements * sizeof *from->flat);
}

void tensor_set_axpy(double a, const struct tensor_set *x, struct tensor_set *y)
{
    assert(x->nelements == y->nelements);
    for (size_t i = 0; i < x->nelements; i++) y->flat[i] = (float)((double)y->flat[i] + a * (double)x->flat[i]);
}

void tensor_set_subtract(const struct tensor_set *a, const struct tensor_set *b, struct tensor_set *out)
{
    assert(a->nelements == b->nelements && a->nelements == out->nelements);
    for (size_t i = 0; i < a->nelements; i++) out->flat[i] = a->flat[i] - b->flat[i];
}

void tensor_set_scale(double a, struct tensor_set *s)
{
    for (size_t i = 0; i < s->nelements; i++) s->flat[i] = (float)(a * (double)s->flat[i]);
}

double tensor_set_l1(const struct tensor_set *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->nelements; i++) sum += fabs((double)s->flat[i]);
    return sum;
}

double tensor_set_l2(const struct tensor_set *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->nelements; i++) sum += (double)s->flat[i] * (double)s->flat[i];
    return sqrt(sum);
}

/* To the end, whatever is found: so it becomes vector instructions. */
bool floats_finite(const float *p, size_t n)
{
    int bad = 0;
    for (size_t i = 0; i < n; i++) bad |= !isfinite(p[i]);
    return bad == 0;
}

bool tensor_set_finite(const struct tensor_set *s) { return floats_finite(s->flat, s->nelements); }
