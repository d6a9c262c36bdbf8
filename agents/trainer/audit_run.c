#include "agents/trainer/audit_run.h"
#include "agents/trainer/audit_train.h"
#include "common/base/rng.h"
#include "common/base/secret.h"
#include "common/runtime/store.h"
#include <stdlib.h>
#include <string.h>

enum { LEAST_HELD_OUT = 8 };

/* Everything an audit holds; freed and wiped together. */
struct desk {
    const struct audit_order *order;
    struct stream *stream; /* coins, keys */
    struct rng rng;        /* made-up records */
    struct audit_rows training;
    struct table held_out;
    struct buf target;
    double *scores; /* as many as the largest list needs, twice */
    size_t nscores;
};

static void desk_close(struct desk *d)
{
    stream_free(d->stream);
    audit_rows_fini(&d->training);
    table_fini(&d->held_out);
    secret_buf_free(&d->target);
    if (d->scores) secret_wipe(d->scores, 2 * d->nscores * sizeof *d->scores);
    free(d->scores);
}

static enum err draw(void *stream, void *out, size_t n) { return stream_read(stream, out, n); }

static enum err take_training(const struct records *r, struct audit_rows *out)
{
    TRY(records_take(r, RECORDS_TRAINING, &out->table));
    out->starts = calloc(out->table.nrows + 1, sizeof *out->starts);
    if (out->starts == NULL) return ERR_MEMORY;
    out->nunits = records_units(r, out->starts);
    return OK;
}

static enum err open_desk(struct desk *d, struct why *why)
{
    const struct audit_order *o = d->order;
    uint64_t seed = 0;
    TRY(stream_new(o->key, &d->stream));
    TRY(stream_read(d->stream, &seed, sizeof seed));
    d->rng = rng_make(seed);
    TRY(take_training(o->records, &d->training));
    TRY(records_take(o->records, RECORDS_HELD_OUT, &d->held_out));
    if (d->held_out.nrows < LEAST_HELD_OUT || d->training.table.nrows < LEAST_HELD_OUT)
        return why_say(why, ERR_REFUSED, "an audit needs at least %d records that are trained on and as many held out",
                       LEAST_HELD_OUT);
    d->nscores = d->training.table.nrows + d->held_out.nrows + o->canaries;
    d->scores = calloc(2 * d->nscores, sizeof *d->scores);
    return d->scores ? OK : ERR_MEMORY;
}

static uint64_t rounds_of(const struct audit_order *o) { return o->rounds ? o->rounds : o->plan->task.rounds.count; }

static struct audit_training training_of(struct desk *d, bool hidden, uint64_t units)
{
    return (struct audit_training){ .order = d->order,
                                    .rounds = rounds_of(d->order),
                                    .hidden = hidden,
                                    .units = units,
                                    .random = draw,
                                    .source = d->stream };
}

static bool wants(const struct audit_order *o, enum audit_attack attack)
{
    return o->attacks == 0 || (o->attacks & 1u << attack);
}

static void negate(double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) v[i] = -v[i];
}

/* ---- the model attacked from outside ---- */

static enum err attack_threshold_run(struct desk *d, struct audit *a, struct why *why)
{
    size_t n = d->training.table.nrows;
    TRY(audit_losses(d->order, buf_bytes(&d->target), &d->training.table, d->scores, why));
    TRY(audit_losses(d->order, buf_bytes(&d->target), &d->held_out, d->scores + n, why));
    negate(d->scores, n + d->held_out.nrows);
    const struct attack_scores s = { d->scores, d->scores + n, n, d->held_out.nrows };
    TRY(audit_measure(AUDIT_THRESHOLD, &s, a->delta, &a->rows[a->n]));
    a->n++;
    return OK;
}

/* Every second row, from `first` on, each a unit of its own. */
static enum err every_second(const struct table *from, size_t first, struct audit_rows *out)
{
    size_t n = (from->nrows - first + 1) / 2;
    TRY(table_init(&out->table, n, from->ninputs));
    for (size_t i = 0; i < n; i++) {
        memcpy(out->table.inputs + i * from->ninputs, from->inputs + (2 * i + first) * from->ninputs,
               from->ninputs * sizeof *from->inputs);
        out->table.labels[i] = from->labels[2 * i + first];
    }
    return OK;
}

