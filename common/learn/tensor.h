/*
 * tensor -- named float32 arrays, as models and updates are exchanged.
 *
 * A tensor set owns one block of floats; its tensors lie in it one after the
 * other in row-major order, so arithmetic on a whole model is one loop over
 * the flat view.  Sums that decide something (norms) add in double, in the
 * order of the flat view, so that a run can be repeated bit for bit.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>

enum { TENSOR_MAX_RANK = 4, TENSOR_NAME_BYTES = 64, TENSOR_SET_MAX = 512, TENSOR_SET_MAX_ELEMENTS = 1 << 28 };

struct tensor_shape {
    char name[TENSOR_NAME_BYTES]; /* letters, digits and "._-/" */
    size_t rank;                  /* 0 is one number */
    size_t dims[TENSOR_MAX_RANK]; /* each >= 1 */
};
struct tensor {
    struct tensor_shape shape;
    size_t nelements;
    float *data; /* inside the set's block */
};
struct tensor_set {
    struct tensor *tensors;
    size_t count;
    float *flat; /* all elements of all tensors, in order */
    size_t nelements;
};

/* Zeroed, with the given shapes (copied); freed by tensor_set_free.  ERR_INPUT for a bad or repeated name or a zero
 * dimension, ERR_LIMIT past the maxima above, ERR_MEMORY. */
enum err tensor_set_new(const struct tensor_shape *shapes, size_t count, struct tensor_set **out) MUST_USE;
enum err tensor_set_clone(const struct tensor_set *s, struct tensor_set **out) MUST_USE;
enum err tensor_set_zeros_like(const struct tensor_set *s, struct tensor_set **out) MUST_USE;
void tensor_set_free(struct tensor_set *s);
/* All elements as doubles, with zeros behind them up to n, in the set's own memory, which grows; the set is then gone.
 * *out: the caller's, free().  ERR_INPUT for an n below nelements; ERR_MEMORY; the set is then as it was. */
enum err tensor_set_into_numbers(struct tensor_set *s, size_t n, double **out) MUST_USE;
void tensor_set_drop(struct tensor_set **s); /* for CLEANUP() */

/* A copy of s with its tensors in the order of `like`: other programs write their tensors in another order.
 * ERR_INPUT when the names or shapes differ; ERR_MEMORY. */
enum err tensor_set_arrange(const struct tensor_set *like, const struct tensor_set *s, struct tensor_set **out)
    MUST_USE;

size_t tensor_shape_elements(const struct tensor_shape *s);                         /* of a shape that was checked */
bool tensor_shape_same(const struct tensor_shape *a, const struct tensor_shape *b); /* name, rank and dims */
bool tensor_set_same_shape(const struct tensor_set *a, const struct tensor_set *b); /* in the same order */
const struct tensor *tensor_set_find(const struct tensor_set *s, const char *name); /* NULL when absent */
void tensor_set_copy(const struct tensor_set *from, struct tensor_set *to);         /* same shapes */
void tensor_set_axpy(double a, const struct tensor_set *x, struct tensor_set *y);   /* y += a x; same shapes */
void tensor_set_subtract(const struct tensor_set *a, const struct tensor_set *b, struct tensor_set *out); /* a - b */
void tensor_set_scale(double a, struct tensor_set *s);
double tensor_set_l1(const struct tensor_set *s);
double tensor_set_l2(const struct tensor_set *s);
bool tensor_set_finite(const struct tensor_set *s); /* no NaN, no infinity */
bool floats_finite(const float *p, size_t n);
