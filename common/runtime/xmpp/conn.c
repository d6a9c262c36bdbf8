#include "common/runtime/xmpp/conn.h"
#include "common/base/rng.h"
#include "common/base/secret.h"
#include "common/runtime/xmpp/dial.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t conn_backoff_ms(unsigned failures, bool reached, uint64_t random)
{
    uint64_t max = reached ? XMPP_BACKOFF_MAX_MS : XMPP_BACKOFF_UNHEARD_MS;
    uint64_t bound = XMPP_BACKOFF_FIRST_MS;
    for (unsigned i = 0; i < failures && bound < max; i++) bound *= 2;
    return random % (bound < max ? bound : max);
}

uint64_t conn_refused_ms(unsigned refusals, uint64_t random)
{
    if (refusals < XMPP_REFUSED_TRIES) return 0;
    return XMPP_BACKOFF_REFUSED_MS / 2 + random % (XMPP_BACKOFF_REFUSED_MS / 2);
}

uint64_t conn_now_ms(const struct conn *c) { return uv_now(c->loop); }
bool conn_is_up(const struct conn *c) { return c->state == CONN_UP; }
bool conn_offers_sm(const struct conn *c) { return c->offers_sm; }
const char *conn_domain(const struct conn *c) { return strchr(c->bare, '@') + 1; }
const struct trouble *conn_trouble(const struct conn *c) { return &c->trouble; }
unsigned conn_failures(const struct conn *c) { return c->failures; }
struct conn_counts conn_counts(const struct conn *c) { return c->counts; }

const char *conn_jid(const struct conn *c)
{
    const char *bound = c->strophe ? xmpp_conn_get_bound_jid(c->strophe) : NULL;
    return bound ? bound : c->full;
}

enum err conn_send(struct conn *c, const struct buf *stanza)
{
    TRY(buf_err(stanza));
    if (stanza->n > STANZA_MAX_OUT_BYTES) return ERR_LIMIT;
    if (c->state != CONN_UP || !xmpp_conn_is_connected(c->strophe)) return ERR_NETWORK;
    if (xmpp_conn_send_queue_len(c->strophe) >= CONN_MAX_QUEUE) return c->counts.unqueued++, ERR_LIMIT;
    xmpp_send_raw(c->strophe, (const char *)stanza->p, stanza->n);
    c->counts.out++;
    c->counts.out_bytes += stanza->n;
    pump_wrote(&c->pump, stanza->n);
    return OK;
}

/* ---- the end ---- */

static void free_conn(struct conn *c)
{
    if (c->strophe) (void)xmpp_conn_release(c->strophe);
    if (c->ctx) xmpp_ctx_free(c->ctx);
    if (c->password) secret_wipe(c->password, strlen(c->password));
    free(c->password);
    free(c->host);
    free(c->ca_file);
    free(c);
}

/* The last handle or request to end frees everything, outside of any of libstrophe's callbacks. */
static void one_less(struct conn *c)
{
    if (--c->handles > 0) return;
    struct conn_events events = c->events;
    free_conn(c);
    if (events.closed) events.closed(events.to);
}

static void on_handle_closed(uv_handle_t *h) { one_less(h->data); }

static void finish(struct conn *c)
{
    if (c->state == CONN_GONE) return;
    c->state = CONN_GONE;
    (void)watchdog_stop(c->dog);
    c->dog = NULL;
    pump_release(&c->pump);
    if (c->resolving) (void)uv_cancel((uv_req_t *)&c->resolve);
    uv_close((uv_handle_t *)&c->tick, on_handle_closed);
    uv_close((uv_handle_t *)&c->retry, on_handle_closed);
}

/* Inside of libstrophe its connection is still needed after our callback. */
static void on_leave_late(uv_timer_t *t)
{
    struct conn *c = t->data;
    if (c->pump.fd < 0 || c->leave_forced) {
        finish(c);
        return;
    }
    c->leave_forced = true;
    pump_cut(&c->pump);
    (void)uv_timer_start(t, on_leave_late, CONN_LEAVE_MS, 0);
}

void conn_close(struct conn *c)
{
    enum conn_state was = c->state;
    if (was == CONN_LEAVING || was == CONN_GONE) return;
    c->state = CONN_LEAVING;
    bool connected = was == CONN_UP || was == CONN_LOGGING_IN;
    (void)uv_timer_start(&c->retry, on_leave_late, connected ? CONN_LEAVE_MS : 0, 0); /* the end may come below */
    if (was == CONN_UP) {
        xmpp_disconnect(c->strophe);
        pump_wrote(&c->pump, 0);
    }
    if (was == CONN_LOGGING_IN) pump_cut(&c->pump);
}