/* How much more the reference, which saw other records, loses on a record than the target. */
static enum err gained(struct desk *d, struct bytes reference, const struct table *rows, double *out, struct why *why)
{
    double *target = d->scores + d->nscores;
    TRY(audit_losses(d->order, reference, rows, out, why));
    TRY(audit_losses(d->order, buf_bytes(&d->target), rows, target, why));
    for (size_t i = 0; i < rows->nrows; i++) out[i] -= target[i];
    return OK;
}

static enum err attack_loss_run(struct desk *d, struct audit *a, struct why *why)
{
    CLEANUP(audit_rows_fini) struct audit_rows known = { .starts = NULL };
    CLEANUP(audit_rows_fini) struct audit_rows others = { .starts = NULL };
    CLEANUP(secret_buf_free) struct buf reference = buf_make(STORE_MAX_VALUE);
    size_t n = d->training.table.nrows;
    TRY(every_second(&d->held_out, 0, &known));
    TRY(every_second(&d->held_out, 1, &others));
    struct audit_training t = training_of(d, false, 0);
    TRY(audit_train(&t, &known, &d->training.table, &reference, why));
    TRY(gained(d, buf_bytes(&reference), &d->training.table, d->scores, why));
    TRY(gained(d, buf_bytes(&reference), &others.table, d->scores + n, why));
    const struct attack_scores s = { d->scores, d->scores + n, n, others.table.nrows };
    TRY(audit_measure(AUDIT_LOSS, &s, a->delta, &a->rows[a->n]));
    a->n++;
    return OK;
}

/* ---- canaries ---- */

/* A sum's task bounds how many units are trained on, and canaries are among them. */
static size_t canaries_of(const struct desk *d)
{
    size_t wanted = d->order->canaries;
    uint64_t most = d->order->plan->task.rounds.max_samples;
    if (!plan_is_summed(d->order->plan)) return wanted;
    uint64_t room = most > d->training.nunits ? most - d->training.nunits : 0;
    return wanted < room ? wanted : (size_t)room;
}

static enum err make_canaries(struct desk *d, struct table *out)
{
    const struct table *from = &d->held_out;
    size_t nclasses = model_nclasses(&d->order->plan->spec);
    TRY(table_init(out, canaries_of(d), from->ninputs));
    for (size_t i = 0; i < out->nrows; i++) {
        out->labels[i] = (uint32_t)rng_below(&d->rng, nclasses);
        for (size_t k = 0; k < out->ninputs; k++)
            out->inputs[i * out->ninputs + k] = from->inputs[rng_below(&d->rng, from->nrows) * from->ninputs + k];
    }
    return OK;
}

static enum err toss(struct desk *d, bool *in, size_t n, size_t *out_count)
{
    *out_count = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = 0;
        TRY(stream_read(d->stream, &byte, 1));
        in[i] = byte & 1;
        *out_count += in[i];
    }
    return OK;
}

/* The training rows, and behind them those canaries that are in, each a unit of its own. */
static enum err add_canaries(const struct audit_rows *base, const struct table *canaries, const bool *in, size_t count,
                             struct audit_rows *out)
{
    size_t n = base->table.nrows;
    size_t width = base->table.ninputs;
    TRY(table_init(&out->table, n + count, width));
    out->starts = calloc(base->nunits + count + 1, sizeof *out->starts);
    if (out->starts == NULL) return ERR_MEMORY;
    memcpy(out->table.inputs, base->table.inputs, n * width * sizeof(float));
    memcpy(out->table.labels, base->table.labels, n * sizeof(uint32_t));
    memcpy(out->starts, base->starts, (base->nunits + 1) * sizeof(uint32_t));
    out->nunits = base->nunits;
    for (size_t i = 0; i < canaries->nrows; i++) {
        if (!in[i]) continue;
        memcpy(out->table.inputs + n * width, canaries->inputs + i * width, width * sizeof(float));
        out->table.labels[n++] = canaries->labels[i];
        out->starts[++out->nunits] = (uint32_t)n;
    }
    return OK;
}

