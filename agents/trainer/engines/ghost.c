#include "agents/trainer/engines/ghost.h"
#include "agents/trainer/engines/kernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t width(const struct model_spec *spec, size_t l)
{
    return l < spec->nhidden ? spec->hidden[l] : spec->noutputs;
}

enum err ghost_init(struct ghost *g, const struct model_spec *spec, size_t max_rows)
{
    size_t total = 0;
    size_t last = model_nlayers(spec) - 1;
    for (size_t l = 0; l < last; l++) total += width(spec, l);
    *g = (struct ghost){ .norms = calloc(max_rows + 1, sizeof *g->norms),
                         .block = calloc(total * max_rows + 1, sizeof *g->block) };
    if (g->norms == NULL || g->block == NULL) {
        ghost_fini(g);
        return ERR_MEMORY;
    }
    float *at = g->block;
    for (size_t l = 0; l < last; l++) {
        g->slopes[l] = at;
        at += width(spec, l) * max_rows;
    }
    return OK;
}

void ghost_fini(struct ghost *g)
{
    if (g == NULL) return;
    free(g->norms);
    free(g->block);
    *g = (struct ghost){ 0 };
}

static const float *inputs_of(const struct dense_tape *t, const float *inputs, size_t l)
{
    return l ? t->values[l - 1] : inputs;
}

/* Adds one layer's share of the squared norms; in double, where the product of two floats cannot overflow. */
static void add_norms(struct dense_layer y, const float *slopes, const float *x, size_t n, double *norms)
{
    for (size_t i = 0; i < n; i++) {
        double ins = (double)kernel_squares(x + i * y.ninputs, y.ninputs);
        norms[i] += (ins + 1) * (double)kernel_squares(slopes + i * y.noutputs, y.noutputs);
    }
}

void ghost_norms(struct ghost *g, struct dense_tape *t, const struct tensor_set *weights, const float *inputs, size_t n)
{
    memset(g->norms, 0, n * sizeof *g->norms);
    g->slopes[t->nlayers - 1] = dense_outputs(t);
    for (size_t l = t->nlayers; l-- > 0;) {
        struct dense_layer y = dense_layer_of(weights, l);
        const float *x = inputs_of(t, inputs, l);
        add_norms(y, g->slopes[l], x, n, g->norms);
        if (l > 0) dense_backward_inputs(y, g->slopes[l], x, n, g->slopes[l - 1]);
    }
    for (size_t i = 0; i < n; i++) g->norms[i] = sqrt(g->norms[i]);
}

/* Zero times infinity is no number: what overflowed is taken out by hand, on both sides of the product. */
static void drop_row(struct ghost *g, struct dense_tape *t, const struct tensor_set *like, size_t row)
{
    for (size_t l = 0; l < t->nlayers; l++) {
        size_t n = dense_layer_of(like, l).noutputs;
        memset(g->slopes[l] + row * n, 0, n * sizeof(float));
        if (l + 1 < t->nlayers) memset(t->values[l] + row * n, 0, n * sizeof(float));
    }
}

void ghost_clip(struct ghost *g, struct dense_tape *t, const struct tensor_set *like, size_t n, double bound)
{
    for (size_t i = 0; i < n; i++) {
        double norm = g->norms[i] * (1 + GHOST_SLACK);
        if (!isfinite(norm)) drop_row(g, t, like, i);
        if (!(norm > bound)) continue;
        for (size_t l = 0; isfinite(norm) && l < t->nlayers; l++) {
            size_t width_of = dense_layer_of(like, l).noutputs;
            kernel_scale(g->slopes[l] + i * width_of, width_of, (float)(bound / norm));
        }
    }
}

void ghost_sum(const struct ghost *g, const struct dense_tape *t, const float *inputs, size_t n, int add,
               struct tensor_set *gradient)
{
    for (size_t l = 0; l < t->nlayers; l++)
        dense_backward_weights(dense_layer_of(gradient, l), g->slopes[l], inputs_of(t, inputs, l), n, add);
}
