/*
 * himas-compare -- was it worth it?  The federation's model beside each
 * hospital alone and beside pooled training, on the same held-out records.
 *
 * A composition: only where all records are at hand, as in a demo, can this be
 * asked at all.
 */
#include "agents/trainer/records.h"
#include "cli/compare_train.h"
#include "cli/federation.h"
#include "cli/visit.h"
#include "common/base/file.h"
#include "common/learn/safetensors.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 1 << 20, NOTES_ARENA_BYTES = 1 << 20, PATH_BYTES = 800, OUT_MAX_BYTES = 1 << 20 };
#define MODEL_MAX_BYTES ((size_t)1 << 30)

struct entry {
    char name[FEDERATION_NAME_BYTES + 16];
    size_t records; /* trained on */
    struct metrics m;
};
struct comparison {
    struct home home;
    struct federation *federation;
    struct plan *plan;
    struct buf model;
    char model_path[PATH_BYTES];
    uint64_t rounds; /* the model came out after */
    struct table train[FEDERATION_MAX_HOSPITALS];
    struct table test[FEDERATION_MAX_HOSPITALS];
    struct entry entries[FEDERATION_MAX_HOSPITALS + 2]; /* federation, pooled, then each alone */
    size_t n;
};

static void comparison_free(struct comparison **held)
{
    struct comparison *c = *held;
    if (!c) return;
    for (size_t i = 0; i < FEDERATION_MAX_HOSPITALS; i++) {
        table_fini(&c->train[i]);
        table_fini(&c->test[i]);
    }
    plan_drop(c->plan);
    buf_free(&c->model);
    free(c->federation);
    free(c);
}

/* ---- the federation's model ---- */

/* The coordinator writes it out and says where. */
static enum err export_model(const struct cli *cli, const struct call *call, struct comparison *c, struct str task,
                             struct why *why)
{
    struct result r;
    struct arg_pair pairs[] = { { STR("task"), task }, { STR("version"), call_text(call, "version") } };
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    TRY(visit_open(cli, &v, why));
    TRY(visit_ask(&v, "coordinator", STR("models export"), pairs, call_has(call, "version") ? 2 : 1, &r, why));
    enum err e = ERR_PROTO;
    for (const struct result_field *f = r.fields; f; f = f->next)
        if (str_is(f->name, "weights")) e = str_copy(f->value, c->model_path, sizeof c->model_path);
    result_free(&r);
    return e;
}

static enum err read_rounds(struct comparison *c, struct why *why)
{
    const struct safetensors_note *notes = NULL;
    size_t n = 0;
    CLEANUP(arena_free) struct arena arena = arena_make(NOTES_ARENA_BYTES);
    TRY(safetensors_notes(buf_bytes(&c->model), &arena, &notes, &n, why));
    c->rounds = c->plan->task.rounds.count;
    for (size_t i = 0; i < n; i++)
        if (str_is(notes[i].key, "himas.round")) TRY(str_u64(notes[i].value, &c->rounds));
    return OK;
}

/* ---- tasks and records ---- */

static enum err read_task(struct comparison *c, const struct call *call, struct why *why)
{
    const struct federation *f = c->federation;
    struct str wanted = call_text(call, "task");
    for (size_t i = 0; i < f->ntasks; i++) {
        CLEANUP(buf_free) struct buf text = buf_make(TEXT_MAX_BYTES);
        const char *slash = strrchr(f->tasks[i], '/');
        TRY(file_read(home_at(&c->home, "tasks/%s", slash ? slash + 1 : f->tasks[i]).text, &text, why));
        TRY(plan_new(buf_str(&text), &c->plan, why));
        if (!wanted.n || str_is(wanted, c->plan->task.name)) return OK;
        plan_drop(c->plan);
        c->plan = NULL;
    }
    return why_say(why, ERR_ABSENT, "there is no such task in %s", home_at(&c->home, "tasks").text);
}

static enum err read_records(struct comparison *c, size_t i, struct why *why)
{
    struct records *r = NULL;
    struct records_about about = { 0 };
    struct path path = home_at(&c->home, "agents/%s/records.csv", c->federation->hospitals[i]);
    const struct records_order order = { .path = path.text,
                                         .schema = "",
                                         .need = &c->plan->task.contract,
                                         .test_fraction = c->plan->task.train.test_fraction,
                                         .seed = c->plan->task.train.seed };
    enum err e = records_load(&order, &r, &about, why);
    if (e == OK) e = records_take(r, RECORDS_TRAINING, &c->train[i]);
    if (e == OK) e = records_take(r, RECORDS_HELD_OUT, &c->test[i]);
    records_about_fini(&about);
    records_drop(r);
    return e;
}

