/* A running agent's beginning, end, and the events of the link, of time and of jobs. */
#include "common/runtime/core_private.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RELOAD_AGAIN_MS = 5000 };

/* Our ids are "<epoch>-<number>"; the epoch is made with the store, from the wall clock so that a later store's is
 * larger. */
static enum err make_epoch(struct agent *a, void *arg)
{
    uint32_t low = 0;
    char text[24];
    (void)arg;
    TRY(agent_random(a, &low, sizeof low));
    a->epoch = (uint64_t)agent_wall_ms(a) << 12 | (low & 0xfff);
    (void)snprintf(text, sizeof text, "%" PRIx64, a->epoch);
    return store_put(a->store, "~epoch", str_bytes(str_of(text)));
}

static enum err load_epoch(struct agent *a)
{
    struct buf text CLEANUP(buf_free) = buf_make(24);
    enum err e = store_get(a->store, "~epoch", &text);
    if (e == ERR_ABSENT) return core_transact(a, make_epoch, NULL);
    TRY(e);
    a->epoch = strtoull((const char *)text.p, NULL, 16);
    return a->epoch ? OK : ERR_STORE;
}

static enum err start(struct agent *a, struct why *why)
{
    a->arena = arena_make(CORE_ARENA_BYTES);
    a->sending = arena_make(CORE_ARENA_BYTES);
    a->state = calloc(1, a->def->state_size ? a->def->state_size : 1);
    if (a->state == NULL) return ERR_MEMORY;
    TRY(load_epoch(a));
    TRY(core_peers_load(a));
    TRY(core_rebuild(a, why));
    core_arm(a, &a->sweep_token, CORE_SWEEP_MS);
    core_half_look(a);
    return OK;
}

enum err core_new(const struct core_config *config, struct agent **out, struct why *why)
{
    struct agent *a = calloc(1, sizeof *a);
    if (a == NULL) return ERR_MEMORY;
    a->def = config->def;
    a->settings = config->settings;
    a->roster = config->roster;
    a->store = config->store;
    a->host = config->host;
    a->log = config->log;
    a->screen = config->screen ? config->screen : &a->closed;
    a->screen->roster = config->roster;
    a->half_bytes = config->half_bytes ? config->half_bytes : CORE_HALF_BYTES;
    a->renew = config->renew;
    a->renew_self = config->renew_self;
    core_on_identity(a, &config->identity, config->previous);
    enum err e = str_copy(str_of(config->jid), a->jid, sizeof a->jid);
    if (e == OK) e = start(a, why);
    if (e == OK)
        *out = a;
    else
        core_free(a);
    return e;
}

static void free_peers(struct agent *a)
{
    for (size_t i = 0; i < a->npeers; i++) {
        free(a->peers[i].out);
        free(a->peers[i].acks);
        core_small_forget(&a->peers[i]);
    }
    free(a->peers);
    free(a->peer_slots);
}

void core_free(struct agent *a)
{
    if (a == NULL) return;
    if (a->state && a->def->fini) a->def->fini(a->state);
    for (size_t i = 0; i < a->njobs; i++)
        if (a->jobs[i].job.release) a->jobs[i].job.release(a->jobs[i].job.job);
    core_fetches_free(a);
    free_peers(a);
    free(a->state);
    free(a->effects);
    free(a->settled);
    free(a->timers);
    free(a->jobs);
    free(a->calls);
    arena_free(&a->arena);
    arena_free(&a->sending);
    identity_wipe(&a->identity);
    core_small_end(a);
    seal_session_wipe(&a->session);
    identity_wipe(&a->previous);
    free(a);
}

void core_attach(struct agent *a, const struct transport *t)
{
    a->attached = t != NULL;
    if (t)
        a->transport = *t;
    else
        a->up = false;
}

/* ---- link and presence ---- */

void core_on_link(struct agent *a, bool up)
{
    a->up = up;
    log_info(&a->log, up ? "link.up" : "link.down");
    for (size_t i = 0; i < a->npeers; i++) {
        struct peer *p = &a->peers[i];
        if (!up) {
            p->nacks = 0;
            continue;
        }
        p->shown_again = 0;
        if (p->member && (p->member->role & a->def->peers)) core_show(a, p);
        core_make_due(a, p);
    }
    if (!up) return;
    core_upload_at_once(a);
    core_fetch_at_once(a);
}

/* Peers point into the roster; so may the agent's state, which is why it is made anew. */
enum err core_on_roster(struct agent *a, const struct roster *r, struct why *why)
{
    a->roster = a->screen->roster = r;
    for (size_t i = 0; i < a->npeers; i++) {
        struct peer *p = &a->peers[i];
        p->member = roster_find(r, str_of(p->jid));
        if (p->member) continue;
        p->online = false;
        p->nacks = 0;
        p->shown_ms = 0; /* should it become one again */
    }
    for (size_t i = 0; i < roster_count(r); i++) {
        struct peer *p = (roster_at(r, i)->role & a->def->peers) ? core_peer(a, roster_at(r, i)->jid) : NULL;
        if (p && p->shown_ms == 0) core_show(a, p);
    }
    log_info(&a->log, "roster.changed", L_U64("members", roster_count(r)));
    enum err e = core_rebuild(a, why);
    if (e != OK) core_arm(a, &a->reload_token, RELOAD_AGAIN_MS);
    return e;
}

struct presence {
    const struct member *who;
    bool online;
};

static enum err tell_presence(struct agent *a, void *arg)
{
    const struct presence *p = arg;
    return a->def->presence(a, a->state, p->who, p->online);
}

