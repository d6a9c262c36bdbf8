#include "common/runtime/xmpp/client.h"
#include "common/base/rng.h"
#include "common/runtime/xmpp/client_inside.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { CLIENT_MAX_SEEN = 64, CLIENT_SLACK_MS = 2000 }; /* slack: the connection gives up first, and says why */

struct waiting { /* what the running call waits for */
    bool link, stop, late;
    const char *chat_from;
    struct buf *chat;
    bool asked, answered;
    enum err answer;
    struct result *result;
    struct why *why;
};
struct client {
    uv_loop_t loop;
    uv_timer_t timer;
    struct session *session;
    struct waiting now;
    char listen_from[ROSTER_JID_BYTES];
    client_message_fn *fn;
    void *to;
    char seen[CLIENT_MAX_SEEN][ROSTER_JID_BYTES];
    size_t nseen;
};

/* ---- events ---- */

static void on_link(void *to, bool up)
{
    struct client *c = to;
    c->now.link = up;
}

static void on_packet(void *to, const struct packet *p)
{
    struct client *c = to;
    if (p->kind == PACKET_CHAT && c->now.chat && strcmp(p->peer, c->now.chat_from) == 0) {
        buf_add_str(c->now.chat, p->body);
        c->now.answered = true;
    }
    if (p->kind == PACKET_MESSAGE && c->fn && (!c->listen_from[0] || strcmp(p->peer, c->listen_from) == 0))
        c->fn(c->to, p->peer, p->body);
}

static void on_bounce(void *to, const char *bare)
{
    struct client *c = to;
    if (!c->now.chat || strcmp(bare, c->now.chat_from) != 0) return;
    c->now.answered = true;
    c->now.answer = why_say(c->now.why, ERR_ABSENT, "%s is not online", bare);
}

static void on_presence(void *to, const char *bare, bool online)
{
    struct client *c = to;
    size_t i = 0;
    while (i < c->nseen && strcmp(c->seen[i], bare) != 0) i++;
    if (online && i == c->nseen && i < CLIENT_MAX_SEEN)
        (void)snprintf(c->seen[c->nseen++], ROSTER_JID_BYTES, "%s", bare);
    if (!online && i < c->nseen) memmove(c->seen[i], c->seen[--c->nseen], ROSTER_JID_BYTES);
}

bool client_sees(const struct client *c, const char *jid)
{
    for (size_t i = 0; i < c->nseen; i++)
        if (strcmp(c->seen[i], jid) == 0) return true;
    return false;
}

/* ---- running ---- */

static void on_timer(uv_timer_t *t)
{
    struct client *c = t->data;
    c->now.late = true;
}

typedef bool until_fn(const struct client *c);

/* ERR_TIMEOUT when it does not hold in time. */
static enum err run_until(struct client *c, until_fn *done, uint64_t timeout_ms)
{
    c->now.late = false;
    uv_update_time(&c->loop);
    (void)uv_timer_start(&c->timer, on_timer, timeout_ms, 0);
    while (!done(c) && !c->now.late) (void)uv_run(&c->loop, UV_RUN_ONCE);
    (void)uv_timer_stop(&c->timer);
    return done(c) ? OK : ERR_TIMEOUT;
}

static bool is_linked(const struct client *c) { return c->now.link; }
static bool is_answered(const struct client *c) { return c->now.answered; }
static bool is_stopped(const struct client *c) { return c->now.stop; }

/* Somebody waits: the first failure is the answer. */
static bool is_linked_or_failed(const struct client *c)
{
    return c->now.link || conn_failures(session_conn(c->session)) > 0;
}

struct session *client_session(struct client *c) { return c->session; }
struct uv_loop_s *client_loop(struct client *c) { return &c->loop; }

void client_wait(struct client *c, client_done_fn *done, const void *to)
{
    while (!done(to)) (void)uv_run(&c->loop, UV_RUN_ONCE);
}

/* ---- asking ---- */

/* RFC 6120 section 8.3.3: the conditions that mean something to us. */
static enum err refusal(xmpp_stanza_t *iq, const char *agent, struct why *why)
{
    static const struct {
        const char *condition;
        enum err code;
        const char *words;
    } rows[] = {
        { "item-not-found", ERR_ABSENT, "has no such command; its `help` lists them" },
        { "forbidden", ERR_ROLE, "does not do this for your role" },
        { "service-unavailable", ERR_ABSENT, "is not online" },
        { "recipient-unavailable", ERR_ABSENT, "is not online" },
        { "resource-constraint", ERR_LIMIT, "is answering too many questions at once" },
        { "remote-server-not-found", ERR_ABSENT, "is at a domain the broker does not reach" },
    };
    xmpp_stanza_t *error = stanza_child(iq, "error", NULL);
    for (size_t i = 0; error && i < sizeof rows / sizeof *rows; i++)
        if (stanza_child(error, rows[i].condition, NULL))
            return why_say(why, rows[i].code, "%s %s", agent, rows[i].words);
    return why_say(why, ERR_PROTO, "%s did not understand", agent);
}

static void on_answer(void *to, enum err e, xmpp_stanza_t *iq)
{
    struct client *c = to;
    if (!c->now.asked) return;
    c->now.answered = true;
    c->now.answer = e;
    if (e != OK) return;
    xmpp_stanza_t *command = stanza_child(iq, "command", NS_COMMANDS);
    if (str_is(stanza_attribute(iq, "type"), "error") || !command)
        c->now.answer = refusal(iq, xmpp_stanza_get_from(iq), c->now.why);
    else if (str_is(stanza_attribute(command, "status"), "completed"))
        c->now.answer = form_read_result(command, c->now.result);
    else
        c->now.answer = why_say(c->now.why, ERR_INPUT, "the command wants to be asked with a form");
}

