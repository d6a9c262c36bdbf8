/* One event, one transaction: begin, run, commit; only then do effects leave. */
#include "common/runtime/core_private.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RELOAD_DELAY_MS = 1000 };

enum err core_grow(void **array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return OK;
    size_t more = *cap ? *cap * 2 : 8;
    void *p = realloc(*array, more * size);
    if (p == NULL) return ERR_MEMORY;
    *array = p;
    *cap = more;
    return OK;
}

uint64_t core_token(struct agent *a) { return ++a->next_token; }

enum err core_effect(struct agent *a, const struct effect *take)
{
    enum err e = a->neffects < CORE_MAX_EFFECTS ? OK : ERR_LIMIT;
    if (e == OK) e = core_grow((void **)&a->effects, a->neffects, &a->cap_effects, sizeof *a->effects);
    if (e == OK) {
        a->effects[a->neffects++] = *take;
        return OK;
    }
    struct buf body = take->body;
    buf_free(&body);
    return e;
}

static void drop_timer(struct agent *a, uint64_t token)
{
    for (size_t i = 0; i < a->ntimers; i++)
        if (a->timers[i].token == token) {
            a->timers[i] = a->timers[--a->ntimers];
            return;
        }
}

static void drop_job(struct agent *a, uint64_t token)
{
    for (size_t i = 0; i < a->njobs; i++) {
        if (a->jobs[i].token != token) continue;
        if (a->jobs[i].job.release) a->jobs[i].job.release(a->jobs[i].job.job);
        a->jobs[i] = a->jobs[--a->njobs];
        return;
    }
}

static const struct agent_job *job_of(const struct agent *a, uint64_t token)
{
    for (size_t i = 0; i < a->njobs; i++)
        if (a->jobs[i].token == token) return &a->jobs[i].job;
    return NULL;
}

static void apply(struct agent *a, struct effect *e)
{
    const struct agent_job *job = NULL;
    enum err done = OK;
    if (e->kind == EFFECT_TIMER)
        done = a->host.timer(a->host.self, e->delay_ms, e->number);
    else if (e->kind == EFFECT_JOB && (job = job_of(a, e->number)) != NULL)
        done = a->host.offload(a->host.self, job, e->number);
    else
        core_send_effect(a, e);
    if (done != OK) log_error(&a->log, "effect.failed", L_ERR(done));
}

static void discard(struct agent *a, const struct effect *e)
{
    if (e->kind == EFFECT_TIMER) drop_timer(a, e->number);
    if (e->kind == EFFECT_JOB) drop_job(a, e->number);
}

/* Effects made while others leave (there are none today) would be kept: the list is taken whole first. */
static void finish(struct agent *a, bool committed)
{
    struct effect *effects = a->effects;
    size_t n = a->neffects;
    a->effects = NULL;
    a->neffects = a->cap_effects = 0;
    for (size_t i = 0; i < n; i++) {
        if (committed)
            apply(a, &effects[i]);
        else
            discard(a, &effects[i]);
        buf_free(&effects[i].body);
    }
    if (a->effects == NULL) {
        a->effects = effects;
        a->cap_effects = effects ? n : 0;
    } else
        free(effects);
}

/* A PEER or LIMIT error promised that nothing was changed; after any other the state may be half-way. */
static bool spoiled(enum err e)
{
    enum err_class c = err_class(e);
    return c != ERR_CLASS_NONE && c != ERR_CLASS_PEER && c != ERR_CLASS_LIMIT;
}

enum err core_transact(struct agent *a, core_event_fn *fn, void *arg)
{
    assert(!a->busy);
    TRY(store_begin(a->store));
    a->busy = true;
    enum err e = fn(a, arg);
    a->busy = false;
    if (e == OK) e = core_drop_settled(a);
    if (e == OK)
        e = store_commit(a->store);
    else
        store_rollback(a->store);
    if (e == OK) {
        a->counts.commits++;
        a->nsettled = 0;
    }
    core_small_end(a);
    finish(a, e == OK);
    if (!spoiled(e)) return e;
    if (e == ERR_STORE && store_trouble(a->store)[0])
        (void)why_say(&a->trouble, e, "the store: %s; %s", store_trouble(a->store), err_remedy(e));
    if (!a->ready) return e;
    a->ready = false;
    a->counts.reloads++;
    log_error(&a->log, "agent.rebuilding", L_ERR(e), L_STR("why", a->trouble.text));
    core_arm(a, &a->reload_token, RELOAD_DELAY_MS);
    return e;
}

static void forget_past(struct agent *a)
{
    a->ntimers = 0;
    for (size_t i = 0; i < a->njobs; i++) a->jobs[i].forgotten = true;
    if (a->state && a->def->fini) a->def->fini(a->state);
    if (a->state) memset(a->state, 0, a->def->state_size);
}

/* Who cannot write is not ready: else it would be so until the next event. */
static enum err note_begin(struct agent *a)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, agent_wall_ms(a));
    return store_put(a->store, "~begun", str_bytes(str_of(text)));
}

static enum err run_init(struct agent *a, void *arg)
{
    struct why *why = arg;
    TRY(note_begin(a));
    for (const struct agent_ticker *t = a->def->tickers; t && t->period_setting; t++) {
        TRY(core_grow((void **)&a->timers, a->ntimers, &a->cap_timers, sizeof *a->timers));
        uint64_t token = core_token(a);
        a->timers[a->ntimers++] = (struct timer){ .token = token, .ticker = t };
        TRY(core_effect(a, &(struct effect){ .kind = EFFECT_TIMER,
                                             .number = token,
                                             .delay_ms = settings_u64(a->settings, t->period_setting) }));
    }
    return a->def->init ? a->def->init(a, a->state, why) : OK;
}

enum err core_rebuild(struct agent *a, struct why *why)
{
    forget_past(a);
    a->ready = false;
    TRY(core_transact(a, run_init, why));
    a->ready = true;
    a->trouble = (struct why){ 0 };
    return OK;
}
