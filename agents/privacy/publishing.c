/* Which models may come out: those that a round of their run was reported to have made.  The report and the wish to
 * publish are two messages, and the second may come first: it waits a while for the report.
 *
 *   reported/<run>/<sha256>   a round's new model, until the run's is published or refused, or the run is over
 *   publish-later/<run>       the wish that waits: since when, who asked, and what
 *   over/<run>                since when its coordinator has ended it, for reports that come after that
 */
#include "agents/privacy/guardian.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 20000, HEAD_BYTES = 512, ASK_BYTES = PERMIT_MAX_BYTES + HEAD_BYTES };
#define LATER "publish-later/"
#define OVER "over/"
#define OVER_KEPT_MS (24 * 3600000LL) /* no message is that late */

static char *reported_key(char out[STORE_MAX_KEY], const char *run, struct str sha256)
{
    (void)snprintf(out, STORE_MAX_KEY, "reported/%.63s/" STR_F, run, STR_ARG(sha256));
    return out;
}

static char *later_key(char out[STORE_MAX_KEY], const char *run)
{
    (void)snprintf(out, STORE_MAX_KEY, LATER "%.63s", run);
    return out;
}

static char *over_key(char out[STORE_MAX_KEY], const char *run)
{
    (void)snprintf(out, STORE_MAX_KEY, OVER "%.63s", run);
    return out;
}

static enum err has(struct guardian *g, const char *key, bool *out)
{
    uint64_t bytes = 0;
    enum err e = agent_size(g->agent, key, &bytes);
    *out = e == OK;
    return e == ERR_ABSENT ? OK : e;
}

/* ---- for how long it is kept ---- */

struct overdue {
    int64_t before_ms;
    char key[STORE_MAX_KEY]; /* of one that is kept since then; "": there is none */
};
static enum err choose(void *to, const char *key, struct bytes ask)
{
    struct overdue *o = to;
    struct str rest = bytes_str(ask);
    uint64_t since = 0;
    TRY(str_u64(str_next(&rest, '\n'), &since) == OK ? OK : ERR_STORE);
    return (int64_t)since <= o->before_ms ? str_copy(str_of(key), o->key, sizeof o->key) : OK;
}

enum err guardian_run_over(struct guardian *g, const char *run)
{
    char prefix[STORE_MAX_KEY];
    return agent_del_prefix(g->agent, reported_key(prefix, run, STR("")));
}

/* With each end goes one that is old, so they are never many. */
enum err guardian_run_ended(struct guardian *g, const char *run)
{
    char key[STORE_MAX_KEY], since[24];
    struct overdue o = { .before_ms = agent_wall_ms(g->agent) - OVER_KEPT_MS };
    TRY(guardian_run_over(g, run));
    TRY(agent_scan(g->agent, OVER, choose, &o));
    if (o.key[0]) TRY(agent_del(g->agent, o.key));
    (void)snprintf(since, sizeof since, "%" PRId64 "\n", agent_wall_ms(g->agent));
    return agent_put(g->agent, over_key(key, run), str_bytes(str_of(since)));
}

static enum err note_one(void *to, const char *key, struct bytes note)
{
    (void)key;
    (void)note;
    *(bool *)to = true;
    return OK;
}

/* A late report of a run whose model is out, or that was ended by its coordinator, or by an alarm. */
static enum err is_over(struct guardian *g, const char *run, bool *out)
{
    char prefix[STORE_MAX_KEY];
    struct why why;
    TRY(has(g, over_key(prefix, run), out));
    if (*out) return OK;
    enum err e = guardian_alarmed(g, run, &why);
    *out = e == ERR_REFUSED;
    if (e != OK) return e == ERR_REFUSED ? OK : e;
    return agent_scan(g->agent, guardian_permit_prefix(prefix, PERMIT_PUBLISH, run), note_one, out);
}

/* ---- waiting ---- */

