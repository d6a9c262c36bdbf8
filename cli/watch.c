#include "cli/commands.h"
#include "cli/panel.h"
#include "cli/visit.h"
#include "common/base/clock.h"
#include "common/wire/codec.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX_BYTES = 1 << 18, ARENA_MAX_BYTES = 1 << 18, SLICE_MS = 1000, RECONNECT_MS = 60000, SILENCE_MS = 30000 };

struct watching {
    const struct cli *cli;
    const struct visit *visit;
    struct panel panel;
    size_t drawn;      /* lines of the panel now on the terminal */
    uint64_t heard_ms; /* when the last event came */
    uint64_t told_ms;  /* when the silence since was last told of */
    enum err err;
};

/* ---- an event comes ---- */

static void print_event_json(const struct msg *m, struct buf *out)
{
    if (msg_encode(m, out, NULL) == OK) buf_add_z(out, "\n");
}

/* The feed scrolls by above; the panel stays below it. */
static void print_event_live(struct watching *w, const struct msg *m, struct buf *out)
{
    if (w->drawn) buf_addf(out, "\033[%zuA\033[J", w->drawn);
    panel_line(m, &w->cli->look, out);
    panel_draw(&w->panel, &w->cli->look, out, &w->drawn);
}

static void show(struct watching *w, const struct msg *m)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    bool lines = !w->cli->json && !(w->cli->live && w->cli->look.color);
    if (w->cli->json)
        print_event_json(m, &out);
    else if (!lines)
        print_event_live(w, m, &out);
    else
        panel_line(m, &w->cli->look, &out);
    if (out.n) w->err = lines ? cli_put_folded(w->cli, &out, NULL) : cli_put(&out, NULL);
}

static void on_message(void *to, const char *from, struct str json)
{
    struct watching *w = to;
    struct msg m;
    (void)from;
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA_MAX_BYTES);
    if (msg_decode(json, &arena, &m, NULL, NULL) != OK || m.type != MSG_FEED_EVENT) return;
    if (!panel_take(&w->panel, &m)) return;
    w->heard_ms = w->told_ms = clock_mono_ms();
    show(w, &m);
    if (w->panel.outcome != PANEL_RUNNING || w->err != OK) client_stop(w->visit->client);
}

/* ---- following ---- */

static enum err subscribe(const struct visit *v, uint64_t on)
{
    char jid[VISIT_JID_BYTES];
    CLEANUP(buf_free) struct buf json = buf_make(MSG_MAX_BYTES);
    struct msg m = msg_make(MSG_FEED_SUBSCRIBE, NULL);
    m.feed_subscribe.on = on;
    m.sent_at_ms = clock_wall_ms();
    TRY(msg_encode(&m, &json, NULL));
    return client_send_message(v->client, visit_jid(v, "coordinator", jid), buf_str(&json));
}

static enum err begin(struct watching *w, struct why *why)
{
    char jid[VISIT_JID_BYTES];
    visit_jid(w->visit, "coordinator", jid);
    TRY(client_listen(w->visit->client, jid, on_message, w));
    TRY(client_show(w->visit->client, jid));
    enum err e = subscribe(w->visit, 1);
    return e == OK ? OK : why_say(why, e, "cannot ask %s for its feed", jid);
}

static enum err outcome(const struct watching *w, struct why *why)
{
    const struct panel *p = &w->panel;
    if (w->err != OK) return w->err;
    if (p->outcome == PANEL_DONE) return OK;
    return why_say(why, ERR_STATE, "run %s of %s ended in the state %s; `himas runs show %s` tells more", p->run,
                   p->task, p->phase, p->run);
}

/* Runs one slice.  A broken link heals itself; the feed is then asked for again.  After a while without we give up. */
static enum err run_slice(struct watching *w, uint64_t *down_since_ms, struct why *why)
{
    uint64_t now = clock_mono_ms();
    enum err e = client_run(w->visit->client, SLICE_MS);
    if (e == OK && *down_since_ms) TRY(begin(w, why));
    if (e == OK) *down_since_ms = 0;
    if (e != OK && !*down_since_ms) *down_since_ms = now;
    if (e != OK && now - *down_since_ms > RECONNECT_MS)
        return why_say(why, ERR_NETWORK, "the broker was away for too long");
    return OK;
}

/* A run that gets nowhere sends no events; each silence is told of again after twice the time. */
static void tell_silence(struct watching *w)
{
    uint64_t now = clock_mono_ms();
    uint64_t silent_ms = now - w->heard_ms;
    if (!*w->panel.run || silent_ms < SILENCE_MS || silent_ms < 2 * (w->told_ms - w->heard_ms)) return;
    w->told_ms = now;
    w->drawn = 0; /* the panel is drawn anew, below */
    (void)fprintf(stderr, "nothing was heard of %s for %" PRIu64 " s; `himas status` tells whom it waits for\n",
                  w->panel.run, silent_ms / 1000);
}

static enum err follow(struct watching *w, uint64_t patience_ms, struct why *why)
{
    uint64_t down_since_ms = 0;
    w->heard_ms = w->told_ms = clock_mono_ms();
    while (w->panel.outcome == PANEL_RUNNING && w->err == OK) {
        TRY(run_slice(w, &down_since_ms, why));
        tell_silence(w);
        if (patience_ms && clock_mono_ms() - w->heard_ms > patience_ms)
            return why_say(why, ERR_TIMEOUT, "nothing happened for %llu s; `himas status` tells whom it waits for",
                           (unsigned long long)patience_ms / 1000);
    }
    return outcome(w, why);
}

