#include "common/runtime/xmpp/session.h"
#include "common/runtime/xmpp/disco.h"
#include "common/runtime/xmpp/presence.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSION_ARENA_BYTES = 4 * MSG_MAX_BYTES };

struct ask {
    uint64_t number; /* 0 when free */
    char to[STANZA_MAX_JID];
    uint64_t end_ms;
    session_answer_fn *fn;
    void *arg;
};
struct session {
    struct xmpp_events events;
    struct adhoc *commands;
    struct conn *conn;
    struct presence_list *present;
    struct ask asks[SESSION_MAX_ASKS];
    uint64_t next_ask, next_message, settle_ms; /* settle: when doubtful presence is over; 0 none */
    struct arena arena;                         /* of the stanza being read */
    uint64_t kinds[MESSAGE_KIND_COUNT], schema, unanswered, unasked;
};

const struct conn *session_conn(const struct session *s) { return s->conn; }
enum err session_set_password(struct session *s, const char *p) { return conn_set_password(s->conn, p); }
enum err session_send_raw(struct session *s, const struct buf *stanza) { return conn_send(s->conn, stanza); }

enum err session_send(struct session *s, const struct packet *p)
{
    char id[32];
    struct buf out CLEANUP(buf_free) = buf_make(STANZA_MAX_OUT_BYTES);
    (void)snprintf(id, sizeof id, "m%" PRIu64, ++s->next_message);
    stanza_write_message(&out, p, id);
    return conn_send(s->conn, &out);
}

enum err session_show(struct session *s, const char *to, bool online)
{
    struct buf out CLEANUP(buf_free) = buf_make(4096);
    buf_add_z(&out, "<presence");
    xml_attribute_z(&out, "to", to);
    if (!online) buf_add_z(&out, " type='unavailable'");
    buf_add_z(&out, ">");
    if (online) disco_write_caps(s->commands != NULL, &out);
    buf_add_z(&out, "</presence>");
    return conn_send(s->conn, &out);
}

/* ---- questions ---- */

static struct ask *free_ask(struct session *s)
{
    for (size_t i = 0; i < SESSION_MAX_ASKS; i++)
        if (s->asks[i].number == 0) return &s->asks[i];
    return NULL;
}

enum err session_ask(struct session *s, const struct question *q)
{
    struct ask *a = free_ask(s);
    struct buf out CLEANUP(buf_free) = buf_make(STANZA_MAX_OUT_BYTES);
    if (!a) return s->unasked++, ERR_LIMIT;
    TRY(str_copy(str_of(q->to), a->to, sizeof a->to));
    buf_addf(&out, "<iq type='%s' id='q%" PRIu64 "'", q->type, s->next_ask + 1);
    xml_attribute_z(&out, "to", q->to);
    buf_add_z(&out, ">");
    buf_add_str(&out, q->content);
    buf_add_z(&out, "</iq>");
    a->number = ++s->next_ask;
    a->end_ms = conn_now_ms(s->conn) + (q->timeout_ms ? q->timeout_ms : SESSION_ASK_MS);
    a->fn = q->fn;
    a->arg = q->arg;
    enum err e = conn_send(s->conn, &out);
    if (e != OK) a->number = 0;
    return e;
}

static void end_ask(struct ask *a, enum err e, xmpp_stanza_t *answer)
{
    a->number = 0; /* first: fn may ask again */
    a->fn(a->arg, e, answer);
}

/* The answer must come from whom we asked: anybody can guess an id. */
static void take_answer(struct session *s, xmpp_stanza_t *iq)
{
    struct str id = stanza_attribute(iq, "id");
    uint64_t number = 0;
    if (!str_starts(id, "q") || str_u64((struct str){ id.p + 1, id.n - 1 }, &number) != OK) return;
    for (size_t i = 0; number && i < SESSION_MAX_ASKS; i++) {
        struct ask *a = &s->asks[i];
        if (a->number != number || !str_is_nocase(stanza_attribute(iq, "from"), a->to)) continue;
        end_ask(a, OK, iq);
        return;
    }
}

static void end_asks(struct session *s, uint64_t before_ms, enum err e)
{
    for (size_t i = 0; i < SESSION_MAX_ASKS; i++)
        if (s->asks[i].number && s->asks[i].end_ms <= before_ms) end_ask(&s->asks[i], e, NULL);
}

/* ---- what comes in ---- */

static void refuse_oversize(struct session *s, xmpp_stanza_t *stanza)
{
    struct buf out CLEANUP(buf_free) = buf_make(4096);
    char text[160];
    (void)snprintf(text, sizeof text, "<text xmlns='" NS_STANZAS "'>the body is longer than %d bytes</text>",
                   (int)MSG_MAX_BYTES);
    stanza_write_error(&out, stanza, "modify", "policy-violation", text);
    if (conn_send(s->conn, &out) != OK) s->unanswered++; /* the sender will not hear why */
}

static void on_message(struct session *s, xmpp_stanza_t *stanza)
{
    struct message m;
    enum message_kind kind = stanza_read_message(stanza, &s->arena, &m);
    s->kinds[kind]++;
    if (kind == MESSAGE_PACKET) {
        s->schema += m.packet.kind == PACKET_MESSAGE;
        if (s->events.packet) s->events.packet(s->events.to, &m.packet);
    }
    if (kind == MESSAGE_BOUNCE && s->events.bounce) s->events.bounce(s->events.to, m.peer);
    if (kind == MESSAGE_OVERSIZE) refuse_oversize(s, stanza);
}

