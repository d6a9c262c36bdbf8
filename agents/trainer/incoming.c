#include "agents/trainer/incoming.h"
#include "agents/trainer/dataset_take.h"
#include "common/learn/safetensors.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MEAN "input.mean"
#define NAME_SCALE "input.scale"

static bool is_scaling(const struct tensor *t)
{
    return strcmp(t->shape.name, NAME_MEAN) == 0 || strcmp(t->shape.name, NAME_SCALE) == 0;
}

/* Takes the scaling's tensors, which follow the weights, off the set's end; their numbers stay behind it. */
static void cut_scaling(struct tensor_set *s)
{
    while (s->count > 0 && is_scaling(&s->tensors[s->count - 1])) s->nelements -= s->tensors[--s->count].nelements;
}

/* Where they do not follow: a new set of all the others. */
static enum err weights_only(const struct tensor_set *all, struct tensor_set **out)
{
    struct tensor_shape *shapes = calloc(all->count, sizeof *shapes);
    if (shapes == NULL) return ERR_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < all->count; i++)
        if (!is_scaling(&all->tensors[i])) shapes[n++] = all->tensors[i].shape;
    struct tensor_set *set = NULL;
    enum err e = tensor_set_new(shapes, n, &set);
    free(shapes);
    if (e != OK) return e;
    for (size_t i = 0; i < set->count; i++) {
        const struct tensor *from = tensor_set_find(all, set->tensors[i].shape.name);
        memcpy(set->tensors[i].data, from->data, from->nelements * sizeof(float));
    }
    *out = set;
    return OK;
}

static bool has_scaling(const struct tensor_set *s)
{
    return tensor_set_find(s, NAME_MEAN) != NULL || tensor_set_find(s, NAME_SCALE) != NULL;
}

/* Other programs write their tensors in another order: bring them into the spec's. */
static enum err in_order(const struct model_spec *spec, struct tensor_set **weights, struct why *why)
{
    if (model_check(spec, *weights, NULL) == OK) return OK;
    CLEANUP(tensor_set_drop) struct tensor_set *like = NULL;
    struct tensor_set *arranged = NULL;
    TRY(model_init(spec, 0, &like));
    if (tensor_set_arrange(like, *weights, &arranged) != OK) return model_check(spec, *weights, why);
    tensor_set_free(*weights);
    *weights = arranged;
    return OK;
}

static enum err copy_inputs(const struct tensor *t, size_t ninputs, float **out)
{
    if (t->shape.rank != 1 || t->nelements != ninputs) return ERR_INPUT;
    float *copy = malloc(ninputs * sizeof *copy);
    if (copy == NULL) return ERR_MEMORY;
    memcpy(copy, t->data, ninputs * sizeof *copy);
    *out = copy;
    return OK;
}

static enum err scaling(const struct tensor_set *all, size_t ninputs, struct incoming *m, struct why *why)
{
    const struct tensor *mean = tensor_set_find(all, NAME_MEAN);
    const struct tensor *scale = tensor_set_find(all, NAME_SCALE);
    if (mean == NULL && scale == NULL) return OK;
    if (mean == NULL || scale == NULL)
        return why_say(why, ERR_INPUT, "the model has only one of " NAME_MEAN " and " NAME_SCALE);
    enum err e = copy_inputs(mean, ninputs, &m->mean);
    if (e == OK) e = copy_inputs(scale, ninputs, &m->scale);
    if (e == ERR_INPUT)
        return why_say(why, e, NAME_MEAN " and " NAME_SCALE " must have %zu numbers, one an input", ninputs);
    TRY(e);
    for (size_t i = 0; i < ninputs; i++)
        if (!(m->scale[i] > 0)) return why_say(why, ERR_INPUT, NAME_SCALE "[%zu] is not positive", i);
    return OK;
}

static enum err look_at(struct tensor_set **all, const struct model_spec *spec, struct incoming *m, struct why *why)
{
    if (!tensor_set_finite(*all)) return why_say(why, ERR_INPUT, "the model has numbers that are not finite");
    TRY(scaling(*all, spec->ninputs, m, why));
    cut_scaling(*all);
    if (has_scaling(*all))
        TRY(weights_only(*all, &m->weights));
    else {
        m->weights = *all;
        *all = NULL;
    }
    return in_order(spec, &m->weights, why);
}

/* Frees the bytes when they are in a buf. */
static enum err read_all(struct bytes in, struct buf *take, const struct model_spec *spec, struct incoming *out,
                         struct why *why)
{
    CLEANUP(tensor_set_drop) struct tensor_set *all = NULL;
    struct incoming m = { 0 };
    enum err e = safetensors_decode(in, &all, why);
    if (take) buf_free(take);
    if (e == OK) e = look_at(&all, spec, &m, why);
    if (e != OK)
        incoming_fini(&m);
    else
        *out = m;
    return e;
}

enum err incoming_read(struct bytes in, const struct model_spec *spec, struct incoming *out, struct why *why)
{
    return read_all(in, NULL, spec, out, why);
}

enum err incoming_take(struct buf *in, const struct model_spec *spec, struct incoming *out, struct why *why)
{
    return read_all(buf_bytes(in), in, spec, out, why);
}

void incoming_fini(struct incoming *m)
{
    if (m == NULL) return;
    tensor_set_free(m->weights);
    free(m->mean);
    free(m->scale);
    *m = (struct incoming){ 0 };
}

static enum err by_ranges(const struct contract *c, struct table *rows, struct why *why)
{
    float *mean = calloc(2 * rows->ninputs + 1, sizeof *mean);
    if (mean == NULL) return ERR_MEMORY;
    enum err e = contract_ranges(c, mean, mean + rows->ninputs, why);
    if (e == OK) table_standardise(rows, mean, mean + rows->ninputs);
    free(mean);
    return e;
}

enum err incoming_scale(const struct incoming *m, const struct task *task, struct table *rows, struct why *why)
{
    if (m->mean != NULL)
        table_standardise(rows, m->mean, m->scale);
    else if (task->scale == SCALE_RANGES)
        TRY(by_ranges(&task->contract, rows, why));
    else if (task->scale == SCALE_MOMENTS)
        return why_say(why, ERR_INPUT, "the task standardises by moments, and the model has no " NAME_MEAN);
    for (size_t k = 0; k < rows->nrows * rows->ninputs; k++)
        if (!isfinite(rows->inputs[k]))
            return why_say(why, ERR_INPUT, "input %zu is too big once it is scaled", k % rows->ninputs);
    return OK;
}
