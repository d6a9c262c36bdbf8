#include "cli/compare_train.h"
#include "agents/trainer/train_job.h"
#include "common/learn/moments.h"
#include <stdlib.h>
#include <string.h>

struct session {
    const struct engine *engine;
    void *model;
};
static void session_end(struct session *s) { s->engine->free(s->model); }
static void drop_floats(float **p) { free(*p); }

enum err contest_union(const struct table *tables, size_t n, struct table *out)
{
    size_t rows = 0;
    for (size_t i = 0; i < n; i++) rows += tables[i].nrows;
    TRY(table_init(out, rows, n ? tables[0].ninputs : 0));
    rows = 0;
    for (size_t i = 0; i < n; i++) {
        const struct table *t = &tables[i];
        if (t->nrows) memcpy(out->inputs + rows * out->ninputs, t->inputs, t->nrows * t->ninputs * sizeof *t->inputs);
        if (t->nrows) memcpy(out->labels + rows, t->labels, t->nrows * sizeof *t->labels);
        rows += t->nrows;
    }
    return OK;
}

/* The scaling a federation of this one table would have. */
static enum err scale_of(const struct plan *plan, const struct table *train, struct incoming *in)
{
    CLEANUP(moments_fini) struct moments m = { 0 };
    if (plan->task.scale != SCALE_MOMENTS) return OK;
    TRY(moments_init(&m, train->ninputs));
    for (size_t i = 0; i < train->nrows; i++) moments_add(&m, train->inputs + i * train->ninputs);
    in->mean = calloc(train->ninputs, sizeof *in->mean);
    in->scale = calloc(train->ninputs, sizeof *in->scale);
    if (!in->mean || !in->scale) return ERR_MEMORY;
    moments_finish(&m, in->mean, in->scale);
    return OK;
}

static enum err scaled(const struct contest *c, const struct incoming *in, const struct table *rows, struct table *out,
                       struct why *why)
{
    TRY(contest_union(rows, 1, out));
    return incoming_scale(in, &c->plan->task, out, why);
}

static enum err score(const struct contest *c, const struct incoming *in, const void *model, struct metrics *out,
                      struct why *why)
{
    CLEANUP(table_fini) struct table rows = { 0 };
    CLEANUP(drop_floats) float *outputs = NULL;
    TRY(scaled(c, in, c->test, &rows, why));
    size_t noutputs = c->plan->spec.noutputs;
    outputs = calloc(rows.nrows * noutputs + 1, sizeof *outputs);
    if (!outputs) return ERR_MEMORY;
    TRY(c->engine->predict(model, rows.inputs, rows.nrows, outputs));
    return metrics_exact(outputs, noutputs, rows.labels, rows.nrows, out);
}

enum err contest_train(const struct contest *c, const struct table *train, struct metrics *out, struct why *why)
{
    CLEANUP(incoming_fini) struct incoming in = { 0 };
    CLEANUP(table_fini) struct table rows = { 0 };
    CLEANUP(session_end) struct session s = { .engine = c->engine };
    double loss = 0;
    TRY(scale_of(c->plan, train, &in));
    TRY(scaled(c, &in, train, &rows, why));
    TRY(c->engine->create(&c->plan->spec, c->plan->task.model.seed, &s.model, why));
    for (uint64_t round = 1; round <= c->rounds; round++) {
        struct training how = train_how(c->plan, round);
        how.proximal_mu = 0;
        TRY(c->engine->train(s.model, &rows, &how, NULL, &loss, why));
    }
    return score(c, &in, s.model, out, why);
}

enum err contest_score(const struct contest *c, struct bytes model, struct metrics *out, struct why *why)
{
    CLEANUP(incoming_fini) struct incoming in = { 0 };
    CLEANUP(session_end) struct session s = { .engine = c->engine };
    TRY(incoming_read(model, &c->plan->spec, &in, why));
    TRY(c->engine->open(&c->plan->spec, in.weights, &s.model, why));
    return score(c, &in, s.model, out, why);
}
