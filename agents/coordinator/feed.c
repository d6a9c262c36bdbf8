#include "agents/coordinator/feed.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/keep.h"
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double most_loss = 1e12; /* of feed.event */

/* ---- who watches ---- */

static struct watcher *find(struct feed *f, const char *jid)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->watchers[i].jid, jid) == 0) return &f->watchers[i];
    return NULL;
}

static enum err store_watcher(struct coordinator *c, const struct watcher *w)
{
    char key[STORE_MAX_KEY];
    char how[16];
    (void)snprintf(key, sizeof key, "feed/%s", w->jid);
    if (w->how == 0) return agent_del(c->agent, key);
    (void)snprintf(how, sizeof how, "%u", w->how);
    return agent_put(c->agent, key, str_bytes(str_of(how)));
}

static enum err load_watcher(void *to, const char *key, struct bytes value)
{
    struct feed *f = to;
    uint64_t how;
    TRY(str_u64(bytes_str(value), &how));
    if (f->count == FEED_MAX_WATCHERS) return OK;
    struct watcher *w = &f->watchers[f->count++];
    *w = (struct watcher){ .how = (unsigned)how & (FEED_EVENTS | FEED_CHAT) };
    return str_copy(str_of(key + strlen("feed/")), w->jid, sizeof w->jid);
}

enum err feed_load(struct coordinator *c) { return agent_scan(c->agent, "feed/", load_watcher, &c->feed); }

enum err feed_watch(struct coordinator *c, const char *jid, enum feed_how how)
{
    struct watcher *w = find(&c->feed, jid);
    if (w == NULL) {
        if (c->feed.count == FEED_MAX_WATCHERS) return ERR_LIMIT;
        w = &c->feed.watchers[c->feed.count++];
        *w = (struct watcher){ 0 };
        (void)snprintf(w->jid, sizeof w->jid, "%s", jid);
    }
    w->how |= how;
    return store_watcher(c, w);
}

enum err feed_unwatch(struct coordinator *c, const char *jid, enum feed_how how)
{
    struct watcher *w = find(&c->feed, jid);
    if (w == NULL) return OK;
    w->how &= ~(unsigned)how;
    TRY(store_watcher(c, w));
    if (w->how == 0) *w = c->feed.watchers[--c->feed.count];
    return OK;
}

/* ---- telling ---- */

/* Inside what the schema allows, whatever a hospital said: the feed must never be what stops a run. */
static double shown(double value, double most) { return isfinite(value) ? fmax(-most, fmin(most, value)) : 0; }

static void fill_run(const struct run *r, struct msg *m)
{
    struct msg_feed_event *e = &m->feed_event;
    (void)snprintf(m->run, sizeof m->run, "%s", r->id);
    m->round = r->head.round;
    e->task = str_of(r->task.name);
    e->phase = str_of(run_state_name(r->head.state));
    e->rounds = r->head.rounds;
    e->got = r->counts.in;
    e->want = r->counts.asked;
    e->loss = shown(r->head.loss, most_loss);
    e->auc = shown(r->head.auc, 1);
    e->accuracy = shown(r->head.accuracy, 1);
}

static void fill_site(const struct run *r, const struct site *s, struct msg_feed_event *e)
{
    bool scoring = r->head.state == RUN_EVALUATING;
    e->site = str_of(s->name);
    e->epsilon = s->epsilon;
    e->bytes = s->update_round == r->head.round ? s->bytes : 0;
    double loss = scoring ? s->loss_sum / (double)s->scored : s->loss;
    e->loss = shown(loss, most_loss);
    if (scoring) e->accuracy = shown(s->correct / (double)s->scored, 1);
}

static enum err tell(struct coordinator *c, const struct watcher *w, const struct run *r, struct msg *m)
{
    if (w->how & FEED_EVENTS) TRY(agent_send(c->agent, w->jid, m));
    if (!(w->how & FEED_CHAT)) return OK;
    char line[FEED_TEXT_BYTES + MSG_RUN_BYTES + 4];
    (void)snprintf(line, sizeof line, "%s%s" STR_F, r ? r->id : "", r ? ": " : "", STR_ARG(m->feed_event.text));
    return agent_say(c->agent, w->jid, str_of(line));
}

static enum err tell_all(struct coordinator *c, const char *kind, const struct run *r, const struct site *s,
                         const char *said)
{
    struct msg m = msg_make(MSG_FEED_EVENT, NULL);
    char text[FEED_TEXT_BYTES];
    (void)keep_text(str_of(said), text, sizeof text);
    m.feed_event.kind = str_of(kind);
    m.feed_event.text = str_of(text);
    if (r) fill_run(r, &m);
    if (r && s) fill_site(r, s, &m.feed_event);
    for (size_t i = 0; i < c->feed.count; i++) TRY(tell(c, &c->feed.watchers[i], r, &m));
    return OK;
}

enum err feed_tell(struct coordinator *c, const char *kind, const struct run *r, const struct site *s,
                   const char *format, ...)
{
    char said[2 * FEED_TEXT_BYTES];
    va_list args;
    log_info(agent_log(c->agent), "feed", L_NAME("kind", kind), L_NAME("run", r ? r->id : "-"),
             L_U64("round", r ? r->head.round : 0), L_NAME("site", s ? s->name : "-"));
    if (c->feed.count == 0) return OK; /* nobody listens: no sentence is made */
    va_start(args, format);
    (void)vsnprintf(said, sizeof said, format, args);
    va_end(args);
    return tell_all(c, kind, r, s, said);
}

static enum err tell_end(struct run *r)
{
    return feed_tell(r->home, "ended", r, NULL, "%s: %s", run_state_name(r->head.state), r->head.why);
}

/* What entering a state means for the hospitals it concerns. */
static const struct {
    const char *before; /* their number; all there is to say when nothing is after it */
    const char *after;
} phases[RUN_STATES] = {
    [RUN_INVITING] = { "inviting", " to take part" },
    [RUN_STATISTICS] = { "asking", " for the moments of their inputs" },
    [RUN_KEYS] = { "asking", " for the keys of a secure sum" },
    [RUN_SHARES] = { "asking", " for shares of its masks" },
    [RUN_CONSISTENCY] = { "asking", " to sign who sent a masked update" },
    [RUN_UNMASKING] = { "asking", " for what takes the masks off the sum" },
    [RUN_PERMITTING] = { "asking the guardian for a permit", NULL },
    [RUN_TRAINING] = { "sent the model to", "" },
    [RUN_EVALUATING] = { "asking", " to score the new model" },
    [RUN_PUBLISHING] = { "asking", " to sign that the model is in the log" },
};

enum err feed_tell_phase(struct run *r)
{
    char round[64] = "";
    const char *before = phases[r->head.state].before;
    const char *after = phases[r->head.state].after;
    if (run_over(r)) return tell_end(r);
    if (r->head.round > 0)
        (void)snprintf(round, sizeof round, "round %" PRIu64 " of %" PRIu64 ": ", r->head.round, r->head.rounds);
    if (before == NULL) before = run_state_name(r->head.state);
    if (after == NULL) return feed_tell(r->home, "phase", r, NULL, "%s%s", round, before);
    return feed_tell(r->home, "phase", r, NULL, "%s%s %zu hospitals%s", round, before, r->counts.asked, after);
}
