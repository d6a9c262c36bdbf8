/* A crowd of agents on a real broker, many in one process, for end-to-end tests.
 *
 *   e2e-crowd FOLDER DOMAIN PORT CA FIRST COUNT
 *
 * Agents crowd-FIRST ... of DOMAIN, each a whole one: core, store in memory, connection of its own.  FOLDER has
 * roster.yaml and secrets/<name>.password.  Each tells the next one (of all in the roster) numbers by acked messages,
 * every five seconds, until SIGUSR1.  Standard output: "<monotonic ms> <number of agent> up|down", and at each SIGUSR1
 * everybody's metrics and a line "end".  SIGTERM ends it.
 */
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/crypto/random.h"
#include "common/runtime/core.h"
#include "common/runtime/host_uv.h"
#include "common/runtime/xmpp/xmpp.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { LOOK_MS = 10, NAME_BYTES = 32, PATH_BYTES = 4096, METRICS_BYTES = 1 << 20 };

struct crowd;
struct one {
    struct crowd *crowd;
    unsigned number;
    char jid[ROSTER_JID_BYTES];
    struct store *store;
    struct settings *settings;
    struct host_uv *host;
    struct agent *core;
    struct xmpp *xmpp;
    bool up;
};
struct crowd {
    uv_loop_t loop;
    uv_timer_t look;
    uv_signal_t usr1, term;
    struct roster *roster;
    const char *folder, *domain, *ca;
    uint16_t port;
    unsigned first, count;
    struct one *all;
};

/* ---- the agent: says numbers to the next, adds up what it hears ---- */

struct toy {
    uint64_t said, said_sum, heard, heard_sum;
    bool enough;
};

static const struct setting toy_settings[] = {
    { "tick_ms", SET_COUNT, "5000", 10, 100000, "ms between two messages" },
    { 0 },
};

static const char *next_of(struct agent *a)
{
    const struct roster *r = agent_roster(a);
    size_t i = 0;
    while (i < roster_count(r) && roster_at(r, i) != roster_find(r, str_of(agent_jid(a)))) i++;
    return roster_at(r, (i + 1) % roster_count(r))->jid;
}

static enum err toy_tick(struct agent *a, void *self)
{
    struct toy *t = self;
    struct msg m = msg_make(MSG_DATA_NEW, NULL);
    if (t->enough) return OK;
    m.data_new.records = t->said + 1;
    TRY(agent_send(a, next_of(a), &m));
    t->said++;
    t->said_sum += t->said;
    return OK;
}

static enum err toy_hear(struct agent *a, void *self, const struct msg *m)
{
    struct toy *t = self;
    (void)a;
    t->heard++;
    t->heard_sum += m->data_new.records;
    return OK;
}

static enum err toy_init(struct agent *a, void *self, struct why *why)
{
    (void)a, (void)self, (void)why;
    return OK;
}

static void toy_fini(void *self) { (void)self; }

static void toy_gauges(const void *self, struct buf *metrics)
{
    const struct toy *t = self;
    buf_addf(metrics, "said %" PRIu64 "\nsaid_sum %" PRIu64 "\n", t->said, t->said_sum);
    buf_addf(metrics, "heard %" PRIu64 "\nheard_sum %" PRIu64 "\n", t->heard, t->heard_sum);
}

static const struct agent_handler toy_handlers[] = { { MSG_DATA_NEW, toy_hear, MSG_NONE }, { 0 } };
static const struct agent_ticker toy_tickers[] = { { "tick_ms", toy_tick }, { 0 } };
static const struct agent_def toy_def = {
    .name = "toy",
    .role = ROLE_TRAINER,
    .doc = "says numbers",
    .safety = STORE_PROCESS_SAFE,
    .state_size = sizeof(struct toy),
    .init = toy_init,
    .fini = toy_fini,
    .settings = toy_settings,
    .handlers = toy_handlers,
    .tickers = toy_tickers,
    .gauges = toy_gauges,
};

/* ---- one of them ---- */

static enum err open_core(struct one *o, struct why *why)
{
    const struct setting *const tables[] = { toy_settings, NULL };
    const struct settings_source from = { 0 };
    struct core_config config = { .def = &toy_def,
                                  .jid = o->jid,
                                  .roster = o->crowd->roster,
                                  .log = { .level = LOG_WARN, .who = o->jid, .put = log_put_stderr } };
    TRY(settings_new(tables, &from, &o->settings, why));
    TRY(identity_generate(random_os, NULL, &config.identity));
    TRY(store_open_memory(&o->store));
    TRY(host_uv_open(&o->crowd->loop, &o->host));
    config.settings = o->settings;
    config.store = o->store;
    config.host = host_uv_host(o->host);
    TRY(core_new(&config, &o->core, why));
    host_uv_attach(o->host, o->core);
    return OK;
}

