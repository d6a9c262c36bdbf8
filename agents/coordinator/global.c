#include "agents/coordinator/global.h"
#include "common/learn/safetensors.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCALING_TENSORS = 2 };
static const char *const scaling_names[SCALING_TENSORS] = { "input.mean", "input.scale" };

static enum err scaling_init(struct global_scaling *s, size_t n)
{
    struct global_scaling made = { .mean = calloc(n ? n : 1, sizeof(float)),
                                   .scale = calloc(n ? n : 1, sizeof(float)),
                                   .n = n };
    if (made.mean == NULL || made.scale == NULL) {
        global_scaling_fini(&made);
        return ERR_MEMORY;
    }
    *s = made;
    return OK;
}

void global_scaling_fini(struct global_scaling *s)
{
    free(s->mean);
    free(s->scale);
    *s = (struct global_scaling){ 0 };
}

static bool has_range(const struct column *c)
{
    double width = c->max - c->min;
    return c->kind != COLUMN_CATEGORY && c->max > c->min && isfinite((float)width) && (float)width > 0;
}

enum err global_scaling_ranges(const struct contract *c, struct global_scaling *out)
{
    struct global_scaling s;
    size_t at = 0;
    TRY(scaling_init(&s, c->ninputs));
    for (size_t i = 0; i < c->count; i++) {
        const struct column *column = &c->columns[i];
        if (column->role != COLUMN_FEATURE) continue;
        size_t inputs = column->kind == COLUMN_CATEGORY ? column->nclasses : 1;
        for (size_t k = 0; k < inputs && at < c->ninputs; k++, at++) {
            s.mean[at] = has_range(column) ? (float)column->min : 0;
            s.scale[at] = has_range(column) ? (float)(column->max - column->min) : 1;
        }
    }
    *out = s;
    return OK;
}

enum err global_scaling_moments(const struct moments *m, struct global_scaling *out)
{
    struct global_scaling s;
    TRY(scaling_init(&s, m->nfeatures));
    moments_finish(m, s.mean, s.scale);
    *out = s;
    return OK;
}

static enum err join_scaling(const struct tensor_set *weights, const struct global_scaling *scaling,
                             struct tensor_set **out)
{
    struct tensor_shape *shapes = calloc(weights->count + SCALING_TENSORS, sizeof *shapes);
    if (shapes == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < weights->count; i++) shapes[i] = weights->tensors[i].shape;
    for (size_t i = 0; i < SCALING_TENSORS; i++) {
        struct tensor_shape *s = &shapes[weights->count + i];
        *s = (struct tensor_shape){ .rank = 1, .dims = { scaling->n } };
        (void)snprintf(s->name, sizeof s->name, "%s", scaling_names[i]);
    }
    enum err e = tensor_set_new(shapes, weights->count + SCALING_TENSORS, out);
    free(shapes);
    TRY(e);
    float *at = (*out)->flat;
    memcpy(at, weights->flat, weights->nelements * sizeof *at);
    memcpy(at + weights->nelements, scaling->mean, scaling->n * sizeof *at);
    memcpy(at + weights->nelements + scaling->n, scaling->scale, scaling->n * sizeof *at);
    return OK;
}

enum err global_begin(const struct model_spec *spec, uint64_t seed, const struct global_scaling *scaling,
                      const struct global_label *label, struct buf *out)
{
    CLEANUP(tensor_set_drop) struct tensor_set *weights = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *whole = NULL;
    TRY(model_init(spec, seed, &weights));
    if (scaling->mean == NULL) return global_write(spec, weights, label, out);
    TRY(join_scaling(weights, scaling, &whole));
    return global_write(spec, whole, label, out);
}

enum err global_read(const struct model_spec *spec, struct bytes bytes, struct tensor_set **out, size_t *out_nweights)
{
    CLEANUP(tensor_set_drop) struct tensor_set *s = NULL;
    if (safetensors_decode(bytes, &s, NULL) != OK) return ERR_STORE;
    struct tensor_set weights = *s;
    for (size_t i = SCALING_TENSORS; i > 0; i--) {
        bool is_scaling =
            weights.count > 0 && strcmp(weights.tensors[weights.count - 1].shape.name, scaling_names[i - 1]) == 0;
        if (!is_scaling) continue;
        weights.nelements -= weights.tensors[weights.count - 1].nelements;
        weights.count--;
    }
    if (model_check(spec, &weights, NULL) != OK) return ERR_STORE;
    *out_nweights = weights.nelements;
    *out = s;
    s = NULL;
    return OK;
}

enum err global_write(const struct model_spec *spec, const struct tensor_set *s, const struct global_label *label,
                      struct buf *out)
{
    char model[MODEL_TEXT_BYTES];
    char round[24];
    (void)snprintf(round, sizeof round, "%" PRIu64, label->round);
    const struct safetensors_note notes[] = {
        { STR("himas.model"), str_of(model_text(spec, model)) },
        { STR("himas.task"), str_of(label->task) },
        { STR("himas.digest"), str_of(label->digest) },
        { STR("himas.run"), str_of(label->run) },
        { STR("himas.round"), str_of(round) },
    };
    return safetensors_encode(s, notes, sizeof notes / sizeof *notes, out);
}