static void presence_changed(struct agent *a, struct peer *p, bool online)
{
    struct presence change = { p->member, online };
    p->online = online;
    if (!a->def->presence || !p->member || !a->ready || !(p->member->role & a->def->peers)) return;
    enum err e = core_transact(a, tell_presence, &change);
    if (e != OK) log_error(&a->log, "presence.failed", L_ERR(e));
}

/* It just came, so it does not know that we are here; or it came back faster than its going was noticed; or it only
 * answers us, which nothing tells apart. */
static bool is_unaware(const struct agent *a, struct peer *p)
{
    if (!p->online) {
        p->shown_again = 0;
        return true;
    }
    if (agent_now_ms(a) - p->shown_ms < (uint64_t)CORE_SHOW_AGAIN_MS << p->shown_again) return false;
    if (p->shown_again < CORE_SHOW_AGAIN_DOUBLINGS) p->shown_again++;
    return true;
}

void core_on_presence(struct agent *a, const char *jid, bool online)
{
    if (roster_find(a->roster, str_of(jid)) == NULL || strcmp(jid, a->jid) == 0) return;
    struct peer *p = core_peer(a, jid);
    if (p == NULL) return;
    size_t at = (size_t)(p - a->peers);
    bool heed = online && !core_too_fast(a, &p->shows, CORE_SHOWS_PER_S, CORE_SHOWS_BURST);
    if (heed && p->member && (p->member->role & a->def->peers) && is_unaware(a, p)) core_show(a, p);
    if (p->online != online) presence_changed(a, p, online);
    if (heed) core_make_due(a, &a->peers[at]);
}

void core_on_bounce(struct agent *a, const char *jid) { core_on_presence(a, jid, false); }

/* ---- time and jobs ---- */

static enum err run_timer(struct agent *a, void *arg)
{
    const struct timer *t = arg;
    if (t->ticker == NULL) return t->fn(a, a->state, t->arg);
    const uint64_t period = settings_u64(a->settings, t->ticker->period_setting);
    TRY(core_grow((void **)&a->timers, a->ntimers, &a->cap_timers, sizeof *a->timers));
    uint64_t token = core_token(a);
    a->timers[a->ntimers++] = (struct timer){ .token = token, .ticker = t->ticker };
    TRY(core_effect(a, &(struct effect){ .kind = EFFECT_TIMER, .number = token, .delay_ms = period }));
    return t->ticker->run(a, a->state);
}

/* A ticker that failed without spoiling the state ticks again: its next timer went with the transaction. */
static void timer_failed(struct agent *a, const struct timer *t, enum err e)
{
    log_error(&a->log, "timer.failed", L_ERR(e));
    if (t->ticker == NULL || !a->ready) return;
    if (core_grow((void **)&a->timers, a->ntimers, &a->cap_timers, sizeof *a->timers) != OK) return;
    uint64_t token = core_token(a);
    a->timers[a->ntimers++] = (struct timer){ .token = token, .ticker = t->ticker };
    (void)a->host.timer(a->host.self, settings_u64(a->settings, t->ticker->period_setting), token);
}

static bool internal_timer(struct agent *a, uint64_t token)
{
    if (token == a->sweep_token) {
        a->sweep_token = 0;
        core_sweep(a);
    } else if (token == a->ack_token) {
        a->ack_token = 0;
        core_flush_acks(a);
    } else if (token == a->half_token) {
        a->half_token = 0;
        core_half_look(a);
    } else if (token == a->reload_token) {
        a->reload_token = 0;
        struct why why = { 0 };
        if (core_rebuild(a, &why) == OK) return true;
        log_error(&a->log, "agent.rebuild_failed", L_STR("why", why.text[0] ? why.text : a->trouble.text));
        core_arm(a, &a->reload_token, RELOAD_AGAIN_MS);
    } else
        return core_upload_timer(a, token) || core_fetch_timer(a, token);
    return true;
}

/* A state that waits to be rebuilt is not worked on: its timers go with it, and init sets them again. */
void core_on_timer(struct agent *a, uint64_t token)
{
    if (internal_timer(a, token) || !a->ready) return;
    for (size_t i = 0; i < a->ntimers; i++) {
        if (a->timers[i].token != token) continue;
        struct timer t = a->timers[i];
        a->timers[i] = a->timers[--a->ntimers];
        enum err e = core_transact(a, run_timer, &t);
        if (e != OK) timer_failed(a, &t, e);
        return;
    }
}

static enum err run_done(struct agent *a, void *arg)
{
    const struct pending_job *j = arg;
    return j->job.done(a, a->state, j->job.job);
}

void core_on_job(struct agent *a, uint64_t token)
{
    for (size_t i = 0; i < a->njobs; i++) {
        if (a->jobs[i].token != token) continue;
        struct pending_job j = a->jobs[i];
        a->jobs[i] = a->jobs[--a->njobs];
        enum err e = j.forgotten || !a->ready ? OK : core_transact(a, run_done, &j);
        if (e != OK) log_error(&a->log, "job.failed", L_ERR(e));
        if (j.job.release) j.job.release(j.job.job);
        return;
    }
}

/* ---- looking in ---- */

const struct agent_def *core_def(const struct agent *a) { return a->def; }
const void *core_state(const struct agent *a) { return a->state; }
const char *core_trouble(const struct agent *a) { return a->trouble.text; }
bool core_ready(const struct agent *a) { return a->ready && a->up; }
const struct command *core_commands(const struct agent *a) { return a->def->commands; }

size_t core_outbox(const struct agent *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->npeers; i++) n += a->peers[i].nout;
    return n;
}

unsigned core_role_of(const struct agent *a, const char *jid)
{
    const struct member *m = roster_find(a->roster, str_of(jid));
    return m ? m->role : ROLE_NONE;
}