/* The rate of DP-SGD follows from a number of units that does not hang on the coins; so does the scaling. */
static enum err train_with(struct desk *d, const struct table *canaries, const bool *in, size_t count,
                           struct buf *model, struct audit *a, struct why *why)
{
    CLEANUP(audit_rows_fini) struct audit_rows rows = { .starts = NULL };
    struct audit_claim claim;
    struct audit_training t = training_of(d, true, d->training.nunits + canaries->nrows);
    TRY(audit_claim(&t, &claim, why));
    TRY(add_canaries(&d->training, canaries, in, count, &rows));
    TRY(audit_train(&t, &rows, &d->training.table, model, why));
    a->epsilon = claim.epsilon;
    a->delta = claim.delta;
    return OK;
}

/* A canary's score: how much its loss fell in training.  As many guesses as half of the canaries, chosen beforehand. */
static enum err guess(struct desk *d, const struct table *canaries, bool *in, struct audit *a, struct why *why)
{
    CLEANUP(secret_buf_free) struct buf trained = buf_make(STORE_MAX_VALUE);
    size_t count = 0;
    size_t n = canaries->nrows;
    TRY(toss(d, in, n, &count));
    TRY(train_with(d, canaries, in, count, &trained, a, why));
    TRY(audit_losses(d->order, buf_bytes(&d->target), canaries, d->scores, why));
    TRY(audit_losses(d->order, buf_bytes(&trained), canaries, d->scores + d->nscores, why));
    for (size_t i = 0; i < n; i++) d->scores[i] -= d->scores[d->nscores + i];
    return audit_canaries(a, d->scores, in, n, (n + 1) / 2);
}

static enum err attack_canary_run(struct desk *d, struct audit *a, struct why *why)
{
    CLEANUP(table_fini) struct table canaries = { 0 };
    if (canaries_of(d) < 4) return OK;
    TRY(make_canaries(d, &canaries));
    bool *in = calloc(canaries.nrows, sizeof *in);
    if (in == NULL) return ERR_MEMORY;
    enum err e = guess(d, &canaries, in, a, why);
    free(in);
    return e;
}

/* ---- all of it ---- */

typedef enum err attack_fn(struct desk *d, struct audit *a, struct why *why);
static attack_fn *const attacks[AUDIT_KINDS] = {
    [AUDIT_THRESHOLD] = attack_threshold_run,
    [AUDIT_LOSS] = attack_loss_run,
    [AUDIT_CANARY] = attack_canary_run,
};

static enum err work(struct desk *d, struct audit *a, struct why *why)
{
    struct audit_claim claim;
    TRY(open_desk(d, why));
    struct audit_training t = training_of(d, true, d->training.nunits);
    TRY(audit_claim(&t, &claim, why));
    a->epsilon = claim.epsilon;
    a->delta = claim.delta;
    a->records = d->training.table.nrows;
    TRY(audit_train(&t, &d->training, &d->training.table, &d->target, why));
    for (enum audit_attack k = 0; k < AUDIT_KINDS; k++)
        if (wants(d->order, k)) TRY(attacks[k](d, a, why));
    return OK;
}

enum err audit_run(const struct audit_order *o, struct audit *out, struct why *why)
{
    struct desk d = { .order = o, .target = buf_make(STORE_MAX_VALUE) };
    struct audit a = { 0 };
    if (o->canaries > AUDIT_CANARIES_MAX || rounds_of(o) > AUDIT_ROUNDS_MAX)
        return why_say(why, ERR_REFUSED, "at most %d canaries and %d rounds", AUDIT_CANARIES_MAX, AUDIT_ROUNDS_MAX);
    enum err e = work(&d, &a, why);
    desk_close(&d);
    if (e == OK) *out = a;
    return e;
}
