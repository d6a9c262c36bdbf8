#include "agents/coordinator/merge.h"
#include "agents/coordinator/aggregate.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/global.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "agents/coordinator/server_opt.h"
#include "agents/coordinator/weights.h"
#include "common/learn/safetensors.h"
#include "common/runtime/relay.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MERGE_BATCH_BYTES = 8 << 20, /* of updates in memory */
    MERGE_BATCH_MAX = 1024,      /* updates in memory */
    MERGE_PIECE_BYTES = 1 << 20  /* of the next checkpoint; longer ones are written away as they grow */
};
static const char *const halves[] = { "model", "memory" }; /* of what is half made, behind "half/<run>/" */
enum { HALF_MODEL, HALF_MEMORY, HALVES };

struct part {   /* one update, in the store */
    char *tail; /* owned; of its key */
    double weight;
    struct weights where;
};
/* What comes out, a window after another. */
struct half {
    struct buf bytes; /* not yet written */
    bool written;     /* some are, under its key */
};

/* Everything the worker touches; the run itself stays with the loop. */
struct merge {
    char run[MSG_RUN_BYTES], task[TASK_NAME_BYTES], digest[RUN_DIGEST_BYTES];
    uint64_t round;
    struct model_spec spec;
    struct task_server_opt opt;
    struct part *parts; /* owned, in the order of adding */
    size_t nparts, cap_parts;
    struct weights base; /* of the round's model */
    size_t at, n;        /* the window: first number and how many */
    size_t next;         /* first part not yet in a batch of this window */
    float *batch;        /* nbatch times n numbers: of the parts before `next` */
    size_t nbatch;
    struct aggregate sum; /* of the window; its room is for a whole one */
    float *model;         /* the window of the round's model, then of the next one */
    double *memory;       /* the window's */
    bool has_memory;      /* it was stored, not begun */
    double mean, start;   /* sums of squares so far: of the mean of the updates, and of the round's model */
    struct half halves[HALVES];
    enum err err; /* of the worker */
    struct why why;
};
static void merge_free(void *work)
{
    struct merge *m = work;
    if (m == NULL) return;
    for (size_t i = 0; i < m->nparts; i++) free(m->parts[i].tail);
    free(m->parts);
    free(m->batch);
    free(m->model);
    free(m->memory);
    aggregate_fini(&m->sum);
    for (size_t i = 0; i < HALVES; i++) buf_free(&m->halves[i].bytes);
    free(m);
}
static void merge_drop(struct merge **m) { merge_free(*m); }

/* ---- on the worker ---- */

static void add_batch(struct merge *m)
{
    double weights[MERGE_BATCH_MAX];
    for (size_t i = 0; i < m->nbatch; i++) weights[i] = m->parts[m->next - m->nbatch + i].weight;
    aggregate_add_all(&m->sum, m->batch, weights, m->nbatch);
}

/* For the guardian: how far the hospitals moved the model, before the server's own step. */
static void add_squares(struct merge *m)
{
    for (size_t i = 0; i < m->n; i++) m->mean += m->sum.sum[i] * m->sum.sum[i];
    for (size_t i = 0; i < m->n; i++) m->start += (double)m->model[i] * (double)m->model[i];
}

/* Updates were checked when they came; a second look costs little and keeps a damaged store out of the model. */
static enum err step_window(struct merge *m)
{
    if (!aggregate_finite(&m->sum))
        return why_say(&m->why, ERR_INPUT, "a stored update holds numbers that are not finite");
    TRY(aggregate_finish(&m->sum));
    add_squares(m);
    if (!m->has_memory) server_opt_begin(&m->opt, m->memory, m->n);
    server_opt_step(&m->opt, m->memory, m->sum.sum, m->model, m->n);
    if (!floats_finite(m->model, m->n))
        return why_say(&m->why, ERR_STATE, "the server's step left the range of float32; lower server.learning_rate");
    return OK;
}

static void merge_piece(void *work)
{
    struct merge *m = work;
    if (m->err == OK) add_batch(m);
    if (m->err == OK && m->next == m->nparts) m->err = step_window(m);
}

/* ---- on the loop: reading ---- */

static size_t memory_doubles(const struct merge *m, size_t n) { return server_opt_memory(m->opt.optimizer) * n; }

static struct blob kept(char key[STORE_MAX_KEY], const char *kind, const struct run *r, const char *tail)
{
    return (struct blob){ .kept = journal_key(key, kind, r, tail) };
}

static struct blob base_blob(const struct merge *m, const struct run *r, char key[STORE_MAX_KEY])
{
    char tail[32];
    return kept(key, "model", r, journal_round_tail(m->round - 1, tail));
}

static enum err load_batch(struct merge *m, struct run *r)
{
    char key[STORE_MAX_KEY];
    size_t most = MERGE_BATCH_BYTES / (m->n * sizeof(float));
    if (most > MERGE_BATCH_MAX) most = MERGE_BATCH_MAX;
    for (m->nbatch = 0; m->next < m->nparts && m->nbatch < most; m->next++, m->nbatch++) {
        const struct part *p = &m->parts[m->next];
        struct blob delta = kept(key, "delta", r, p->tail);
        TRY(weights_read(r->home->agent, &delta, &p->where, m->at, m->n, m->batch + m->nbatch * m->n));
    }
    return OK;
}

