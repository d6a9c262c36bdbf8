#include "agents/trainer/job.h"
#include "agents/trainer/evaluate.h"
#include "common/base/secret.h"
#include "common/runtime/store.h"
#include <stdlib.h>
#include <string.h>

typedef enum err job_step_fn(struct job *j);

enum err job_new(const struct job_order *order, struct job **out)
{
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL) return ERR_MEMORY;
    j->work = *order->work;
    j->engine = order->engine;
    j->plan = plan_hold(order->plan);
    j->records = records_hold(order->records);
    j->keep_records = order->work->kind != WORK_SCAN;
    j->model = buf_make(STORE_MAX_VALUE);
    j->update = buf_make(STORE_MAX_VALUE);
    atomic_init(&j->progress, 0);
    atomic_init(&j->cancelled, false);
    enum err e = str_copy(str_of(order->path), j->path, sizeof j->path);
    if (e == OK) e = str_copy(str_of(order->schema), j->schema, sizeof j->schema);
    if (e == OK)
        *out = j;
    else
        job_free(j);
    return e;
}

void job_free(void *job)
{
    struct job *j = job;
    if (j == NULL) return;
    plan_drop(j->plan);
    records_drop(j->records);
    records_about_fini(&j->about);
    moments_fini(&j->moments);
    tally_fini(&j->tally);
    buf_free(&j->model);
    secret_buf_free(&j->update);
    secure_numbers_fini(&j->numbers);
    secret_wipe(&j->cover, sizeof j->cover);
    free(j);
}

static enum err load(struct job *j)
{
    if (j->records != NULL) return OK;
    struct records_order order = { .path = j->path, .schema = j->schema };
    if (j->plan != NULL) {
        order.need = &j->plan->task.contract;
        order.test_fraction = j->plan->task.train.test_fraction;
        order.seed = j->plan->task.train.seed;
    }
    j->looked = true;
    j->stamp = records_stamp(j->path);
    if (!j->stamp.there) return why_say(&j->why, ERR_IO, "the records file is not there");
    TRY(records_load(&order, j->keep_records ? &j->records : NULL, &j->about, &j->why));
    j->loaded = true;
    return OK;
}

static enum err do_nothing(struct job *j)
{
    (void)j;
    return OK;
}

static enum err do_count(struct job *j)
{
    j->samples = records_count(j->records, RECORDS_TRAINING);
    return OK;
}

/* The moments of what the model will see: missing values filled, in the file's units. */
static enum err do_moments(struct job *j)
{
    CLEANUP(table_fini) struct table rows = { 0 };
    TRY(records_take(j->records, RECORDS_TRAINING, &rows));
    TRY(moments_init(&j->moments, rows.ninputs));
    for (size_t i = 0; i < rows.nrows; i++) moments_add(&j->moments, rows.inputs + i * rows.ninputs);
    j->samples = rows.nrows;
    return OK;
}

static bool is_cancelled(void *self) { return atomic_load(&((struct job *)self)->cancelled); }

static void epoch_done(void *self, uint64_t epoch, double loss)
{
    struct job *j = self;
    (void)loss;
    atomic_store(&j->progress, (double)epoch / (double)j->plan->task.train.epochs);
}

/* How the rows' units are hidden, as it was paid for. */
static enum err cover_training(struct job *j, uint32_t *starts, struct training_privacy *out)
{
    const struct unit_rule *r = &j->cover.unit;
    *out = (struct training_privacy){ .clip = r->clip,
                                      .noise = r->noise,
                                      .rate = r->rate,
                                      .steps = r->steps,
                                      .nunits = records_units(j->records, starts),
                                      .starts = starts };
    memcpy(out->key, j->cover.key, sizeof out->key);
    return out->nunits == r->units ? OK : ERR_BUG;
}

static enum err do_cover(struct job *j, struct table *rows, const struct training_hooks *hooks, struct trained *t)
{
    struct training_privacy privacy;
    uint32_t *starts = calloc(rows->nrows + 1, sizeof *starts);
    if (starts == NULL) return ERR_MEMORY;
    enum err e = cover_training(j, starts, &privacy);
    if (e == OK) e = train_round(j->engine, j->plan, rows, &j->model, j->work.round, &privacy, hooks, t, &j->why);
    secret_wipe(&privacy, sizeof privacy);
    free(starts);
    return e;
}

static enum err put_into_sum(struct job *j, struct trained *t)
{
    struct secure_source source = { &j->sum_plan, &j->sum, j->cover.unit.units, j->cover.wanted ? j->cover.key : NULL };
    return secure_numbers_take(&source, t, &j->numbers, &j->why);
}

static enum err do_train(struct job *j)
{
    CLEANUP(table_fini) struct table rows = { 0 };
    CLEANUP(trained_fini) struct trained t = { 0 };
    struct training_hooks hooks = { .self = j, .cancelled = is_cancelled, .epoch_done = epoch_done };
    TRY(records_take(j->records, RECORDS_TRAINING, &rows));
    if (j->cover.in_training || (j->cover.in_sum && !j->cover.unit.site))
        TRY(do_cover(j, &rows, &hooks, &t));
    else
        TRY(train_round(j->engine, j->plan, &rows, &j->model, j->work.round, NULL, &hooks, &t, &j->why));
    j->noise = update_training_noise(&j->cover);
    j->samples = t.samples;
    j->loss = t.loss;
    return j->summed ? put_into_sum(j, &t) : update_write(t.delta, &j->cover, &j->update, &j->noise, &j->why);
}

static enum err do_evaluate(struct job *j)
{
    CLEANUP(table_fini) struct table rows = { 0 };
    TRY(records_take(j->records, RECORDS_HELD_OUT, &rows));
    return evaluate_round(j->engine, j->plan, &rows, &j->model, &j->tally, &j->why);
}

static job_step_fn *const steps[WORK_KINDS] = {
    [WORK_SCAN] = do_nothing, [WORK_INVITE] = do_count,      [WORK_STATS] = do_moments,
    [WORK_TRAIN] = do_train,  [WORK_EVALUATE] = do_evaluate,
};

void job_run(void *job)
{
    struct job *j = job;
    j->err = load(j);
    if (j->err == OK && !j->only_read) j->err = steps[j->work.kind](j);
    if (j->err != OK) buf_clear(&j->update); /* half an update is none */
}
