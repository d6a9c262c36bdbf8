#include "tests/bench/crowd.h"
#include "common/runtime/core_state.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENING_AT_ONCE = 8, OPENER_MS = 2, PING_MS = 86400000, CONNECT_MS = 120000, LEAVE_MS = 4000 };

/* ---- one agent ---- */

static enum err op_send(void *self, const struct packet *p)
{
    struct crowd_end *e = self;
    if (e->crowd->plan.look) e->crowd->plan.look(e->crowd->plan.to, p);
    return e->below.send(e->below.self, p);
}

static enum err op_show(void *self, const char *to, bool online)
{
    struct crowd_end *e = self;
    return e->below.show(e->below.self, to, online);
}

static void op_answer(void *self, uint64_t call_id, const struct result *r)
{
    (void)self;
    if (r->code != OK) report_die("call %d: " STR_F, (int)call_id, STR_ARG(buf_str(&r->text)));
}

static enum err op_store(void *self, uint64_t token, const char *sha256, struct bytes data)
{
    struct crowd_end *e = self;
    return e->below.store(e->below.self, token, sha256, data);
}

static enum err op_fetch(void *self, uint64_t token, struct str url, uint64_t bytes)
{
    struct crowd_end *e = self;
    return e->below.fetch(e->below.self, token, url, bytes);
}

static void open_store(struct crowd *c, const char *jid, struct crowd_end *e)
{
    char path[PLACE_PATH_BYTES + ROSTER_JID_BYTES + 16];
    struct why why = { "" };
    struct place_low low;
    if (!c->plan.journal) {
        report_need(store_open_memory(&e->store), NULL, "a store");
        return;
    }
    (void)snprintf(path, sizeof path, "%s/%s.db", c->plan.place->dir, jid);
    place_take_low(&low);
    report_need(store_open_file(path, c->plan.def->safety, &e->store, &why), &why, "a store");
    place_give_low(&low);
}

static struct log quiet(void) { return (struct log){ .level = LOG_ERROR, .who = "bench", .put = log_put_stderr }; }

static void open_core(struct crowd *c, const char *jid, size_t key, struct crowd_end *e)
{
    struct why why = { "" };
    struct core_config config = {
        .def = c->plan.def, .jid = jid, .settings = c->settings, .roster = c->roster, .log = quiet()
    };
    open_store(c, jid, e);
    report_need(host_uv_open(&c->loop, &e->host), NULL, "a host");
    place_identity(key, &config.identity);
    config.store = e->store;
    config.host = host_uv_host(e->host);
    e->screen.phi = c->phi;
    config.screen = &e->screen;
    report_need(core_new(&config, &e->core, &why), &why, jid);
    host_uv_attach(e->host, e->core);
}

static void open_end(struct crowd *c, size_t i)
{
    const struct crowd_plan *p = &c->plan;
    struct crowd_end *e = &c->ends[i];
    char jid[ROSTER_JID_BYTES];
    char boss[64];
    struct why why = { "" };
    (void)snprintf(boss, sizeof boss, "%sc", p->prefix);
    place_jid(p->coordinator ? boss : p->prefix, p->coordinator ? 0 : p->first + i, jid);
    e->crowd = c;
    open_core(c, jid, p->coordinator ? 0 : p->first + i + 1, e);
    const struct xmpp_config config = { .jid = jid,
                                        .password = p->place->secret,
                                        .host = "127.0.0.1",
                                        .port = (uint16_t)p->place->port,
                                        .ca_file = p->place->ca,
                                        .stream_management = p->stream_management,
                                        .connect_ms = CONNECT_MS,
                                        .ping_ms = PING_MS,
                                        .upload = "upload." PLACE_DOMAIN,
                                        .loop = &c->loop };
    struct place_low low;
    place_take_low(&low); /* libcurl holds descriptors too; the connection's own socket is opened later */
    report_need(xmpp_open(&config, e->core, quiet(), &e->xmpp, &why), &why, jid);
    place_give_low(&low);
    e->below = xmpp_transport(e->xmpp);
    struct transport t = e->below;
    if (i == 0) t = (struct transport){ e, op_send, op_show, op_answer, op_store, op_fetch };
    core_attach(e->core, &t);
}

/* ---- all ---- */

