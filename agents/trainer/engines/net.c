#include "agents/trainer/engines/net.h"
#include "agents/trainer/engines/dense.h"
#include "agents/trainer/engines/dpsgd.h"
#include "agents/trainer/engines/gemm.h"
#include "agents/trainer/engines/loss.h"
#include "agents/trainer/engines/optimizer.h"
#include "agents/trainer/engines/unit_sum.h"
#include "common/base/secret.h"
#include "common/learn/sample.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PREDICT_ROWS = 256 };

struct net {
    struct model_spec spec;
    struct tensor_set *weights;
};

/* What one training needs beside the model; all of it is thrown away after. */
struct session {
    struct dense_tape tape;
    struct optimizer optimizer;
    struct tensor_set *origin;   /* weights at the start */
    struct tensor_set *gradient; /* of one batch */
    struct table batch;          /* its rows */
    uint32_t *order;             /* of all rows, shuffled each epoch */
};

static void net_free(void *model)
{
    struct net *net = model;
    if (net == NULL) return;
    tensor_set_free(net->weights);
    free(net);
}

static enum err net_create(const struct model_spec *spec, uint64_t seed, void **out, struct why *why)
{
    (void)why;
    struct net *net = calloc(1, sizeof *net);
    if (net == NULL) return ERR_MEMORY;
    net->spec = *spec;
    enum err e = model_init(spec, seed, &net->weights);
    if (e != OK) {
        net_free(net);
        return e;
    }
    *out = net;
    return OK;
}

static enum err net_load(void *model, const struct tensor_set *weights, struct why *why)
{
    struct net *net = model;
    TRY(model_check(&net->spec, weights, why));
    if (!tensor_set_finite(weights)) return why_say(why, ERR_INPUT, "the model has weights that are not finite");
    tensor_set_copy(weights, net->weights);
    return OK;
}

static enum err net_open(const struct model_spec *spec, const struct tensor_set *weights, void **out, struct why *why)
{
    TRY(model_check(spec, weights, why));
    if (!tensor_set_finite(weights)) return why_say(why, ERR_INPUT, "the model has weights that are not finite");
    struct net *net = calloc(1, sizeof *net);
    if (net == NULL) return ERR_MEMORY;
    net->spec = *spec;
    enum err e = tensor_set_clone(weights, &net->weights);
    if (e == OK)
        *out = net;
    else
        net_free(net);
    return e;
}

static enum err net_store(const void *model, struct tensor_set **out)
{
    const struct net *net = model;
    return tensor_set_clone(net->weights, out);
}

static void session_fini(struct session *s)
{
    dense_tape_fini(&s->tape);
    optimizer_fini(&s->optimizer);
    tensor_set_free(s->origin);
    tensor_set_free(s->gradient);
    table_fini(&s->batch);
    free(s->order);
}

static enum err session_init(struct session *s, const struct net *net, size_t nrows, const struct training *how)
{
    size_t batch = how->batch < nrows ? (size_t)how->batch : nrows;
    TRY(dense_tape_init(&s->tape, &net->spec, batch));
    TRY(optimizer_init(&s->optimizer, how, net->weights->nelements));
    TRY(tensor_set_clone(net->weights, &s->origin));
    TRY(tensor_set_zeros_like(net->weights, &s->gradient));
    TRY(table_init(&s->batch, batch, net->spec.ninputs));
    s->order = calloc(nrows, sizeof *s->order);
    return s->order ? OK : ERR_MEMORY;
}

static void gather(const struct table *rows, const uint32_t *which, size_t n, struct table *out)
{
    for (size_t i = 0; i < n; i++) {
        const float *row = rows->inputs + which[i] * rows->ninputs;
        memcpy(out->inputs + i * rows->ninputs, row, rows->ninputs * sizeof *row);
        out->labels[i] = rows->labels[which[i]];
    }
}

/* One step on the n rows named; returns the sum of their losses before it. */
static double step(struct net *net, struct session *s, const struct table *rows, const uint32_t *which, size_t n)
{
    gather(rows, which, n, &s->batch);
    dense_forward(&s->tape, net->weights, s->batch.inputs, n);
    double loss = loss_backward(dense_outputs(&s->tape), net->spec.noutputs, s->batch.labels, n);
    dense_backward(&s->tape, net->weights, s->batch.inputs, n, s->gradient);
    optimizer_step(&s->optimizer, net->weights->flat, s->gradient->flat, s->origin->flat);
    return loss;
}

static bool cancelled(const struct training_hooks *hooks)
{
    return hooks && hooks->cancelled && hooks->cancelled(hooks->self);
}

static enum err epoch(struct net *net, struct session *s, const struct table *rows, const struct training_hooks *hooks,
                      double *out_loss)
{
    double sum = 0;
    for (size_t at = 0; at < rows->nrows; at += s->batch.nrows) {
        size_t left = rows->nrows - at;
        if (cancelled(hooks)) return ERR_STATE;
        sum += step(net, s, rows, s->order + at, left < s->batch.nrows ? left : s->batch.nrows);
    }
    *out_loss = sum / (double)rows->nrows;
    return OK;
}

