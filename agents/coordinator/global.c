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

enum err global_head(const struct model_spec *spec, size_t nscaling, const struct global_label *label, struct buf *out)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS + SCALING_TENSORS];
    size_t count = model_shapes(spec, shapes);
    for (size_t i = 0; nscaling > 0 && i < SCALING_TENSORS; i++, count++) {
        shapes[count] = (struct tensor_shape){ .rank = 1, .dims = { nscaling } };
        (void)snprintf(shapes[count].name, sizeof shapes[count].name, "%s", scaling_names[i]);
    }
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
    return safetensors_head(shapes, count, notes, sizeof notes / sizeof *notes, out);
}

enum err global_begin(const struct model_spec *spec, uint64_t seed, const struct global_scaling *scaling,
                      const struct global_label *label, global_sink_fn *sink, void *to)
{
    CLEANUP(tensor_set_drop) struct tensor_set *weights = NULL;
    CLEANUP(buf_free) struct buf head = buf_make(SAFETENSORS_LENGTH_BYTES + SAFETENSORS_MAX_HEADER_BYTES);
    size_t n = scaling->mean ? scaling->n : 0;
    TRY(global_head(spec, n, label, &head));
    TRY(sink(to, buf_bytes(&head)));
    TRY(model_init(spec, seed, &weights));
    TRY(sink(to, bytes_of(weights->flat, weights->nelements * sizeof(float))));
    if (n == 0) return OK;
    TRY(sink(to, bytes_of(scaling->mean, n * sizeof(float))));
    return sink(to, bytes_of(scaling->scale, n * sizeof(float)));
}