static enum err load_memory(struct merge *m, struct run *r)
{
    char key[STORE_MAX_KEY];
    uint64_t bytes = 0;
    struct blob b = kept(key, "memory", r, "");
    enum err e = agent_size(r->home->agent, b.kept, &bytes);
    if (e != OK && e != ERR_ABSENT) return e;
    m->has_memory = bytes > 0 && bytes == memory_doubles(m, m->base.total) * sizeof(double);
    if (!m->has_memory) return OK;
    return agent_read(r->home->agent, b.kept, memory_doubles(m, m->at) * sizeof(double),
                      memory_doubles(m, m->n) * sizeof(double), m->memory);
}

static enum err load_window(struct merge *m, struct run *r)
{
    char key[STORE_MAX_KEY];
    struct blob base = base_blob(m, r, key);
    size_t left = m->base.total - m->at;
    m->n = left < WEIGHTS_WINDOW ? left : WEIGHTS_WINDOW;
    m->next = 0;
    aggregate_begin(&m->sum, m->n);
    TRY(weights_read(r->home->agent, &base, &m->base, m->at, m->n, m->model));
    TRY(load_memory(m, r));
    return load_batch(m, r);
}

/* ---- on the loop: writing ---- */

static enum err put_away(struct merge *m, struct run *r, int which)
{
    char key[STORE_MAX_KEY];
    struct half *h = &m->halves[which];
    TRY(agent_append(r->home->agent, journal_key(key, "half", r, halves[which]), buf_bytes(&h->bytes)));
    h->written = true;
    buf_clear(&h->bytes);
    return OK;
}

static enum err add_to(struct merge *m, struct run *r, int which, struct bytes more)
{
    struct half *h = &m->halves[which];
    buf_add(&h->bytes, more.p, more.n);
    TRY(buf_err(&h->bytes));
    return h->bytes.n > MERGE_PIECE_BYTES ? put_away(m, r, which) : OK;
}

/* What was written away gets its name; what was not is simply written. */
static enum err end_half(struct merge *m, struct run *r, int which, const char *tail)
{
    char from[STORE_MAX_KEY];
    char to[STORE_MAX_KEY];
    struct half *h = &m->halves[which];
    if (!h->written && h->bytes.n == 0) return OK;
    if (!h->written) return journal_put(r, halves[which], tail, buf_bytes(&h->bytes));
    TRY(put_away(m, r, which));
    TRY(agent_link(r->home->agent, journal_key(from, "half", r, halves[which]),
                   journal_key(to, halves[which], r, tail)));
    return journal_drop(r, "half", halves[which]);
}

static enum err add_scaling(struct merge *m, struct run *r)
{
    char key[STORE_MAX_KEY];
    CLEANUP(buf_free) struct buf scaling = buf_make(2 * MODEL_MAX_INPUTS * sizeof(float));
    struct blob base = base_blob(m, r, key);
    if (m->base.scaling_bytes == 0) return OK;
    uint8_t *to = buf_grow(&scaling, (size_t)m->base.scaling_bytes);
    if (to == NULL) return buf_err(&scaling);
    TRY(agent_blob_read(r->home->agent, &base, m->base.scaling_at, scaling.n, to));
    return add_to(m, r, HALF_MODEL, buf_bytes(&scaling));
}

static enum err keep_window(struct merge *m, struct run *r)
{
    TRY(add_to(m, r, HALF_MODEL, bytes_of(m->model, m->n * sizeof *m->model)));
    return add_to(m, r, HALF_MEMORY, bytes_of(m->memory, memory_doubles(m, m->n) * sizeof *m->memory));
}

static enum err keep_result(struct merge *m, struct run *r)
{
    char tail[32];
    TRY(add_scaling(m, r));
    TRY(end_half(m, r, HALF_MODEL, journal_round_tail(r->head.round, tail)));
    TRY(end_half(m, r, HALF_MEMORY, ""));
    r->head.mean_norm = sqrt(m->mean);
    r->head.start_norm = sqrt(m->start);
    return journal_drop_merged(r);
}

/* ---- going on ---- */

/* Reads what is to be done next; *out_more: there was something. */
static enum err next_piece(struct merge *m, struct run *r, bool *out_more)
{
    *out_more = true;
    if (m->next < m->nparts) return load_batch(m, r);
    TRY(keep_window(m, r));
    m->at += m->n;
    *out_more = m->at < m->base.total;
    return *out_more ? load_window(m, r) : OK;
}

