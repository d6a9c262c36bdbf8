#include "agents/trainer/engines/dense.h"
#include "agents/trainer/engines/gemm.h"
#include <stdlib.h>
#include <string.h>

struct dense_layer dense_layer_of(const struct tensor_set *s, size_t l)
{
    const struct tensor *w = &s->tensors[2 * l];
    return (struct dense_layer){ w->shape.dims[1], w->shape.dims[0], w->data, s->tensors[2 * l + 1].data };
}

static struct matrix plain(const float *p, size_t columns) { return (struct matrix){ p, GEMM_PLAIN, columns }; }
static struct matrix turned(const float *p, size_t columns) { return (struct matrix){ p, GEMM_TRANSPOSED, columns }; }

enum err dense_tape_init(struct dense_tape *t, const struct model_spec *spec, size_t max_rows)
{
    size_t widest = 0;
    size_t total = 0;
    for (size_t l = 0; l < model_nlayers(spec); l++) {
        size_t width = l < spec->nhidden ? spec->hidden[l] : spec->noutputs;
        total += width;
        if (width > widest) widest = width;
    }
    float *block = calloc((total + 2 * widest) * max_rows + 1, sizeof *block);
    if (block == NULL) return ERR_MEMORY;
    *t = (struct dense_tape){ .max_rows = max_rows, .nlayers = model_nlayers(spec), .block = block };
    for (size_t l = 0; l < t->nlayers; l++) {
        t->values[l] = block;
        block += max_rows * (l < spec->nhidden ? spec->hidden[l] : spec->noutputs);
    }
    t->slopes = block;
    t->slopes_before = block + widest * max_rows;
    return OK;
}

void dense_tape_fini(struct dense_tape *t)
{
    if (t == NULL) return;
    free(t->block);
    *t = (struct dense_tape){ 0 };
}

float *dense_outputs(const struct dense_tape *t) { return t->values[t->nlayers - 1]; }

static void forward_layer(struct dense_layer y, const float *x, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) memcpy(out + i * y.noutputs, y.bias, y.noutputs * sizeof *out);
    gemm(n, y.noutputs, y.ninputs, plain(x, y.ninputs), turned(y.weight, y.ninputs), 1, out);
}

static void relu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

void dense_forward(struct dense_tape *t, const struct tensor_set *weights, const float *inputs, size_t n)
{
    for (size_t l = 0; l < t->nlayers; l++) {
        struct dense_layer y = dense_layer_of(weights, l);
        forward_layer(y, l ? t->values[l - 1] : inputs, n, t->values[l]);
        if (l + 1 < t->nlayers) relu(t->values[l], n * y.noutputs);
    }
}

static void sum_rows(const float *x, size_t n, size_t columns, int add, float *out)
{
    if (!add) memset(out, 0, columns * sizeof *out);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < columns; j++) out[j] += x[i * columns + j];
}

void dense_backward_weights(struct dense_layer g, const float *slopes, const float *x, size_t n, int add)
{
    gemm(g.noutputs, g.ninputs, n, turned(slopes, g.noutputs), plain(x, g.ninputs), add, g.weight);
    sum_rows(slopes, n, g.noutputs, add, g.bias);
}

void dense_backward_inputs(struct dense_layer y, const float *slopes, const float *x, size_t n, float *out)
{
    gemm(n, y.ninputs, y.noutputs, plain(slopes, y.noutputs), plain(y.weight, y.ninputs), 0, out);
    for (size_t i = 0; i < n * y.ninputs; i++) out[i] = x[i] > 0 ? out[i] : 0;
}

void dense_backward(struct dense_tape *t, const struct tensor_set *weights, const float *inputs, size_t n,
                    struct tensor_set *gradient)
{
    const float *slopes = dense_outputs(t);
    float *next = t->slopes;
    for (size_t l = t->nlayers; l-- > 0;) {
        const float *x = l ? t->values[l - 1] : inputs;
        dense_backward_weights(dense_layer_of(gradient, l), slopes, x, n, 0);
        if (l == 0) return;
        dense_backward_inputs(dense_layer_of(weights, l), slopes, x, n, next);
        slopes = next;
        next = next == t->slopes ? t->slopes_before : t->slopes;
    }
}