static struct str column(const struct result *r, const struct result_row *row, const char *name)
{
    for (size_t i = 0; i < r->ncolumns; i++)
        if (str_is(r->columns[i], name)) return row->cells[i];
    return (struct str){ 0 };
}

static void take_state(struct panel *p, struct str task, struct str state)
{
    (void)snprintf(p->task, sizeof p->task, STR_F, STR_ARG(task));
    (void)snprintf(p->phase, sizeof p->phase, STR_F, STR_ARG(state));
    if (str_is(state, "done")) p->outcome = PANEL_DONE;
    if (str_is(state, "failed") || str_is(state, "aborted")) p->outcome = PANEL_FAILED;
}

static enum err tell_over(const struct watching *w, struct str reason, struct why *why)
{
    struct result r;
    result_init(&r);
    result_say(&r, "%s is over: %s, " STR_F, w->panel.run, w->panel.phase, STR_ARG(reason));
    result_field(&r, "state", "%s", w->panel.phase);
    enum err e = visit_put(w->cli, &r, why);
    result_free(&r);
    return e;
}

static bool goes_on(struct str state)
{
    return !str_is(state, "done") && !str_is(state, "failed") && !str_is(state, "aborted");
}

/* Where no run goes on, nothing would be seen until one begins. */
static enum err tell_idle(const struct watching *w, const struct result *runs)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    if (w->cli->json || *w->panel.run) return OK;
    for (const struct result_row *row = runs->rows; row; row = row->next)
        if (goes_on(column(runs, row, "state"))) return OK;
    buf_add_z(&out, "No run is going on; the next one is shown from its beginning. Ctrl-C ends the watching.\n");
    return cli_put(&out, NULL);
}

/* A run that is over, or never was, sends no events: look before waiting. */
static enum err look_first(struct watching *w, struct why *why)
{
    struct result r;
    TRY(visit_ask(w->visit, "coordinator", STR("runs list"), NULL, 0, &r, why));
    enum err e =
        *w->panel.run ? why_say(why, ERR_ABSENT, "there is no run %s; `himas runs list` shows them", w->panel.run) : OK;
    for (const struct result_row *row = r.rows; row && *w->panel.run; row = row->next) {
        if (!str_is(column(&r, row, "run"), w->panel.run)) continue;
        take_state(&w->panel, column(&r, row, "task"), column(&r, row, "state"));
        e = w->panel.outcome == PANEL_RUNNING ? OK : tell_over(w, column(&r, row, "why"), why);
    }
    if (e == OK) e = tell_idle(w, &r);
    result_free(&r);
    return e;
}

static enum err watch(struct watching *w, uint64_t patience_ms, struct why *why)
{
    TRY(begin(w, why));
    TRY(look_first(w, why));
    enum err e = follow(w, patience_ms, why);
    enum err off = subscribe(w->visit, 0);
    return e == OK && off != ERR_NETWORK ? off : e;
}

enum err run_watch(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char run[MSG_RUN_BYTES];
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    TRY(visit_open(cli, &v, why));
    struct watching *w = calloc(1, sizeof *w);
    if (!w) return ERR_MEMORY;
    w->cli = cli;
    w->visit = &v;
    w->panel = panel_make(cli_text(&call->call, "run", run, sizeof run));
    enum err e = watch(w, call_u64(&call->call, "wait") * 1000, why);
    free(w);
    return e;
}

/* ---- starting ---- */

static struct str field(const struct result *r, const char *name)
{
    for (const struct result_field *f = r->fields; f; f = f->next)
        if (str_is(f->name, name)) return f->value;
    return (struct str){ 0 };
}

static enum err ask_start(const struct visit *v, const struct call *call, struct result *out, struct why *why)
{
    static const char *const names[] = { "task", "rounds", "quorum" };
    struct arg_pair pairs[3];
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (call_has(call, names[i])) pairs[n++] = (struct arg_pair){ str_of(names[i]), call_text(call, names[i]) };
    return visit_ask(v, "coordinator", STR("start"), pairs, n, out, why);
}

/* Events may come before the answer that names the run: those of another run are then forgotten. */
static enum err start_and_watch(struct watching *w, const struct call *call, struct why *why)
{
    char run[MSG_RUN_BYTES];
    struct result r;
    TRY(begin(w, why));
    TRY(ask_start(w->visit, call, &r, why));
    (void)snprintf(run, sizeof run, STR_F, STR_ARG(field(&r, "run")));
    if (*w->panel.run && strcmp(w->panel.run, run) != 0) w->panel = panel_make(run);
    enum err e = w->cli->json ? OK : visit_put(w->cli, &r, why);
    result_free(&r);
    return e == OK ? follow(w, 0, why) : e;
}

static enum err only_start(const struct cli *cli, const struct visit *v, const struct call *call, struct why *why)
{
    struct result r;
    TRY(ask_start(v, call, &r, why));
    enum err e = visit_put(cli, &r, why);
    result_free(&r);
    return e;
}

enum err run_start(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    TRY(visit_open(cli, &v, why));
    if (!cli_flag(&call->call, "watch")) return only_start(cli, &v, &call->call, why);
    struct watching *w = calloc(1, sizeof *w);
    if (!w) return ERR_MEMORY;
    w->cli = cli;
    w->visit = &v;
    w->panel = panel_make("");
    enum err e = start_and_watch(w, &call->call, why);
    free(w);
    return e;
}
