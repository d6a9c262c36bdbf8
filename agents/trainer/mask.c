#include "agents/trainer/mask.h"
#include "common/runtime/store.h"
#include <stdio.h>
#include <stdlib.h>

/* Everything the worker touches. */
struct masking {
    char run[MSG_RUN_BYTES];
    uint64_t sum;
    struct secure_numbers numbers;
    struct secagg_masker *masker;
    struct hash *hash; /* of the vector, packed */
    size_t at;         /* number of the next element */
    struct buf piece;  /* packed */
    enum err err;      /* of the worker */
};
struct mask_job { /* what the runtime owns: after done has handed the work on, an empty shell */
    struct masking *masking;
};

static void masking_free(struct masking *m)
{
    if (m == NULL) return;
    secure_numbers_fini(&m->numbers);
    secagg_masker_free(m->masker);
    hash_free(m->hash);
    buf_free(&m->piece);
    free(m);
}
static void masking_drop(struct masking **m) { masking_free(*m); }

const char *mask_key(char out[RUN_KEY_BYTES], const char *run) { return run_key(out, "vector", run); }

/* ---- on the worker ---- */

static enum err next_piece(struct masking *m)
{
    struct secagg_vec part CLEANUP(secagg_vec_fini) = { 0 };
    size_t left = m->numbers.plan.length - m->at;
    TRY(secagg_vec_init(&part, m->numbers.plan.bits, left < MASK_WINDOW ? left : MASK_WINDOW));
    TRY(secure_numbers_put(&m->numbers, m->at, &part));
    TRY(secagg_masker_apply(m->masker, &part));
    TRY(secagg_vec_pack(&part, 0, part.n, &m->piece));
    m->at += part.n;
    return hash_add(m->hash, buf_bytes(&m->piece));
}

static void mask_run(void *job)
{
    struct masking *m = ((struct mask_job *)job)->masking;
    m->err = next_piece(m);
}

/* ---- on the loop ---- */

static void job_release(void *job)
{
    struct mask_job *j = job;
    masking_free(j->masking);
    free(j);
}

static enum err mask_done(struct agent *a, void *self, void *job);

/* Takes the work, also on failure. */
static enum err offload(struct agent *a, struct masking *m)
{
    struct mask_job *j = calloc(1, sizeof *j);
    if (j == NULL) {
        masking_free(m);
        return ERR_MEMORY;
    }
    j->masking = m;
    return agent_offload(a, (struct agent_job){ mask_run, mask_done, job_release, j });
}

static enum err refuse(struct trainer *t, struct run *run, enum err code)
{
    struct work w = { .kind = run->secure->scores ? WORK_EVALUATE : WORK_TRAIN, .round = run->secure->round };
    (void)snprintf(w.run, sizeof w.run, "%s", run->id);
    return trainer_refuse_sum(t, run, &w, code, err_text(code));
}

static enum err mask_done(struct agent *a, void *self, void *job)
{
    char key[RUN_KEY_BYTES];
    uint8_t sha256[HASH_BYTES];
    struct trainer *t = self;
    struct mask_job *j = job;
    struct masking *m = j->masking;
    struct run *run = run_find(&t->runs, m->run);
    bool wanted = run != NULL && run->secure != NULL && run->secure->header.round == m->sum;
    if (!wanted) return OK;
    if (m->err != OK) return refuse(t, run, m->err);
    TRY(agent_append(a, mask_key(key, run->id), buf_bytes(&m->piece)));
    buf_clear(&m->piece);
    if (m->at < m->numbers.plan.length) {
        j->masking = NULL;
        return offload(a, m);
    }
    TRY(hash_end(m->hash, sha256));
    return trainer_masked(t, run, sha256);
}

enum err mask_begin(struct trainer *t, struct run *run)
{
    char key[RUN_KEY_BYTES];
    struct secure *s = run->secure;
    CLEANUP(masking_drop) struct masking *m = calloc(1, sizeof *m);
    if (m == NULL) return ERR_MEMORY;
    (void)snprintf(m->run, sizeof m->run, "%s", run->id);
    m->sum = s->header.round;
    m->piece = buf_make(STORE_MAX_VALUE);
    TRY(agent_del(t->agent, mask_key(key, run->id))); /* of a sum before, that was cut short */
    TRY(hash_new(&m->hash));
    TRY(secure_mask(s, &m->numbers, &m->masker));
    struct masking *taken = m;
    m = NULL;
    return offload(t->agent, taken);
}