static enum err go_on(struct coordinator *c, struct merge *m, bool *out_more)
{
    struct run *r = coordinator_run(c, m->run);
    bool wanted = r != NULL && r->head.state == RUN_AGGREGATING && r->head.round == m->round;
    if (!wanted) return OK;
    if (m->err != OK) {
        (void)why_say(&r->broken, m->err, "%s", m->why.text[0] ? m->why.text : err_text(m->err));
        return round_step(r, EVENT_BROKEN, NULL);
    }
    TRY(next_piece(m, r, out_more));
    if (*out_more) return OK;
    TRY(keep_result(m, r));
    return round_step(r, EVENT_MERGED, NULL);
}

static enum err merge_keep(struct agent *a, void *self, void *work, bool *out_more)
{
    (void)a;
    return keep_whole(go_on(self, work, out_more));
}

static const struct relay merging = { merge_piece, merge_keep, merge_free };

/* ---- beginning ---- */

static enum err collect_part(void *to, const char *key, struct bytes value)
{
    struct merge *m = to;
    struct update_row row;
    TRY(journal_read_update(value, &row));
    if (m->nparts == m->cap_parts) {
        size_t cap = m->cap_parts ? 2 * m->cap_parts : 16;
        struct part *grown = realloc(m->parts, cap * sizeof *grown);
        if (grown == NULL) return ERR_MEMORY;
        m->parts = grown;
        m->cap_parts = cap;
    }
    const char *tail = key + strlen("update/") + strlen(m->run) + 1;
    char *copy = strdup(tail);
    if (copy == NULL) return ERR_MEMORY;
    m->parts[m->nparts++] = (struct part){ .tail = copy, .weight = row.weight };
    return OK;
}

static enum err collect(struct merge *m, struct run *r)
{
    char prefix[STORE_MAX_KEY];
    char key[STORE_MAX_KEY];
    char tail[32];
    enum weights_defect defect;
    (void)snprintf(prefix, sizeof prefix, "update/%s/%s/", r->id, journal_round_tail(m->round, tail));
    TRY(agent_scan(r->home->agent, prefix, collect_part, m));
    for (size_t i = 0; i < m->nparts; i++) {
        struct blob delta = kept(key, "delta", r, m->parts[i].tail);
        TRY(weights_of_update(r->home->agent, &delta, &m->spec, &m->parts[i].where, &defect, &m->why));
    }
    return OK;
}

static struct merge *merge_new(const struct run *r)
{
    struct merge *m = calloc(1, sizeof *m);
    if (m == NULL) return NULL;
    (void)snprintf(m->run, sizeof m->run, "%s", r->id);
    (void)snprintf(m->task, sizeof m->task, "%s", r->task.name);
    (void)snprintf(m->digest, sizeof m->digest, "%s", r->head.digest);
    m->round = r->head.round;
    m->spec = r->spec;
    m->opt = r->task.server;
    for (size_t i = 0; i < HALVES; i++) m->halves[i].bytes = buf_make(STORE_MAX_VALUE);
    return m;
}

/* Room for one window of everything. */
static enum err make_room(struct merge *m)
{
    size_t n = m->base.total < WEIGHTS_WINDOW ? m->base.total : WEIGHTS_WINDOW;
    size_t updates = MERGE_BATCH_BYTES / (n * sizeof(float));
    if (updates > m->nparts) updates = m->nparts;
    if (updates > MERGE_BATCH_MAX) updates = MERGE_BATCH_MAX;
    m->model = calloc(n, sizeof *m->model);
    m->memory = calloc(memory_doubles(m, n) + 1, sizeof *m->memory);
    m->batch = calloc(updates * n + 1, sizeof *m->batch);
    if (m->model == NULL || m->memory == NULL || m->batch == NULL) return ERR_MEMORY;
    return aggregate_init(&m->sum, n);
}

static enum err add_head(struct merge *m, struct run *r)
{
    CLEANUP(buf_free) struct buf head = buf_make(SAFETENSORS_LENGTH_BYTES + SAFETENSORS_MAX_HEADER_BYTES);
    struct global_label label = { m->task, m->digest, m->run, m->round };
    size_t nscaling = (size_t)m->base.scaling_bytes / (2 * sizeof(float));
    TRY(global_head(&m->spec, nscaling, &label, &head));
    return add_to(m, r, HALF_MODEL, buf_bytes(&head));
}

/* What a merge that was cut short has left is dropped first. */
static enum err prepare(struct merge *m, struct run *r)
{
    char key[STORE_MAX_KEY];
    struct blob base = base_blob(m, r, key);
    for (size_t i = 0; i < HALVES; i++) TRY(journal_drop(r, "half", halves[i]));
    TRY(weights_of_checkpoint(r->home->agent, &base, &m->spec, &m->base));
    TRY(collect(m, r));
    TRY(make_room(m));
    TRY(add_head(m, r));
    return load_window(m, r);
}

enum err merge_begin(struct run *r)
{
    CLEANUP(merge_drop) struct merge *m = merge_new(r);
    if (m == NULL) return ERR_MEMORY;
    enum err e = prepare(m, r);
    if (e == ERR_INPUT || e == ERR_LIMIT)
        m->err = e; /* a stored update is damaged: the worker's end says so */
    else
        TRY(e);
    struct merge *taken = m;
    m = NULL;
    return relay_begin(r->home->agent, &merging, taken);
}