/* ---- up, down and again ---- */

static void on_tick(uv_timer_t *t);
static void tick_every(struct conn *c, uint64_t ms) { (void)uv_timer_start(&c->tick, on_tick, ms, ms); }

static void on_retry(uv_timer_t *t)
{
    struct conn *c = t->data;
    c->counts.attempts++;
    c->cause = (struct trouble){ .code = OK };
    c->reached = false;
    c->state = CONN_RESOLVING;
    dial_start(c);
}

static void try_again(struct conn *c)
{
    uint64_t random = 0;
    if (os_random(&random, sizeof random) != OK) random = 0; /* everybody comes back at once, no worse */
    c->refusals = c->trouble.refused ? c->refusals + 1 : 0;
    uint64_t usual_ms = conn_backoff_ms(c->failures++, c->reached, random);
    uint64_t refused_ms = conn_refused_ms(c->refusals, random);
    uint64_t wait_ms = refused_ms ? refused_ms : usual_ms;
    c->state = CONN_WAITING;
    uv_update_time(c->loop); /* a handshake may have blocked it: the wait begins now */
    struct log_field why = L_STR("why", c->trouble.why.text);
    if (c->trouble.code == ERR_TLS) why.kind = LOG_NAME; /* words of ours, and a certificate's dates: no patient's */
    log_warn(&c->log, refused_ms ? "xmpp.refused" : "xmpp.down", L_ERR(c->trouble.code), why,
             L_U64("again_in_ms", wait_ms));
    (void)uv_timer_start(&c->retry, on_retry, wait_ms, 0);
}

/* libstrophe's copy of the old one cannot be wiped. */
enum err conn_set_password(struct conn *c, const char *password)
{
    char *copy = strdup(password);
    if (!copy) return ERR_MEMORY;
    if (c->password) secret_wipe(c->password, strlen(c->password));
    free(c->password);
    c->password = copy;
    xmpp_conn_set_pass(c->strophe, copy);
    c->failures = c->refusals = 0;
    if (c->state == CONN_WAITING) (void)uv_timer_start(&c->retry, on_retry, 0, 0);
    return OK;
}

void conn_on_up(struct conn *c)
{
    if (c->state != CONN_LOGGING_IN) return;
    (void)watchdog_stop(c->dog);
    c->dog = NULL;
    c->state = CONN_UP;
    c->trouble = c->cause = (struct trouble){ .code = OK };
    c->up_ms = c->heard_ms = c->answered_ms = uv_now(c->loop);
    c->asked_ms = 0;
    tick_every(c, CONN_CALM_MS);
    c->counts.connects++;
    log_info(&c->log, "xmpp.up", L_NAME("jid", conn_jid(c)));
    if (c->events.link) c->events.link(c->events.to, true);
}

void conn_on_down(struct conn *c, const struct trouble *why)
{
    enum conn_state was = c->state;
    bool timed_out = watchdog_stop(c->dog);
    c->dog = NULL;
    pump_release(&c->pump);
    if (was == CONN_LEAVING) {
        (void)uv_timer_start(&c->retry, on_leave_late, 0, 0);
        return;
    }
    if (was == CONN_GONE || was == CONN_WAITING) return;
    tick_every(c, CONN_TICK_MS);
    c->trouble = c->cause.code != OK ? c->cause : *why;
    c->reached = c->reached || timed_out; /* so busy that it does not answer: no less a reason to wait */
    if (timed_out)
        c->trouble.code = why_say(&c->trouble.why, ERR_TIMEOUT, "%s port %u: no answer within %llu ms", c->host,
                                  c->port, (unsigned long long)c->connect_ms);
    if (was == CONN_UP) {
        c->counts.breaks++;
        if (uv_now(c->loop) - c->up_ms >= CONN_STABLE_MS) c->failures = 0;
    }
    try_again(c);
    if (was == CONN_UP && c->events.link) c->events.link(c->events.to, false);
}

static const char ping_id[] = "himas-ping";

static bool is_pong(const struct conn *c, xmpp_stanza_t *s)
{
    struct str from = stanza_attribute(s, "from");
    return stanza_is(s, "iq", NULL) && str_is(stanza_attribute(s, "id"), ping_id) &&
           (from.n == 0 || str_is_nocase(from, conn_domain(c)));
}

void conn_on_stanza(struct conn *c, xmpp_stanza_t *s)
{
    c->heard_ms = uv_now(c->loop);
    c->counts.in++;
    if (is_pong(c, s)) {
        c->asked_ms = 0;
        c->answered_ms = c->heard_ms;
    }
    if (c->state == CONN_UP && c->events.stanza) c->events.stanza(c->events.to, s);
}