static void on_iq(struct session *s, xmpp_stanza_t *iq)
{
    struct str type = stanza_attribute(iq, "type");
    if (str_is(type, "result") || str_is(type, "error")) {
        take_answer(s, iq);
        return;
    }
    struct buf out CLEANUP(buf_free) = buf_make(STANZA_MAX_OUT_BYTES);
    disco_answer(s->commands, conn_jid(s->conn), iq, conn_now_ms(s->conn), &out);
    if (out.n && conn_send(s->conn, &out) != OK) s->unanswered++; /* the asker's time-out will tell */
}

static void tell_presence(void *to, const char *bare, bool online)
{
    struct session *s = to;
    if (s->events.presence) s->events.presence(s->events.to, bare, online);
}

static void on_stanza(void *to, xmpp_stanza_t *stanza)
{
    struct session *s = to;
    if (stanza_is(stanza, "message", NULL)) on_message(s, stanza);
    if (stanza_is(stanza, "iq", NULL)) on_iq(s, stanza);
    if (stanza_is(stanza, "presence", NULL)) presence_handle(s->present, stanza, tell_presence, s);
    arena_reset(&s->arena);
}

/* ---- the link ---- */

static void on_link(void *to, bool up)
{
    struct session *s = to;
    if (!up) {
        presence_doubt(s->present);
        s->settle_ms = 0;
        end_asks(s, UINT64_MAX, ERR_NETWORK);
    } else {
        s->settle_ms = conn_now_ms(s->conn) + PRESENCE_GRACE_MS;
        if (session_show(s, NULL, true) != OK) s->unanswered++; /* the link is down again already */
    }
    if (s->events.link) s->events.link(s->events.to, up);
}

static void on_tick(void *to, uint64_t now_ms)
{
    struct session *s = to;
    end_asks(s, now_ms, ERR_TIMEOUT);
    if (s->settle_ms == 0 || now_ms < s->settle_ms) return;
    s->settle_ms = 0;
    presence_settle(s->present, tell_presence, s);
}

static void free_session(struct session *s)
{
    presence_free(s->present);
    arena_free(&s->arena);
    free(s);
}

static void on_closed(void *to)
{
    struct session *s = to;
    struct xmpp_events events = s->events;
    free_session(s);
    if (events.closed) events.closed(events.to);
}

void session_close(struct session *s)
{
    s->events = (struct xmpp_events){ .to = s->events.to, .closed = s->events.closed };
    conn_close(s->conn);
}

enum err session_open(const struct xmpp_config *config, const struct xmpp_events *events, struct adhoc *commands,
                      struct log log, struct session **out, struct why *why)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s) return ERR_MEMORY;
    s->events = *events;
    s->commands = commands;
    s->arena = arena_make(SESSION_ARENA_BYTES);
    s->present = presence_new();
    struct conn_events below = { .to = s, .link = on_link, .stanza = on_stanza, .tick = on_tick, .closed = on_closed };
    enum err e = s->present ? conn_open(config, &below, log, &s->conn, why) : ERR_MEMORY;
    if (e != OK) {
        free_session(s);
        return e;
    }
    *out = s;
    return OK;
}

void session_metrics(const struct session *s, struct buf *out)
{
    struct conn_counts c = conn_counts(s->conn);
    const struct {
        const char *name, *labels, *help;
        uint64_t value;
    } rows[] = {
        { "attempts_total", "", "tries to reach the broker", c.attempts },
        { "connects_total", "", "successful logins", c.connects },
        { "breaks_total", "", "links that broke", c.breaks },
        { "stanzas_total", "{direction=\"in\"}", "stanzas", c.in },
        { "stanzas_total", "{direction=\"out\"}", NULL, c.out },
        { "sent_bytes_total", "", "bytes of stanzas sent", c.out_bytes },
        { "messages_total", "{kind=\"schema\"}", "messages received", s->schema },
        { "messages_total", "{kind=\"chat\"}", NULL, s->kinds[MESSAGE_PACKET] - s->schema },
        { "bounces_total", "", "messages that came back", s->kinds[MESSAGE_BOUNCE] },
        { "refused_total", "{reason=\"oversize\"}",
          "stanzas not taken, sessions not listed, and what found no room to be sent", s->kinds[MESSAGE_OVERSIZE] },
        { "refused_total", "{reason=\"malformed\"}", NULL, s->kinds[MESSAGE_MALFORMED] },
        { "refused_total", "{reason=\"ignored\"}", NULL, s->kinds[MESSAGE_IGNORED] },
        { "refused_total", "{reason=\"unlisted\"}", NULL, presence_unlisted(s->present) },
        { "refused_total", "{reason=\"queue\"}", NULL, c.unqueued },
        { "refused_total", "{reason=\"questions\"}", NULL, s->unasked },
        { "unanswered_total", "", "answers that found no link", s->unanswered },
    };
    buf_add_z(out, "# HELP himas_xmpp_up whether the link is up\n# TYPE himas_xmpp_up gauge\n");
    buf_addf(out, "himas_xmpp_up %d\n", conn_is_up(s->conn));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].help)
            buf_addf(out, "# HELP himas_xmpp_%s %s\n# TYPE himas_xmpp_%s counter\n", rows[i].name, rows[i].help,
                     rows[i].name);
        buf_addf(out, "himas_xmpp_%s%s %" PRIu64 "\n", rows[i].name, rows[i].labels, rows[i].value);
    }
}