static enum err epochs(struct net *net, struct session *s, const struct table *rows, const struct training *how,
                       const struct training_hooks *hooks, double *out_loss, struct why *why)
{
    struct rng rng = rng_make(how->seed);
    for (size_t i = 0; i < rows->nrows; i++) s->order[i] = (uint32_t)i;
    for (uint64_t e = 1; e <= how->epochs; e++) {
        sample_shuffle(&rng, s->order, rows->nrows);
        if (epoch(net, s, rows, hooks, out_loss) != OK)
            return why_say(why, ERR_STATE, "the training was cancelled in epoch %llu", (unsigned long long)e);
        if (!isfinite(*out_loss) || !tensor_set_finite(net->weights))
            return why_say(why, ERR_INPUT, "the training diverged in epoch %llu; a smaller learning rate may help",
                           (unsigned long long)e);
        if (hooks && hooks->epoch_done) hooks->epoch_done(hooks->self, e, *out_loss);
    }
    return OK;
}

static enum err rows_check(const struct net *net, const struct table *rows, struct why *why)
{
    if (rows->ninputs != net->spec.ninputs)
        return why_say(why, ERR_INPUT, "rows of %zu inputs for a model of %zu", rows->ninputs, net->spec.ninputs);
    for (size_t i = 0; i < rows->nrows; i++)
        if (rows->labels[i] >= model_nclasses(&net->spec))
            return why_say(why, ERR_INPUT, "row %zu has class %u of %zu", i, (unsigned)rows->labels[i],
                           model_nclasses(&net->spec));
    return OK;
}

static enum err train_plainly(struct net *net, const struct table *rows, const struct training *how,
                              const struct training_hooks *hooks, double *out_loss, struct why *why)
{
    CLEANUP(session_fini) struct session s = { 0 };
    TRY(session_init(&s, net, rows->nrows, how));
    gemm_begin();
    return epochs(net, &s, rows, how, hooks, out_loss, why);
}

static enum err train_privately(struct net *net, const struct table *rows, const struct training *how,
                                const struct training_hooks *hooks, double *out_loss, struct why *why)
{
    TRY(training_check_units(how->privacy, rows->nrows, why));
    return dpsgd_train(&net->spec, net->weights, rows, how, hooks, out_loss, why);
}

static enum err net_train(void *model, const struct table *rows, const struct training *how,
                          const struct training_hooks *hooks, double *out_loss, struct why *why)
{
    struct net *net = model;
    CLEANUP(tensor_set_drop) struct tensor_set *before = NULL;
    double loss = 0;
    TRY(training_check(how, why));
    TRY(rows_check(net, rows, why));
    if (rows->nrows == 0 || rows->nrows > UINT32_MAX) return why_say(why, ERR_INPUT, "there are no rows to train on");
    TRY(tensor_set_clone(net->weights, &before));
    enum err e = (how->privacy ? train_privately : train_plainly)(net, rows, how, hooks, &loss, why);
    if (e != OK) tensor_set_copy(before, net->weights);
    if (e == OK) *out_loss = loss;
    return e;
}

static enum err net_unit_sum(const void *model, const struct table *rows, const struct training_privacy *privacy,
                             double *out, struct why *why)
{
    const struct net *net = model;
    TRY(training_check_privacy(privacy, why));
    TRY(rows_check(net, rows, why));
    TRY(training_check_units(privacy, rows->nrows, why));
    return unit_sum(&net->spec, net->weights, rows, privacy, out, why);
}

static enum err net_predict(const void *model, const float *inputs, size_t n, float *out)
{
    const struct net *net = model;
    CLEANUP(dense_tape_fini) struct dense_tape tape = { 0 };
    TRY(dense_tape_init(&tape, &net->spec, n < PREDICT_ROWS ? n + (n == 0) : PREDICT_ROWS));
    gemm_begin();
    for (size_t at = 0; at < n; at += PREDICT_ROWS) {
        size_t rows = n - at < PREDICT_ROWS ? n - at : PREDICT_ROWS;
        dense_forward(&tape, net->weights, inputs + at * net->spec.ninputs, rows);
        memcpy(out + at * net->spec.noutputs, dense_outputs(&tape), rows * net->spec.noutputs * sizeof *out);
    }
    return OK;
}

static enum err net_evaluate(const void *model, const struct table *rows, struct tally *tally)
{
    const struct net *net = model;
    TRY(rows_check(net, rows, NULL));
    if (tally->nclasses != model_nclasses(&net->spec)) return ERR_INPUT;
    float *outputs = calloc(rows->nrows * net->spec.noutputs + 1, sizeof *outputs);
    if (outputs == NULL) return ERR_MEMORY;
    enum err e = net_predict(model, rows->inputs, rows->nrows, outputs);
    if (e == OK) tally_add(tally, outputs, net->spec.noutputs, rows->labels, rows->nrows);
    secret_wipe(outputs, rows->nrows * net->spec.noutputs * sizeof *outputs);
    free(outputs);
    return e;
}

const struct engine net_engine = {
    .name = "net",
    .doc = "networks of dense layers: logistic, softmax, mlp",
    .create = net_create,
    .open = net_open,
    .free = net_free,
    .load = net_load,
    .store = net_store,
    .train = net_train,
    .unit_sum = net_unit_sum,
    .predict = net_predict,
    .evaluate = net_evaluate,
};
