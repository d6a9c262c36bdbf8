#include "agents/trainer/secure_vector.h"
#include <math.h>

enum { BLOCK = 1024 };

static struct secure_want want_of(const struct plan *plan, uint32_t cohort)
{
    const struct task *t = &plan->task;
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    struct secure_want w = { .mode = SECURE_PLAIN,
                             .cohort = cohort,
                             .update_norm = t->rounds.max_update_norm,
                             .samples_max = t->rounds.max_samples };
    size_t count = model_shapes(&plan->spec, shapes);
    for (size_t i = 0; i < count; i++) w.weights += tensor_shape_elements(&shapes[i]);
    return w;
}

enum err secure_vector_plan(const struct plan *plan, const struct secagg_header *header, struct secure_plan *out,
                            struct why *why)
{
    struct secure_want want = want_of(plan, header->cohort);
    struct secure_plan p;
    TRY(secure_plan_of(&want, &p, why));
    TRY(secure_plan_match(&p, header, why));
    *out = p;
    return OK;
}

/* The product of a float and a weight is one double, rounded once to units. */
static enum err put_update(const struct secure_plan *p, const float *numbers, double weight, struct secagg_vec *v)
{
    double block[BLOCK];
    for (size_t at = 0; at < p->want.weights; at += BLOCK) {
        size_t n = p->want.weights - at < BLOCK ? p->want.weights - at : BLOCK;
        for (size_t i = 0; i < n; i++) block[i] = weight * (double)numbers[at + i];
        TRY(quantise_put(&p->update, block, n, v, at));
    }
    return OK;
}

static enum err fill(const struct secure_plan *p, const struct trained *t, struct secagg_vec *v)
{
    uint64_t samples = t->samples < p->want.samples_max ? t->samples : p->want.samples_max;
    double weight = (double)samples;
    double loss = weight * fmax(-SECURE_LOSS_MAX, fmin(SECURE_LOSS_MAX, t->loss));
    TRY(put_update(p, t->delta->flat, weight, v));
    TRY(quantise_put(&p->count, &weight, 1, v, p->want.weights));
    return quantise_put(&p->loss, &loss, 1, v, p->want.weights + 1);
}

enum err secure_vector_fill(const struct secure_source *source, const struct trained *trained, struct secagg_vec *out,
                            struct why *why)
{
    const struct secure_plan *p = source->plan;
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    if (trained->delta->nelements != p->want.weights || trained->samples == 0 || !tensor_set_finite(trained->delta))
        return why_say(why, ERR_INPUT, "the update is not one of the round's model");
    double norm = tensor_set_l2(trained->delta);
    if (!(norm <= p->want.update_norm))
        return why_say(why, ERR_INPUT, "the update's norm %g is above the task's `rounds.max_update_norm` %g", norm,
                       p->want.update_norm);
    TRY(secagg_vec_init(&v, p->bits, p->length));
    TRY(fill(p, trained, &v));
    *out = v;
    v = (struct secagg_vec){ 0 };
    return OK;
}
