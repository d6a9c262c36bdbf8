#include "agents/trainer/audit_train.h"
#include "agents/trainer/audit_sum.h"
#include "agents/trainer/incoming.h"
#include "agents/trainer/train_job.h"
#include "agents/trainer/update.h"
#include "common/base/secret.h"
#include "common/learn/moments.h"
#include "common/learn/safetensors.h"
#include "common/runtime/store.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void audit_rows_fini(struct audit_rows *r)
{
    if (r == NULL) return;
    table_fini(&r->table);
    free(r->starts);
    r->starts = NULL;
}

enum err audit_copy(const struct table *from, struct table *out)
{
    struct table t;
    TRY(table_init(&t, from->nrows, from->ninputs));
    memcpy(t.inputs, from->inputs, from->nrows * from->ninputs * sizeof *t.inputs);
    memcpy(t.labels, from->labels, from->nrows * sizeof *t.labels);
    *out = t;
    return OK;
}

/* ---- the model as a coordinator sends it ---- */

static enum err with_scaling(const struct tensor_set *weights, const float *mean, const float *scale, size_t ninputs,
                             struct buf *out)
{
    CLEANUP(tensor_set_drop) struct tensor_set *all = NULL;
    struct tensor_shape shapes[MODEL_MAX_TENSORS + 2];
    size_t n = 0;
    for (; n < weights->count; n++) shapes[n] = weights->tensors[n].shape;
    shapes[n++] = (struct tensor_shape){ "input.mean", 1, { ninputs } };
    shapes[n++] = (struct tensor_shape){ "input.scale", 1, { ninputs } };
    TRY(tensor_set_new(shapes, n, &all));
    memcpy(all->flat, weights->flat, weights->nelements * sizeof *all->flat);
    memcpy(all->flat + weights->nelements, mean, ninputs * sizeof *mean);
    memcpy(all->flat + weights->nelements + ninputs, scale, ninputs * sizeof *scale);
    return safetensors_encode(all, NULL, 0, out);
}

static enum err encode(const struct plan *plan, const struct tensor_set *weights, const float *scaling, struct buf *out)
{
    size_t n = plan->spec.ninputs;
    buf_clear(out);
    return scaling ? with_scaling(weights, scaling, scaling + n, n, out) : safetensors_encode(weights, NULL, 0, out);
}

/* Means and then deviations of the inputs, as the coordinator makes them from everybody's moments; freed by the caller.
 * NULL where the task does not want them. */
static enum err scaling_of(const struct plan *plan, const struct table *rows, float **out)
{
    CLEANUP(moments_fini) struct moments m = { 0 };
    *out = NULL;
    if (plan->task.scale != SCALE_MOMENTS) return OK;
    TRY(moments_init(&m, rows->ninputs));
    float *both = calloc(2 * rows->ninputs, sizeof *both);
    if (both == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < rows->nrows; i++) moments_add(&m, rows->inputs + i * rows->ninputs);
    moments_finish(&m, both, both + rows->ninputs);
    *out = both;
    return OK;
}

/* ---- training ---- */

static enum err rule_of(const struct audit_training *t, struct update_cover *cover, struct why *why)
{
    *cover = update_cover_of(t->order->plan);
    cover->wanted = cover->wanted && t->hidden;
    cover->in_training = cover->in_training && t->hidden;
    cover->in_sum = cover->in_sum && t->hidden;
    if (cover->in_training || cover->in_sum) TRY(unit_rule_make(t->order->plan, t->units, &cover->unit, why));
    return OK;
}

/* Of a record, which is what audits look for.  Where the hospital is hidden as a whole, a record changes its update for
 * another: as much as taking one away and adding one. */
static struct audit_claim claim_of_run(const struct unit_rule *rule, uint64_t rounds)
{
    struct unit_rule r = *rule;
    if (r.site) r.noise /= 2;
    return (struct audit_claim){ unit_rule_cost(&r, rounds, r.delta), r.delta };
}

enum err audit_claim(const struct audit_training *t, struct audit_claim *out, struct why *why)
{
    struct update_cover cover;
    struct privacy_event event;
    struct accountant a = accountant_make();
    *out = (struct audit_claim){ 0, 0 };
    TRY(rule_of(t, &cover, why));
    if (cover.in_training || cover.in_sum) *out = claim_of_run(&cover.unit, t->rounds);
    if (cover.in_training || cover.in_sum || !cover.wanted) return OK;
    TRY(local_event(&cover.rule, &event, why));
    event.steps = t->rounds;
    TRY(accountant_add(&a, &event));
    *out = (struct audit_claim){ accountant_epsilon(&a, cover.rule.delta), cover.rule.delta };
    return OK;
}

