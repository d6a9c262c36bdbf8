#include "agents/trainer/evaluate.h"
#include "agents/trainer/incoming.h"

struct session {
    const struct engine *engine;
    void *model;
};
static void session_end(struct session *s) { s->engine->free(s->model); }

enum err evaluate_round(const struct engine *engine, const struct plan *plan, struct table *rows, struct buf *model,
                        struct tally *out, struct why *why)
{
    CLEANUP(incoming_fini) struct incoming in = { 0 };
    CLEANUP(tally_fini) struct tally t = { 0 };
    CLEANUP(session_end) struct session s = { .engine = engine };
    TRY(incoming_take(model, &plan->spec, &in, why));
    TRY(incoming_scale(&in, &plan->task, rows, why));
    TRY(tally_init(&t, model_nclasses(&plan->spec)));
    TRY(engine->open(&plan->spec, in.weights, &s.model, why));
    TRY(engine->evaluate(s.model, rows, &t));
    *out = t;
    t = (struct tally){ 0 };
    return OK;
}