static enum err address(const char *agent, char out[STANZA_MAX_JID])
{
    bool full = strchr(agent, '/') != NULL;
    int n = snprintf(out, STANZA_MAX_JID, "%s%s", agent, full ? "" : "/" XMPP_AGENT_RESOURCE);
    return n > 0 && n < STANZA_MAX_JID ? OK : ERR_INPUT;
}

enum err client_ask(struct client *c, const char *agent, struct str command, const struct arg_pair *pairs, size_t n,
                    uint64_t timeout_ms, struct result *out, struct why *why)
{
    char to[STANZA_MAX_JID];
    struct buf content CLEANUP(buf_free) = buf_make(STANZA_MAX_OUT_BYTES);
    TRY(address(agent, to));
    buf_add_z(&content, "<command xmlns='" NS_COMMANDS "' action='execute'");
    xml_attribute(&content, "node", command);
    buf_add_z(&content, ">");
    form_write_pairs(&content, pairs, n);
    buf_add_z(&content, "</command>");
    TRY(buf_err(&content));
    c->now.answered = false;
    c->now.asked = true;
    c->now.result = out;
    c->now.why = why;
    struct question q = { "set", to, buf_str(&content), timeout_ms, on_answer, c };
    enum err e = session_ask(c->session, &q);
    if (e == OK && run_until(c, is_answered, timeout_ms) != OK) e = ERR_TIMEOUT;
    c->now.asked = false;
    if (e == OK) e = c->now.answer;
    if (e == ERR_TIMEOUT) return why_say(why, e, "%s did not answer within %" PRIu64 " ms", agent, timeout_ms);
    if (e == ERR_NETWORK) return why_say(why, e, "the link to the broker broke");
    return e;
}

enum err client_say(struct client *c, const char *agent, struct str text, uint64_t timeout_ms, struct buf *out,
                    struct why *why)
{
    char bare[ROSTER_JID_BYTES];
    TRY(stanza_bare_jid(agent, bare));
    c->now.chat = out;
    c->now.chat_from = bare;
    c->now.answered = false;
    c->now.answer = OK;
    c->now.why = why;
    enum err e = session_send(c->session, &(struct packet){ .kind = PACKET_CHAT, .peer = agent, .body = text });
    if (e == OK && run_until(c, is_answered, timeout_ms) != OK)
        e = why_say(why, ERR_TIMEOUT, "%s did not answer within %" PRIu64 " ms", agent, timeout_ms);
    c->now.chat = NULL;
    if (e == OK) e = c->now.answer;
    return e == OK ? buf_err(out) : e;
}

/* ---- listening ---- */

enum err client_send_message(struct client *c, const char *to, struct str json)
{
    struct packet p = { .kind = PACKET_MESSAGE, .peer = to, .body = json, .performative = "inform", .thread = "" };
    return session_send(c->session, &p);
}

enum err client_listen(struct client *c, const char *from, client_message_fn *fn, void *to)
{
    c->listen_from[0] = '\0';
    if (from) TRY(stanza_bare_jid(from, c->listen_from));
    c->fn = fn;
    c->to = to;
    return OK;
}

void client_stop(struct client *c) { c->now.stop = true; }

enum err client_run(struct client *c, uint64_t timeout_ms)
{
    c->now.stop = false;
    enum err e = run_until(c, is_stopped, timeout_ms);
    (void)e; /* the time may well run out */
    return c->now.link ? OK : ERR_NETWORK;
}

enum err client_show(struct client *c, const char *to) { return session_show(c->session, to, true); }

/* ---- opening and closing ---- */

static void free_client(struct client *c)
{
    uv_close((uv_handle_t *)&c->timer, NULL);
    while (uv_run(&c->loop, UV_RUN_DEFAULT) != 0) continue;
    (void)uv_loop_close(&c->loop);
    free(c);
}

void client_close(struct client *c)
{
    if (!c) return;
    session_close(c->session);
    free_client(c); /* the loop is empty once the session has gone */
}

static enum err wait_for_link(struct client *c, uint64_t timeout_ms, struct why *why)
{
    enum err e = run_until(c, is_linked_or_failed, timeout_ms + CLIENT_SLACK_MS);
    if (is_linked(c)) return OK;
    const struct trouble *t = conn_trouble(session_conn(c->session));
    return why_say(why, t->code != OK ? t->code : e, "%s", t->why.text);
}

enum err client_open(const struct xmpp_config *config, struct client **out, struct why *why)
{
    uint64_t random;
    char resource[32];
    struct client *c = calloc(1, sizeof *c);
    if (!c || uv_loop_init(&c->loop) != 0) {
        free(c);
        return ERR_MEMORY;
    }
    (void)uv_timer_init(&c->loop, &c->timer);
    c->timer.data = c;
    struct xmpp_config k = *config;
    enum err e = os_random(&random, sizeof random);
    (void)snprintf(resource, sizeof resource, "visit-%08x", (unsigned)random);
    if (!k.resource || !*k.resource) k.resource = resource;
    if (!k.connect_ms) k.connect_ms = XMPP_CONNECT_MS;
    k.loop = &c->loop;
    k.stream_management = false;
    struct xmpp_events events = {
        .to = c, .link = on_link, .packet = on_packet, .presence = on_presence, .bounce = on_bounce
    };
    if (e == OK) e = session_open(&k, &events, NULL, (struct log){ .level = LOG_ERROR }, &c->session, why);
    if (e != OK) {
        free_client(c);
        return e;
    }
    e = wait_for_link(c, k.connect_ms, why);
    if (e == OK)
        *out = c;
    else
        client_close(c);
    return e;
}