/* The message again, as it was kept. */
static enum err recall(struct str text, struct msg *m, char from[ROSTER_JID_BYTES])
{
    *m = msg_make(MSG_PERMIT_ASK, NULL);
    (void)str_next(&text, '\n'); /* since when */
    TRY(str_copy(str_next(&text, '\n'), from, ROSTER_JID_BYTES));
    TRY(str_copy(str_next(&text, '\n'), m->id, sizeof m->id));
    TRY(str_copy(str_next(&text, '\n'), m->run, sizeof m->run));
    TRY(str_copy(str_next(&text, '\n'), m->stage, sizeof m->stage));
    TRY(str_u64(str_next(&text, '\n'), &m->round));
    m->from = from;
    m->permit_ask.request = text;
    return OK;
}

typedef enum err again_fn(struct guardian *g, const struct msg *m);

static enum err ask_again(struct guardian *g, const struct msg *m) { return guardian_on_permit_ask(g->agent, g, m); }

static enum err give_up(struct guardian *g, const struct msg *m)
{
    TRY(guardian_run_over(g, m->run));
    return guardian_deny(g, m, ERR_REFUSED, "the model to publish is in no report of a round of this run");
}

static enum err take_up(struct guardian *g, const char *key, again_fn *fn)
{
    CLEANUP(buf_free) struct buf text = buf_make(ASK_BYTES);
    char from[ROSTER_JID_BYTES];
    struct msg m;
    enum err e = agent_get(g->agent, key, &text);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    TRY(agent_del(g->agent, key));
    if (recall(buf_str(&text), &m, from) != OK) return ERR_STORE;
    return fn(g, &m);
}

/* ---- for how long ---- */

/* Each has a timer of its own. */
static enum err on_late(struct agent *a, void *self, uint64_t arg)
{
    struct overdue o = { .before_ms = agent_wall_ms(a) - WAIT_MS };
    (void)arg;
    TRY(agent_scan(a, LATER, choose, &o));
    return o.key[0] ? take_up(self, o.key, give_up) : OK;
}

static enum err set_timer(void *guardian, const char *key, struct bytes ask)
{
    (void)key;
    (void)ask;
    return agent_after(((struct guardian *)guardian)->agent, WAIT_MS, on_late, 0);
}

enum err guardian_load_publishing(struct guardian *g) { return agent_scan(g->agent, LATER, set_timer, g); }

/* ---- what the handlers ask ---- */

enum err guardian_reported(struct guardian *g, const char *run, struct str sha256)
{
    char key[STORE_MAX_KEY];
    bool over = false;
    TRY(is_over(g, run, &over));
    if (!over) TRY(agent_put(g->agent, reported_key(key, run, sha256), str_bytes(STR("1"))));
    return take_up(g, later_key(key, run), ask_again);
}

enum err guardian_may_publish(struct guardian *g, const struct permit *p, bool *out)
{
    char key[STORE_MAX_KEY];
    struct why why;
    enum err e = p->kind == PERMIT_PUBLISH ? guardian_alarmed(g, p->run, &why) : ERR_REFUSED;
    *out = true; /* also where it is refused at once */
    return e == OK ? has(g, reported_key(key, p->run, str_of(p->model)), out) : e == ERR_REFUSED ? OK : e;
}

enum err guardian_publish_later(struct guardian *g, const struct msg *m)
{
    char key[STORE_MAX_KEY];
    CLEANUP(buf_free) struct buf text = buf_make(ASK_BYTES);
    buf_addf(&text, "%" PRId64 "\n%s\n%s\n%s\n%s\n%" PRIu64 "\n", agent_wall_ms(g->agent), m->from, m->id, m->run,
             m->stage, m->round);
    buf_add_str(&text, m->permit_ask.request);
    TRY(buf_err(&text));
    TRY(agent_put(g->agent, later_key(key, m->run), buf_bytes(&text)));
    return set_timer(g, key, buf_bytes(&text));
}