/* ---- the contest ---- */

static struct entry *add(struct comparison *c, const char *name, const char *more, size_t records)
{
    struct entry *e = &c->entries[c->n++];
    (void)snprintf(e->name, sizeof e->name, "%s%s", name, more);
    e->records = records;
    return e;
}

static enum err compete(struct comparison *c, struct why *why)
{
    size_t n = c->federation->nhospitals;
    CLEANUP(table_fini) struct table all = { 0 };
    CLEANUP(table_fini) struct table test = { 0 };
    TRY(contest_union(c->train, n, &all));
    TRY(contest_union(c->test, n, &test));
    const struct contest contest = { engine_find(STR("net")), c->plan, c->rounds, &test };
    TRY(contest_score(&contest, buf_bytes(&c->model), &add(c, "federation", "", all.nrows)->m, why));
    TRY(contest_train(&contest, &all, &add(c, "pooled", "", all.nrows)->m, why));
    for (size_t i = 0; i < n; i++) {
        struct entry *e = add(c, c->federation->hospitals[i], " alone", c->train[i].nrows);
        TRY(contest_train(&contest, &c->train[i], &e->m, why));
    }
    return OK;
}

/* ---- the table ---- */

static void add_row(const struct entry *e, struct result *r)
{
    char text[4][32];
    (void)snprintf(text[0], sizeof text[0], "%zu", e->records);
    (void)snprintf(text[1], sizeof text[1], "%.4f", e->m.auc);
    (void)snprintf(text[2], sizeof text[2], "%.4f", e->m.accuracy);
    (void)snprintf(text[3], sizeof text[3], "%.4f", e->m.loss);
    const char *const cells[] = { e->name, text[0], text[1], text[2], text[3], NULL };
    result_row(r, cells);
}

static double difference(const struct comparison *c) { return fabs(c->entries[0].m.auc - c->entries[1].m.auc); }

static void tell(const struct comparison *c, double tolerance, struct result *r)
{
    static const char *const columns[] = { "model", "records", "AUC", "accuracy", "loss", NULL };
    size_t held_out = 0;
    for (size_t i = 0; i < c->federation->nhospitals; i++) held_out += c->test[i].nrows;
    result_say(r, "%s, %llu rounds; all scored on the same %zu held-out records of %zu hospitals", c->plan->task.name,
               (unsigned long long)c->rounds, held_out, c->federation->nhospitals);
    result_field(r, "auc_difference", "%.4f", difference(c));
    result_field(r, "tolerance", "%g", tolerance);
    result_field(r, "model", "%s", c->model_path);
    result_columns(r, columns);
    for (size_t i = 0; i < c->n; i++) add_row(&c->entries[i], r);
}

static enum err prepare(const struct cli *cli, const struct call *call, struct comparison *c, struct why *why)
{
    TRY(home_open(cli->data, &c->home, why));
    TRY(home_need(&c->home, why));
    federation_default(c->federation);
    TRY(federation_read(home_at(&c->home, "federation.yaml").text, c->federation, why));
    TRY(read_task(c, call, why));
    TRY(export_model(cli, call, c, str_of(c->plan->task.name), why));
    TRY(file_read(c->model_path, &c->model, why));
    TRY(read_rounds(c, why));
    for (size_t i = 0; i < c->federation->nhospitals; i++) TRY(read_records(c, i, why));
    return OK;
}

static enum err run(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    struct result r;
    CLEANUP(comparison_free) struct comparison *c = calloc(1, sizeof *c);
    if (!c || !(c->federation = calloc(1, sizeof *c->federation))) return ERR_MEMORY;
    c->model = buf_make(MODEL_MAX_BYTES);
    double tolerance = call_f64(&call->call, "tolerance");
    TRY(prepare(cli, &call->call, c, why));
    TRY(compete(c, why));
    result_init(&r);
    tell(c, tolerance, &r);
    if (difference(c) > tolerance) r.code = ERR_DATA;
    enum err e = visit_put(cli, &r, why);
    result_free(&r);
    TRY(e);
    if (difference(c) <= tolerance) return OK;
    if (cli->json) return *why = (struct why){ "" }, ERR_DATA;
    return why_say(why, ERR_DATA, "the federation's AUC differs from pooled training's by %.4f, more than %g",
                   difference(c), tolerance);
}

int main(int argc, char **argv) { return cli_main(argc, argv, "compare", run); }
