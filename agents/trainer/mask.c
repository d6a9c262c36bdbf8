#include "agents/trainer/mask.h"
#include "common/runtime/relay.h"
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
static void masking_free(void *work)
{
    struct masking *m = work;
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

static void mask_piece(void *work)
{
    struct masking *m = work;
    m->err = next_piece(m);
}

/* ---- on the loop ---- */

static enum err refuse(struct trainer *t, struct run *run, enum err code)
{
    struct work w = { .kind = run->secure->scores ? WORK_EVALUATE : WORK_TRAIN, .round = run->secure->round };
    (void)snprintf(w.run, sizeof w.run, "%s", run->id);
    return trainer_refuse_sum(t, run, &w, code, err_text(code));
}

static enum err mask_keep(struct agent *a, void *self, void *work, bool *out_more)
{
    char key[RUN_KEY_BYTES];
    uint8_t sha256[HASH_BYTES];
    struct trainer *t = self;
    struct masking *m = work;
    struct run *run = run_find(&t->runs, m->run);
    bool wanted = run != NULL && run->secure != NULL && run->secure->header.round == m->sum;
    if (!wanted) return OK;
    if (m->err != OK) return refuse(t, run, m->err);
    TRY(agent_append(a, mask_key(key, run->id), buf_bytes(&m->piece)));
    buf_clear(&m->piece);
    *out_more = m->at < m->numbers.plan.length;
    if (*out_more) return OK;
    TRY(hash_end(m->hash, sha256));
    return trainer_masked(t, run, sha256);
}

static const struct relay masking_relay = { mask_piece, mask_keep, masking_free };

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
    return relay_begin(t->agent, &masking_relay, taken);
}
