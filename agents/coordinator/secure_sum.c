#include "agents/coordinator/secure_sum.h"
#include "common/learn/safetensors.h"

enum { BLOCK = 1024 };

enum err secure_sum_plan(const struct run *r, const struct secagg_header *header, struct secure_plan *out,
                         struct why *why)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    struct secure_want w = { .mode = SECURE_PLAIN,
                             .cohort = header->cohort,
                             .update_norm = r->task.rounds.max_update_norm,
                             .samples_max = r->task.rounds.max_samples };
    size_t count = model_shapes(&r->spec, shapes);
    for (size_t i = 0; i < count; i++) w.weights += tensor_shape_elements(&shapes[i]);
    return secure_plan_of(&w, out, why);
}

static enum err read_mean(const struct secure_plan *p, const struct secagg_vec *sum, double weight, float *out)
{
    double block[BLOCK];
    for (size_t at = 0; at < p->want.weights; at += BLOCK) {
        size_t n = p->want.weights - at < BLOCK ? p->want.weights - at : BLOCK;
        TRY(quantise_get(&p->update, sum, at, block, n));
        for (size_t i = 0; i < n; i++) out[at + i] = (float)(block[i] / weight);
    }
    return OK;
}

static enum err read_all(const struct secure_plan *p, const struct secagg_vec *sum, struct secure_sum *s)
{
    double loss = 0;
    TRY(quantise_get(&p->count, sum, p->want.weights, &s->weight, 1));
    TRY(quantise_get(&p->loss, sum, p->want.weights + 1, &loss, 1));
    if (!(s->weight >= 1)) return ERR_DATA;
    s->loss = loss / s->weight;
    return read_mean(p, sum, s->weight, s->change->flat);
}

static enum err new_change(const struct model_spec *spec, struct tensor_set **out)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    return tensor_set_new(shapes, model_shapes(spec, shapes), out);
}

enum err secure_sum_read(const struct secure_sum_of *of, const struct secagg_vec *sum, struct secure_sum *out,
                         struct why *why)
{
    const struct secure_plan *p = of->plan;
    struct secure_sum s CLEANUP(secure_sum_fini) = { 0 };
    if (sum->n != p->length || sum->bits != p->bits) return ERR_BUG;
    TRY(new_change(of->spec, &s.change));
    if (s.change->nelements != p->want.weights) return ERR_BUG;
    enum err e = read_all(p, sum, &s);
    if (e == ERR_DATA)
        return why_say(why, e, "the secure sum is not one of updates of this task; a hospital's vector was nonsense");
    TRY(e);
    *out = s;
    s.change = NULL;
    return OK;
}

void secure_sum_fini(struct secure_sum *s)
{
    if (s == NULL) return;
    tensor_set_free(s->change);
    s->change = NULL;
}

enum err secure_sum_encode(const struct secure_sum *s, struct buf *out)
{
    return safetensors_encode(s->change, NULL, 0, out);
}
