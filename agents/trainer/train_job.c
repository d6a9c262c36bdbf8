#include "agents/trainer/train_job.h"
#include "agents/trainer/incoming.h"
#include "common/base/secret.h"
#include "common/privacy/secure_plan.h"
#include <math.h>
#include <stdlib.h>

static const enum training_optimizer optimizers[] = {
    [OPTIMIZER_SGD] = TRAINING_SGD,
    [OPTIMIZER_ADAM] = TRAINING_ADAM,
};

struct training train_how(const struct plan *plan, uint64_t round)
{
    return (struct training){
        .optimizer = optimizers[plan->task.train.optimizer],
        .learning_rate = plan->task.train.learning_rate,
        .weight_decay = plan->task.train.weight_decay,
        .proximal_mu = plan->task.train.proximal_mu,
        .epochs = plan->task.train.epochs,
        .batch = plan->task.train.batch,
        .seed = plan->task.train.seed + round, /* another order of rows each round */
    };
}

struct session {
    const struct engine *engine;
    void *model;
};
static void session_end(struct session *s) { s->engine->free(s->model); }

/* Of a plan whose round is one step of all hospitals together: the step itself is the coordinator's. */
static enum err sum_units(const struct engine *engine, void *model, const struct table *rows,
                          const struct training_privacy *privacy, struct trained *t, struct why *why)
{
    t->gradient = calloc(secure_plan_room(t->ngradient), sizeof *t->gradient);
    if (t->gradient == NULL) return ERR_MEMORY;
    return engine->unit_sum(model, rows, privacy, t->gradient, why);
}

static bool is_finite(const struct trained *t)
{
    bool finite = t->delta == NULL || tensor_set_finite(t->delta);
    for (size_t i = 0; t->gradient && i < t->ngradient; i++) finite = finite && isfinite(t->gradient[i]);
    return finite;
}

static enum err train_weights(const struct engine *engine, const struct plan *plan, const struct table *rows,
                              const struct incoming *in, const struct training *how, const struct training_hooks *hooks,
                              struct trained *t, struct why *why)
{
    CLEANUP(session_end) struct session s = { .engine = engine };
    TRY(engine->open(&plan->spec, in->weights, &s.model, why));
    t->ngradient = in->weights->nelements;
    if (plan_is_summed(plan) && how->privacy) return sum_units(engine, s.model, rows, how->privacy, t, why);
    TRY(engine->train(s.model, rows, how, hooks, &t->loss, why));
    return engine->store(s.model, &t->delta);
}

enum err train_round(const struct engine *engine, const struct plan *plan, struct table *rows, struct buf *model,
                     uint64_t round, const struct training_privacy *privacy, const struct training_hooks *hooks,
                     struct trained *out, struct why *why)
{
    CLEANUP(incoming_fini) struct incoming in = { 0 };
    CLEANUP(trained_fini) struct trained t = { .samples = rows->nrows };
    TRY(incoming_take(model, &plan->spec, &in, why));
    TRY(incoming_scale(&in, &plan->task, rows, why));
    struct training how = train_how(plan, round);
    how.privacy = privacy;
    TRY(train_weights(engine, plan, rows, &in, &how, hooks, &t, why));
    if (t.delta) tensor_set_subtract(t.delta, in.weights, t.delta);
    if (!is_finite(&t)) return why_say(why, ERR_INPUT, "training did not stay finite");
    *out = t;
    t.delta = NULL;
    t.gradient = NULL;
    return OK;
}

void trained_fini(struct trained *t)
{
    if (t == NULL) return;
    if (t->gradient) secret_wipe(t->gradient, secure_plan_room(t->ngradient) * sizeof *t->gradient);
    free(t->gradient);
    tensor_set_free(t->delta);
    t->gradient = NULL;
    t->delta = NULL;
}
