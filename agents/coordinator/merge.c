#include "agents/coordinator/merge.h"
#include "agents/coordinator/aggregate.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/global.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "agents/coordinator/server_opt.h"
#include "common/learn/safetensors.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MERGE_BATCH_BYTES = 64 << 20, MERGE_BATCH_MAX = 256 };

struct part {   /* one update, still in the store */
    char *tail; /* owned; of its key */
    double weight;
};
struct item { /* one update in memory */
    struct buf bytes;
    double weight;
};

/* Everything the worker touches; the run itself stays with the loop. */
struct merge {
    char run[MSG_RUN_BYTES], task[TASK_NAME_BYTES], digest[RUN_DIGEST_BYTES];
    uint64_t round;
    struct model_spec spec;
    struct server_opt opt;
    struct part *parts; /* owned, in the order of adding */
    size_t nparts, cap_parts;
    size_t next; /* first part not yet in a batch */
    struct item batch[MERGE_BATCH_MAX];
    size_t nbatch;
    struct aggregate sum;
    struct buf model;  /* in: the round's model; out: the next one */
    struct buf memory; /* in and out: doubles */
    enum err err;      /* of the worker */
    struct why why;
};
/* What the runtime owns: after done has handed the merge on, the job is an empty shell. */
struct merge_job {
    struct merge *merge;
};

static void drop_batch(struct merge *m)
{
    for (size_t i = 0; i < m->nbatch; i++) buf_free(&m->batch[i].bytes);
    m->nbatch = 0;
}

static void merge_free(struct merge *m)
{
    if (m == NULL) return;
    drop_batch(m);
    for (size_t i = 0; i < m->nparts; i++) free(m->parts[i].tail);
    free(m->parts);
    aggregate_fini(&m->sum);
    buf_free(&m->model);
    buf_free(&m->memory);
    free(m);
}
static void merge_drop(struct merge **m) { merge_free(*m); }

/* ---- on the worker ---- */

/* It was checked when it came; a second look costs little and keeps a damaged store out of the model. */
static enum err add_item(struct merge *m, const struct item *item)
{
    CLEANUP(tensor_set_drop) struct tensor_set *delta = NULL;
    enum refusal reason;
    struct check_limits limits = { .spec = &m->spec };
    TRY(check_update(&limits, buf_bytes(&item->bytes), &delta, &reason, &m->why));
    if (m->sum.sum == NULL) TRY(aggregate_init(&m->sum, delta->nelements));
    aggregate_add(&m->sum, delta->flat, item->weight);
    return OK;
}

static enum err ready_memory(struct merge *m, size_t nweights)
{
    size_t bytes = server_opt_memory(m->opt.kind) * nweights * sizeof(double);
    if (m->memory.n == bytes) return OK;
    buf_clear(&m->memory);
    if (bytes > 0 && buf_grow(&m->memory, bytes) == NULL) return buf_err(&m->memory);
    server_opt_begin(&m->opt, (double *)(void *)m->memory.p, nweights);
    return OK;
}

static enum err step_model(struct merge *m)
{
    CLEANUP(tensor_set_drop) struct tensor_set *model = NULL;
    size_t nweights;
    TRY(global_read(&m->spec, buf_bytes(&m->model), &model, &nweights));
    if (m->sum.n != nweights) return why_say(&m->why, ERR_STORE, "the checkpoint is of another model");
    TRY(aggregate_finish(&m->sum));
    TRY(ready_memory(m, nweights));
    server_opt_step(&m->opt, (double *)(void *)m->memory.p, m->sum.sum, model->flat, nweights);
    if (!tensor_set_finite(model))
        return why_say(&m->why, ERR_STATE, "the server's step left the range of float32; lower server.learning_rate");
    buf_clear(&m->model);
    struct global_label label = { m->task, m->digest, m->run, m->round };
    return global_write(&m->spec, model, &label, &m->model);
}

static void merge_run(void *job)
{
    struct merge *m = ((struct merge_job *)job)->merge;
    for (size_t i = 0; i < m->nbatch && m->err == OK; i++) m->err = add_item(m, &m->batch[i]);
    if (m->err == OK && m->next == m->nparts) m->err = step_model(m);
}