static enum err one_round(const struct audit_training *t, const struct audit_rows *rows, uint64_t round,
                          struct update_cover *cover, struct buf *model, struct tensor_set *weights, struct why *why)
{
    CLEANUP(table_fini) struct table copy = { 0 }; /* training standardises in place */
    CLEANUP(trained_fini) struct trained done = { 0 };
    CLEANUP(buf_free) struct buf update = buf_make(STORE_MAX_VALUE);
    CLEANUP(tensor_set_drop) struct tensor_set *change = NULL;
    struct training_privacy privacy = { .clip = cover->unit.clip,
                                        .noise = cover->unit.noise,
                                        .rate = cover->unit.rate,
                                        .steps = cover->unit.steps,
                                        .nunits = rows->nunits,
                                        .starts = rows->starts };
    double noise = 0;
    TRY(audit_copy(&rows->table, &copy));
    TRY(t->random(t->source, cover->key, sizeof cover->key));
    memcpy(privacy.key, cover->key, sizeof privacy.key);
    bool units = cover->in_training || (cover->in_sum && !cover->unit.site);
    enum err e = train_round(t->order->engine, t->order->plan, &copy, model, round, units ? &privacy : NULL,
                             t->order->hooks, &done, why);
    secret_wipe(&privacy, sizeof privacy);
    TRY(e);
    struct audit_sum sum = { t->order->plan, round, t->units, cover->key };
    if (cover->in_sum) return audit_sum_step(&sum, &done, weights, why);
    TRY(update_write(done.delta, cover, &update, &noise, why));
    TRY(safetensors_decode(buf_bytes(&update), &change, why));
    tensor_set_axpy(1, change, weights);
    return OK;
}

static enum err all_rounds(const struct audit_training *t, const struct audit_rows *rows, const float *scaling,
                           struct buf *out, struct why *why)
{
    CLEANUP(tensor_set_drop) struct tensor_set *weights = NULL;
    const struct plan *plan = t->order->plan;
    struct update_cover cover;
    TRY(rule_of(t, &cover, why));
    TRY(model_init(&plan->spec, plan->task.model.seed, &weights));
    TRY(encode(plan, weights, scaling, out));
    for (uint64_t round = 1; round <= t->rounds; round++) {
        TRY(one_round(t, rows, round, &cover, out, weights, why));
        TRY(encode(plan, weights, scaling, out));
    }
    secret_wipe(&cover, sizeof cover);
    return OK;
}

enum err audit_train(const struct audit_training *t, const struct audit_rows *rows, const struct table *scale,
                     struct buf *out, struct why *why)
{
    float *scaling = NULL;
    TRY(scaling_of(t->order->plan, scale, &scaling));
    enum err e = all_rounds(t, rows, scaling, out, why);
    free(scaling);
    return e;
}

/* ---- losses ---- */

/* log(1 + e^x) and log(sum e^z), without overflow. */
static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

static double row_loss(const float *z, size_t n, uint32_t label)
{
    if (n == 1) return softplus(label ? -(double)z[0] : (double)z[0]);
    double most = z[0];
    double sum = 0;
    for (size_t k = 1; k < n; k++) most = fmax(most, z[k]);
    for (size_t k = 0; k < n; k++) sum += exp(z[k] - most);
    return most + log(sum) - z[label];
}

struct session {
    const struct engine *engine;
    void *model;
};
static void session_end(struct session *s) { s->engine->free(s->model); }

enum err audit_losses(const struct audit_order *o, struct bytes model, const struct table *rows, double *out,
                      struct why *why)
{
    CLEANUP(incoming_fini) struct incoming in = { 0 };
    CLEANUP(table_fini) struct table copy = { 0 };
    CLEANUP(session_end) struct session s = { .engine = o->engine };
    size_t noutputs = o->plan->spec.noutputs;
    TRY(audit_copy(rows, &copy));
    TRY(incoming_read(model, &o->plan->spec, &in, why));
    TRY(incoming_scale(&in, &o->plan->task, &copy, why));
    TRY(o->engine->open(&o->plan->spec, in.weights, &s.model, why));
    float *z = calloc(copy.nrows ? copy.nrows * noutputs : 1, sizeof *z);
    if (z == NULL) return ERR_MEMORY;
    enum err e = o->engine->predict(s.model, copy.inputs, copy.nrows, z);
    for (size_t i = 0; i < copy.nrows && e == OK; i++) out[i] = row_loss(z + i * noutputs, noutputs, copy.labels[i]);
    secret_wipe(z, copy.nrows * noutputs * sizeof *z);
    free(z);
    return e;
}
