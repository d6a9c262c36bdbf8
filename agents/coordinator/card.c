#include "agents/coordinator/card.h"
#include "agents/coordinator/stored.h"
#include "common/base/clock.h"
#include "common/terms/terms.h"
#include <inttypes.h>

static const char *const column_kinds[] = { "real", "integer", "category" };
static const char *const column_roles[] = { "feature", "label", "sensitive", "patient", "ignored" };
static const char *const scales[] = { "none", "ranges", "moments" };
static const char *const optimizers[] = { "sgd", "adam" };
static const char *const servers[] = { "sgd", "momentum", "adam", "yogi" };
static const char *const mechanisms[] = { "none", "gaussian", "laplace", "dp-sgd", "distributed" };
static const char *const units[] = { [UNIT_PATIENT] = "patient", [UNIT_SITE] = "hospital" };

static void text(struct buf *out, const char *name, const char *value, const char *after)
{
    buf_addf(out, "\"%s\": ", name);
    stored_add_text(out, str_of(value));
    buf_add_z(out, after);
}
static void real(struct buf *out, const char *name, double value, const char *after)
{
    buf_addf(out, "\"%s\": ", name);
    stored_add_real(out, value);
    buf_add_z(out, after);
}
static void count(struct buf *out, const char *name, uint64_t value, const char *after)
{
    buf_addf(out, "\"%s\": %" PRIu64 "%s", name, value, after);
}

static void write_identity(const struct version_row *v, struct buf *out)
{
    char stamp[CLOCK_STAMP_BYTES];
    text(out, "task", v->task, ",\n  ");
    count(out, "version", v->version, ",\n  ");
    text(out, "created", clock_stamp(v->created_ms, stamp), ",\n  ");
    text(out, "model", v->model, ",\n  ");
    text(out, "weights_sha256", v->sha256, ",\n  ");
    count(out, "weights_bytes", v->bytes, ",\n  ");
    buf_add_z(out, "\"lineage\": {");
    if (v->parent)
        count(out, "parent_version", v->parent, ", ");
    else
        buf_add_z(out, "\"parent_version\": null, ");
    text(out, "run", v->run, ", ");
    count(out, "round", v->round, ", ");
    text(out, "run_outcome", v->outcome, ", ");
    text(out, "task_sha256", v->digest, "},\n  ");
}

static void write_metrics(const struct version_row *v, struct buf *out)
{
    buf_add_z(out, "\"metrics\": {");
    text(out, "measured_on", "records held out at the hospitals, merged from counts", ", ");
    real(out, "loss", v->loss, ", ");
    real(out, "auc", v->auc, ", ");
    real(out, "accuracy", v->accuracy, ", ");
    real(out, "brier", v->brier, "},\n  ");
}

static void write_contract(const struct contract *c, struct buf *out)
{
    buf_add_z(out, "\"data_contract\": [");
    for (size_t i = 0; i < c->count; i++) {
        const struct column *column = &c->columns[i];
        buf_add_z(out, i ? ",\n    {" : "\n    {");
        text(out, "name", column->name, ", ");
        text(out, "kind", column_kinds[column->kind], ", ");
        text(out, "role", column_roles[column->role], ", ");
        real(out, "min", column->min, ", ");
        real(out, "max", column->max, ", ");
        text(out, "unit", column->unit, "}");
    }
    buf_add_z(out, "\n  ],\n  ");
}

static void write_training(const struct run *r, struct buf *out)
{
    const struct task *t = &r->task;
    buf_add_z(out, "\"training\": {");
    count(out, "rounds_run", r->head.round, ", ");
    count(out, "quorum", r->head.quorum, ", ");
    text(out, "standardise", scales[t->scale], ", ");
    text(out, "optimizer", optimizers[t->train.optimizer], ", ");
    real(out, "learning_rate", t->train.learning_rate, ", ");
    count(out, "epochs", t->train.epochs, ", ");
    count(out, "batch", t->train.batch, ", ");
    real(out, "proximal_mu", t->train.proximal_mu, ", ");
    real(out, "test_fraction", t->train.test_fraction, ", ");
    text(out, "server_optimizer", servers[t->server.optimizer], ", ");
    real(out, "server_learning_rate", t->server.learning_rate, ", ");
    count(out, "seed", t->model.seed, "},\n  ");
}

static void write_hospitals(const struct run *r, struct buf *out)
{
    const char *before = "\n    {";
    buf_add_z(out, "\"hospitals\": [");
    for (size_t i = 0; i < r->nsites; i++) {
        const struct site *s = &r->sites[i];
        if (s->membership != SITE_JOINED) continue;
        buf_add_z(out, before);
        text(out, "name", s->name, ", ");
        count(out, "records", s->records, ", ");
        count(out, "last_round", s->update_round, ", ");
        real(out, "noise_of_last_update", s->noise, ", ");
        real(out, "epsilon_spent_by_ledger", s->epsilon, "}");
        before = ",\n    {";
    }
    buf_add_z(out, "\n  ],\n  ");
}

static void write_privacy(const struct run *r, struct buf *out)
{
    const struct task *t = &r->task;
    buf_add_z(out, "\"privacy\": {");
    text(out, "mechanism", mechanisms[t->privacy.mechanism], ", ");
    bool distributed = t->privacy.mechanism == NOISE_DISTRIBUTED;
    bool run = distributed || t->privacy.mechanism == NOISE_DP_SGD; /* one promise for all rounds */
    if (distributed) text(out, "hides_each", units[t->privacy.unit], ", ");
    if (t->aggregation.secure) text(out, "secure_sums", secure_plan_learned(terms_mode(t)), ", ");
    real(out, run ? "epsilon_per_run" : "epsilon_per_round", t->privacy.epsilon, ", ");
    real(out, "delta", t->privacy.delta, ", ");
    real(out, "clip", t->privacy.clip, "}\n}\n");
}

void card_write(const struct run *r, const struct version_row *v, struct buf *out)
{
    buf_add_z(out, "{\n  ");
    write_identity(v, out);
    write_metrics(v, out);
    write_contract(&r->task.contract, out);
    write_training(r, out);
    write_hospitals(r, out);
    write_privacy(r, out);
}