static size_t count_up(const struct crowd *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->opened; i++) n += core_ready(c->ends[i].core);
    return n;
}

static void on_opener(uv_timer_t *t)
{
    struct crowd *c = t->data;
    size_t up = count_up(c);
    c->all_up = up == c->plan.n;
    while (c->opened < c->plan.n && c->opened < up + OPENING_AT_ONCE) open_end(c, c->opened++);
    if (c->all_up) (void)uv_timer_stop(t);
}

void crowd_begin(struct crowd *c, const struct crowd_plan *plan)
{
    const struct setting *const tables[] = { plan->def->settings, NULL };
    const struct settings_source from = { .config_text = str_of(plan->settings) };
    struct why why = { "" };
    *c = (struct crowd){ .plan = *plan };
    if (plan->n > CROWD_MAX || uv_loop_init(&c->loop) != 0) report_die("too many in one process");
    report_need(settings_new(tables, &from, &c->settings, &why), &why, "settings");
    report_need(phi_new(&c->phi), NULL, "a look at texts");
    c->roster = place_roster(plan->prefix, plan->members);
    c->ends = calloc(plan->n, sizeof *c->ends);
    if (c->ends == NULL) report_die("memory");
    (void)uv_timer_init(&c->loop, &c->opener);
    c->opener.data = c;
    (void)uv_timer_start(&c->opener, on_opener, 0, OPENER_MS);
}

bool crowd_up(struct crowd *c) { return c->all_up; }
struct agent *crowd_core(struct crowd *c, size_t i) { return c->ends[i].core; }

static void on_closed(void *to)
{
    struct crowd *c = to;
    c->closed++;
}

bool crowd_quiet(const struct crowd *c)
{
    for (size_t i = 0; i < c->opened; i++) {
        const struct agent *a = c->ends[i].core;
        if (core_outbox(a) > 0) return false;
        for (size_t k = 0; k < a->npeers; k++)
            if (a->peers[k].nacks > 0) return false;
    }
    return true;
}

static void on_late(uv_timer_t *t)
{
    struct crowd *c = t->data;
    c->late = true;
}

void crowd_end(struct crowd *c)
{
    for (size_t i = 0; i < c->opened; i++) {
        core_attach(c->ends[i].core, NULL);
        xmpp_close(c->ends[i].xmpp, on_closed, c);
    }
    (void)uv_timer_start(&c->opener, on_late, LEAVE_MS, 0);
    while (!c->late && c->closed < c->opened) (void)uv_run(&c->loop, UV_RUN_ONCE);
}

/* ---- as a child ---- */

struct waiting {
    uv_poll_t order;
    uv_check_t look;
    struct crowd crowd;
    int fd;
    uint64_t began_ns;
    bool said, asked, over;
};

static void on_order(uv_poll_t *p, int status, int events)
{
    struct waiting *w = p->data;
    struct order o;
    (void)status;
    (void)events;
    w->over = !child_order(w->fd, &o);
    w->asked = true;
    if (w->over) uv_stop(&w->crowd.loop);
}

static void on_look(uv_check_t *c)
{
    struct waiting *w = c->data;
    if (w->asked && crowd_quiet(&w->crowd)) {
        w->asked = false;
        child_answer(w->fd, NULL, 0);
    }
    if (w->said || !crowd_up(&w->crowd)) return;
    double seconds = (double)(report_now_ns() - w->began_ns) / 1e9;
    w->said = true;
    child_answer(w->fd, &seconds, 1);
}

void crowd_child(int fd, void *plan)
{
    struct waiting *w = calloc(1, sizeof *w);
    if (w == NULL) report_die("memory");
    w->fd = fd;
    w->began_ns = report_now_ns();
    crowd_begin(&w->crowd, plan);
    (void)uv_poll_init(&w->crowd.loop, &w->order, fd);
    (void)uv_check_init(&w->crowd.loop, &w->look);
    w->order.data = w->look.data = w;
    (void)uv_poll_start(&w->order, UV_READABLE | UV_DISCONNECT, on_order);
    (void)uv_check_start(&w->look, on_look);
    while (!w->over) (void)uv_run(&w->crowd.loop, UV_RUN_DEFAULT);
    crowd_end(&w->crowd);
}