/* ---- the tick ---- */

static void ask(struct conn *c, uint64_t now)
{
    struct buf ping CLEANUP(buf_free) = buf_make(1024);
    buf_addf(&ping, "<iq type='get' id='%s'", ping_id);
    xml_attribute_z(&ping, "to", conn_domain(c));
    buf_add_z(&ping, "><ping xmlns='urn:xmpp:ping'/></iq>");
    if (conn_send(c, &ping) == OK) c->asked_ms = now;
}

/* XEP-0199: silence is not proof of life, nor is what others say proof that we are heard.  A dead link is cut, so that
 * the reconnect begins. */
static void check_link(struct conn *c, uint64_t now)
{
    bool others_heard = c->heard_ms > c->asked_ms;
    if (c->asked_ms && now - c->asked_ms > (others_heard ? CONN_SLOW_PONGS : 1) * c->pong_ms) {
        c->silent = c->afresh = true;
        c->asked_ms = 0;
        pump_cut(&c->pump);
    } else if (!c->asked_ms && now - c->answered_ms > c->ping_ms)
        ask(c, now);
}

static void on_tick(uv_timer_t *t)
{
    struct conn *c = t->data;
    pump_run(&c->pump);
    if (c->state == CONN_UP) check_link(c, uv_now(c->loop));
    if (c->state != CONN_LEAVING && c->state != CONN_GONE && c->events.tick)
        c->events.tick(c->events.to, uv_now(c->loop));
}

void conn_resolved(struct conn *c)
{
    c->resolving = false;
    one_less(c);
}

/* ---- the beginning ---- */

static bool given(const char *text) { return text && *text; }

static enum err check(const struct xmpp_config *k, struct why *why)
{
    const char *at = k->jid ? strchr(k->jid, '@') : NULL;
    if (!at || at == k->jid || !at[1] || strchr(k->jid, '/') || strlen(k->jid) >= ROSTER_JID_BYTES)
        return why_say(why, ERR_SETTING, "jid: '%s' is not a bare JID like name@domain", k->jid ? k->jid : "");
    if (!k->password || !*k->password) return why_say(why, ERR_SETTING, "password: there is none for %s", k->jid);
    if (given(k->resource) && strlen(k->resource) >= STANZA_MAX_JID - ROSTER_JID_BYTES)
        return why_say(why, ERR_SETTING, "resource: it is too long");
    if (given(k->ca_file) && access(k->ca_file, R_OK) != 0)
        return why_say(why, ERR_SETTING, "ca_file: %s cannot be read", k->ca_file);
    return OK;
}

static enum err fill(struct conn *c, const struct xmpp_config *k)
{
    TRY(stanza_bare_jid(k->jid, c->bare));
    (void)snprintf(c->full, sizeof c->full, "%s/%s", c->bare, given(k->resource) ? k->resource : XMPP_AGENT_RESOURCE);
    c->port = k->port ? k->port : 5222;
    c->connect_ms = k->connect_ms ? k->connect_ms : XMPP_CONNECT_MS;
    c->ping_ms = k->ping_ms ? k->ping_ms : XMPP_PING_MS;
    c->pong_ms = k->pong_ms ? k->pong_ms : XMPP_PONG_MS;
    c->password = strdup(k->password);
    c->host = strdup(given(k->host) ? k->host : conn_domain(c));
    c->ca_file = given(k->ca_file) ? strdup(k->ca_file) : NULL;
    return c->password && c->host && (!given(k->ca_file) || c->ca_file) ? OK : ERR_MEMORY;
}

enum err conn_open(const struct xmpp_config *config, const struct conn_events *events, struct log log,
                   struct conn **out, struct why *why)
{
    TRY(check(config, why));
    struct conn *c = calloc(1, sizeof *c);
    if (!c) return ERR_MEMORY;
    c->loop = config->loop;
    c->events = *events;
    c->log = log;
    c->pump = (struct pump){ .loop = c->loop, .fd = -1 };
    enum err e = fill(c, config);
    if (e == OK) e = dial_prepare(c, config->stream_management);
    if (e != OK) {
        free_conn(c);
        return why_say(why, e, "the connection could not be prepared");
    }
    (void)uv_timer_init(c->loop, &c->tick);
    (void)uv_timer_init(c->loop, &c->retry);
    c->tick.data = c->retry.data = c;
    c->handles = 2;
    c->trouble = (struct trouble){ .code = ERR_NETWORK, .why = { "connecting" } };
    c->state = CONN_WAITING;
    tick_every(c, CONN_TICK_MS);
    (void)uv_timer_start(&c->retry, on_retry, 0, 0);
    *out = c;
    return OK;
}