static enum err connect_one(struct one *o, const char *name, struct why *why)
{
    char path[PATH_BYTES];
    struct buf password CLEANUP(secret_buf_free) = buf_make(1024);
    (void)snprintf(path, sizeof path, "%s/secrets/%s.password", o->crowd->folder, name);
    TRY(secret_read_file(path, 1024, &password, why));
    const struct xmpp_config config = { .jid = o->jid,
                                        .password = (const char *)password.p,
                                        .host = "127.0.0.1",
                                        .port = o->crowd->port,
                                        .ca_file = o->crowd->ca,
                                        .loop = &o->crowd->loop };
    struct log log = { .level = LOG_WARN, .who = o->jid, .put = log_put_stderr };
    TRY(xmpp_open(&config, o->core, log, &o->xmpp, why));
    struct transport t = xmpp_transport(o->xmpp);
    core_attach(o->core, &t);
    return OK;
}

static enum err open_one(struct one *o, struct why *why)
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof name, "crowd-%u", o->number);
    (void)snprintf(o->jid, sizeof o->jid, "%s@%s", name, o->crowd->domain);
    TRY(open_core(o, why));
    return connect_one(o, name, why);
}

static void free_one(struct one *o)
{
    core_free(o->core);
    store_close(o->store);
    settings_free(o->settings);
}

/* ---- all of them ---- */

static void on_look(uv_timer_t *timer)
{
    struct crowd *c = timer->data;
    for (unsigned i = 0; i < c->count; i++) {
        struct one *o = &c->all[i];
        if (core_ready(o->core) == o->up) continue;
        o->up = !o->up;
        (void)printf("%" PRIu64 " %u %s\n", clock_mono_ms(), o->number, o->up ? "up" : "down");
    }
    (void)fflush(stdout);
}

static void on_usr1(uv_signal_t *s, int number)
{
    struct crowd *c = s->data;
    struct buf text CLEANUP(buf_free) = buf_make(METRICS_BYTES * c->count);
    (void)number;
    for (unsigned i = 0; i < c->count; i++) {
        ((struct toy *)(uintptr_t)core_state(c->all[i].core))->enough = true;
        core_metrics(c->all[i].core, &text);
        xmpp_metrics(c->all[i].xmpp, &text);
    }
    (void)printf(STR_F "end\n", STR_ARG(buf_str(&text)));
    (void)fflush(stdout);
}

static void on_term(uv_signal_t *s, int number)
{
    struct crowd *c = s->data;
    (void)number;
    uv_close((uv_handle_t *)&c->usr1, NULL);
    uv_close((uv_handle_t *)&c->term, NULL);
    uv_close((uv_handle_t *)&c->look, NULL);
    for (unsigned i = 0; i < c->count; i++) {
        core_attach(c->all[i].core, NULL);
        xmpp_close(c->all[i].xmpp, NULL, NULL);
        host_uv_close(c->all[i].host);
    }
}

static void watch(struct crowd *c)
{
    (void)uv_signal_init(&c->loop, &c->usr1);
    (void)uv_signal_init(&c->loop, &c->term);
    (void)uv_timer_init(&c->loop, &c->look);
    c->usr1.data = c->term.data = c->look.data = c;
    (void)uv_signal_start(&c->usr1, on_usr1, SIGUSR1);
    (void)uv_signal_start(&c->term, on_term, SIGTERM);
    (void)uv_timer_start(&c->look, on_look, LOOK_MS, LOOK_MS);
}

static enum err open_all(struct crowd *c, struct why *why)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/roster.yaml", c->folder);
    TRY(roster_read(path, &c->roster, why));
    c->all = calloc(c->count, sizeof *c->all);
    if (!c->all) return ERR_MEMORY;
    for (unsigned i = 0; i < c->count; i++) {
        c->all[i] = (struct one){ .crowd = c, .number = c->first + i };
        TRY(open_one(&c->all[i], why));
    }
    watch(c);
    return OK;
}

int main(int argc, char **argv)
{
    struct why why = { "" };
    if (argc != 7) return 64;
    struct crowd c = { .folder = argv[1],
                       .domain = argv[2],
                       .port = (uint16_t)strtoul(argv[3], NULL, 10),
                       .ca = argv[4],
                       .first = (unsigned)strtoul(argv[5], NULL, 10),
                       .count = (unsigned)strtoul(argv[6], NULL, 10) };
    if (uv_loop_init(&c.loop) != 0) return 71;
    enum err e = open_all(&c, &why);
    if (e != OK) {
        (void)fprintf(stderr, "%s: %s\n", err_name(e), why.text);
        return err_exit_code(e);
    }
    (void)uv_run(&c.loop, UV_RUN_DEFAULT);
    for (unsigned i = 0; i < c.count; i++) free_one(&c.all[i]);
    free(c.all);
    roster_free(c.roster);
    (void)uv_loop_close(&c.loop);
    return 0;
}