/* ---- on the loop ---- */

static enum err load_batch(struct merge *m, struct run *r)
{
    size_t bytes = 0;
    drop_batch(m);
    while (m->next < m->nparts && m->nbatch < MERGE_BATCH_MAX && bytes < MERGE_BATCH_BYTES) {
        struct item *item = &m->batch[m->nbatch++];
        *item = (struct item){ .bytes = buf_make(STORE_MAX_VALUE), .weight = m->parts[m->next].weight };
        TRY(journal_get(r, "delta", m->parts[m->next].tail, &item->bytes));
        bytes += item->bytes.n;
        m->next++;
    }
    return OK;
}

static void job_release(void *job)
{
    struct merge_job *j = job;
    merge_free(j->merge);
    free(j);
}

static enum err merge_done(struct agent *a, void *self, void *job);

/* Takes the merge, also on failure. */
static enum err offload(struct agent *a, struct merge *m)
{
    struct merge_job *j = calloc(1, sizeof *j);
    if (j == NULL) {
        merge_free(m);
        return ERR_MEMORY;
    }
    j->merge = m;
    return agent_offload(a, (struct agent_job){ merge_run, merge_done, job_release, j });
}

static enum err keep_result(struct run *r, const struct merge *m)
{
    char tail[32];
    TRY(journal_put(r, "model", journal_round_tail(r->head.round, tail), buf_bytes(&m->model)));
    if (m->memory.n > 0) TRY(journal_put(r, "memory", "", buf_bytes(&m->memory)));
    return journal_drop_merged(r);
}

static enum err go_on(struct agent *a, struct coordinator *c, struct merge_job *j)
{
    struct merge *m = j->merge;
    struct run *r = coordinator_run(c, m->run);
    bool wanted = r != NULL && r->head.state == RUN_AGGREGATING && r->head.round == m->round;
    if (!wanted) return OK;
    if (m->err != OK) {
        (void)why_say(&r->broken, m->err, "%s", m->why.text[0] ? m->why.text : err_text(m->err));
        return round_step(r, EVENT_BROKEN, NULL);
    }
    if (m->next < m->nparts) {
        TRY(load_batch(m, r));
        j->merge = NULL;
        return offload(a, m);
    }
    TRY(keep_result(r, m));
    return round_step(r, EVENT_MERGED, NULL);
}

static enum err merge_done(struct agent *a, void *self, void *job) { return keep_whole(go_on(a, self, job)); }

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

static struct server_opt opt_of(const struct task *t)
{
    static const enum server_opt_kind kinds[] = { [SERVER_SGD] = SERVER_OPT_SGD,
                                                  [SERVER_MOMENTUM] = SERVER_OPT_MOMENTUM,
                                                  [SERVER_ADAM] = SERVER_OPT_ADAM,
                                                  [SERVER_YOGI] = SERVER_OPT_YOGI };
    return (struct server_opt){ .kind = kinds[t->server.optimizer],
                                .learning_rate = t->server.learning_rate,
                                .momentum = t->server.momentum,
                                .beta1 = t->server.beta1,
                                .beta2 = t->server.beta2,
                                .tau = t->server.tau };
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
    m->opt = opt_of(&r->task);
    m->model = m->memory = buf_make(STORE_MAX_VALUE);
    return m;
}

enum err merge_begin(struct run *r)
{
    CLEANUP(merge_drop) struct merge *m = merge_new(r);
    char tail[32];
    char prefix[STORE_MAX_KEY];
    if (m == NULL) return ERR_MEMORY;
    TRY(journal_get(r, "model", journal_round_tail(r->head.round - 1, tail), &m->model));
    enum err e = journal_get(r, "memory", "", &m->memory);
    if (e != OK && e != ERR_ABSENT) return e;
    (void)snprintf(prefix, sizeof prefix, "update/%s/%s/", r->id, journal_round_tail(r->head.round, tail));
    TRY(agent_scan(r->home->agent, prefix, collect_part, m));
    TRY(load_batch(m, r));
    struct merge *taken = m;
    m = NULL;
    return offload(r->home->agent, taken);
}
