#include "agents/coordinator/unmask.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/feed.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "agents/coordinator/merge.h"
#include "agents/coordinator/scores.h"
#include "agents/coordinator/secure_round.h"
#include "agents/coordinator/secure_sum.h"
#include "agents/coordinator/weights.h"
#include "common/learn/safetensors.h"
#include "common/runtime/relay.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char half[] = "sum"; /* of the update that is half made, behind "half/<run>/" */

/* Everything the worker touches; the run itself stays with the loop, which leaves the sum alone meanwhile. */
struct unmask {
    char run[MSG_RUN_BYTES];
    struct secure_round *held;
    struct secure_sum_of of;
    bool read; /* the sum is without masks, and one of updates */
    struct secure_sum sum;
    float *window;
    size_t at, n; /* the window: first number and how many */
    struct hash *hash;
    enum err err; /* of the worker */
    struct why why;
};
static void unmask_free(void *work)
{
    struct unmask *u = work;
    if (u == NULL) return;
    secure_round_free(u->held);
    secure_sum_fini(&u->sum);
    hash_free(u->hash);
    free(u->window);
    free(u);
}
static void unmask_drop(struct unmask **u) { unmask_free(*u); }

/* ---- on the worker ---- */

static enum err read_sum(struct unmask *u)
{
    struct secagg_vec vector CLEANUP(secagg_vec_fini) = { 0 };
    TRY(secagg_server_finish(u->held->server, &vector, &u->why));
    TRY(secure_sum_read(&u->of, &vector, &u->sum, &u->why));
    u->read = true;
    return OK;
}

static enum err next_window(struct unmask *u)
{
    size_t left = u->of.plan->want.weights - u->at;
    if (!u->read) TRY(read_sum(u));
    u->n = left < WEIGHTS_WINDOW ? left : WEIGHTS_WINDOW;
    TRY(secure_sum_window(&u->sum, u->at, u->n, u->window));
    return hash_add(u->hash, bytes_of(u->window, u->n * sizeof *u->window));
}

static void unmask_piece(void *work)
{
    struct unmask *u = work;
    u->err = next_window(u);
}

/* ---- on the loop ---- */

static enum err append(struct run *r, struct bytes more)
{
    char key[STORE_MAX_KEY];
    return agent_append(r->home->agent, journal_key(key, "half", r, half), more);
}

/* The sum is over, and stands among the round's updates. */
static enum err keep_sum(struct unmask *u, struct run *r)
{
    char key[STORE_MAX_KEY];
    uint8_t digest[HASH_BYTES];
    const struct secure_sum *s = &u->sum;
    const struct site everybody = { .jid = "sum" };
    struct update_row row = { .round = r->head.round, .samples = (uint64_t)s->weight, .weight = s->weight };
    TRY(hash_end(u->hash, digest));
    hash_hex(digest, row.sha256);
    TRY(journal_put_update(r, r->head.round, &everybody, &row,
                           &(struct blob){ .kept = journal_key(key, "half", r, half) }));
    TRY(journal_drop(r, "half", half));
    r->head.sum_samples = (uint64_t)s->weight;
    r->head.sum_loss = s->loss;
    r->head.sum_noise = s->noise;
    r->head.sum_patients = s->patients;
    r->head.sum_kept = r->head.round;
    secure_round_free(r->secure);
    r->secure = NULL;
    return journal_put_head(r);
}

static enum err go_on(struct coordinator *c, struct unmask *u, bool *out_more)
{
    struct run *r = coordinator_run(c, u->run);
    bool wanted = r != NULL && r->head.state == RUN_AGGREGATING && r->secure == u->held;
    if (!wanted) return OK;
    if (u->err != OK) {
        (void)why_say(&r->broken, u->err, "%s", u->why.text[0] ? u->why.text : err_text(u->err));
        return round_step(r, EVENT_BROKEN, NULL);
    }
    TRY(append(r, bytes_of(u->window, u->n * sizeof *u->window)));
    u->at += u->n;
    *out_more = u->at < u->of.plan->want.weights;
    if (*out_more) return OK;
    TRY(keep_sum(u, r));
    return merge_begin(r);
}

static enum err unmask_keep(struct agent *a, void *self, void *work, bool *out_more)
{
    (void)a;
    return keep_whole(go_on(self, work, out_more));
}

static const struct relay unmasking = { unmask_piece, unmask_keep, unmask_free };

/* ---- beginning ---- */

static uint32_t count_members(const struct run *r)
{
    uint32_t n = 0;
    for (size_t i = 0; i < r->nsites; i++) n += r->sites[i].counted_round == r->head.round;
    return n;
}

/* What one that was cut short has left is dropped first. */
static enum err add_head(struct unmask *u, struct run *r)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    struct buf head CLEANUP(buf_free) = buf_make(SAFETENSORS_LENGTH_BYTES + SAFETENSORS_MAX_HEADER_BYTES);
    TRY(journal_drop(r, "half", half));
    TRY(safetensors_head(shapes, model_shapes(&r->spec, shapes), NULL, 0, &head));
    TRY(hash_new(&u->hash));
    TRY(hash_add(u->hash, buf_bytes(&head)));
    return append(r, buf_bytes(&head));
}

static enum err begin_update(struct run *r)
{
    CLEANUP(unmask_drop) struct unmask *u = calloc(1, sizeof *u);
    if (u == NULL) return ERR_MEMORY;
    (void)snprintf(u->run, sizeof u->run, "%s", r->id);
    u->held = secure_round_hold(r->secure);
    u->of = (struct secure_sum_of){ &u->held->plan, &u->held->header, secure_sum_step(&r->task), count_members(r) };
    size_t n = u->of.plan->want.weights;
    u->window = calloc(n < WEIGHTS_WINDOW ? n : WEIGHTS_WINDOW, sizeof *u->window);
    if (u->window == NULL) return ERR_MEMORY;
    TRY(add_head(u, r));
    struct unmask *taken = u;
    u = NULL;
    return relay_begin(r->home->agent, &unmasking, taken);
}

/* ---- scores: short, and of one piece ---- */

/* Everything the worker touches, as above. */
struct unscore {
    char run[MSG_RUN_BYTES];
    struct secure_round *held;
    struct model_spec spec;
    struct tally all;
    enum err err; /* of the worker */
    struct why why;
};

static void unscore_free(void *work)
{
    struct unscore *u = work;
    secure_round_free(u->held);
    tally_fini(&u->all);
    free(u);
}

static enum err read_scores(struct unscore *u)
{
    struct secagg_vec vector CLEANUP(secagg_vec_fini) = { 0 };
    TRY(secagg_server_finish(u->held->server, &vector, &u->why));
    return secure_sum_scores(&u->held->plan, &u->spec, &vector, &u->all, &u->why);
}

static void unscore_piece(void *work)
{
    struct unscore *u = work;
    u->err = read_scores(u);
}

/* What it tells is kept; or the feed says why it tells nothing. */
static enum err keep_scores(const struct unscore *u, struct run *r)
{
    secure_round_free(r->secure);
    r->secure = NULL;
    if (u->err == ERR_CRYPTO || u->err == ERR_DATA)
        return feed_tell(r->home, "evaluated", r, NULL, "round %" PRIu64 " could not be scored: %s", r->head.round,
                         u->why.text);
    TRY(u->err);
    TRY(scores_keep_sum(r, &u->all));
    return feed_tell(r->home, "evaluated", r, NULL,
                     "round %" PRIu64 ": the hospitals scored the model on %" PRIu64 " records in all", r->head.round,
                     r->head.sum_scored);
}

static enum err end_scores(struct coordinator *c, const struct unscore *u)
{
    struct run *r = coordinator_run(c, u->run);
    bool wanted = r != NULL && r->head.state == RUN_AGGREGATING && r->secure == u->held;
    if (!wanted) return OK;
    TRY(keep_scores(u, r));
    return round_step(r, EVENT_SCORED, NULL);
}

static enum err unscore_keep(struct agent *a, void *self, void *work, bool *out_more)
{
    (void)a;
    *out_more = false;
    return keep_whole(end_scores(self, work));
}

static const struct relay unscoring = { unscore_piece, unscore_keep, unscore_free };

static enum err begin_scores(struct run *r)
{
    struct unscore *u = calloc(1, sizeof *u);
    if (u == NULL) return ERR_MEMORY;
    (void)snprintf(u->run, sizeof u->run, "%s", r->id);
    u->held = secure_round_hold(r->secure);
    u->spec = r->spec;
    return relay_begin(r->home->agent, &unscoring, u);
}

enum err unmask_begin(struct run *r) { return r->head.scoring ? begin_scores(r) : begin_update(r); }
