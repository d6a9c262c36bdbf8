/* What comes in: who says it, may they, is it whole, is it new; then the handler, once. */
#include "common/runtime/core_private.h"
#include "common/wire/codec.h"
#include <stdio.h>
#include <string.h>

struct refusal {
    size_t peer;
    const char *id;          /* of the refused message */
    const struct msg *about; /* it, or NULL */
    enum err code;
    const char *text;
    uint64_t epoch; /* of an acked message that shall not come again */
    uint64_t number;
    bool remember;
};

static enum err answer_error(struct agent *a, void *arg)
{
    const struct refusal *r = arg;
    struct msg m = msg_make(MSG_ERROR, r->about);
    char text[400];
    (void)snprintf(text, sizeof text, "%s", r->text[0] ? r->text : err_text(r->code));
    m.error.code = str_of(err_name(r->code));
    m.error.text = str_of(text);
    (void)snprintf(m.in_reply_to, sizeof m.in_reply_to, "%s", r->id);
    if (r->remember) TRY(core_mark_seen(a, &a->peers[r->peer], r->epoch, r->number));
    return core_post(a, a->peers[r->peer].jid, &m);
}

static void refuse(struct agent *a, struct refusal *r)
{
    a->counts.refused[r->code]++;
    log_warn(&a->log, "message.refused", L_NAME("peer", a->peers[r->peer].jid), L_ERR(r->code));
    if (core_transact(a, answer_error, r) != OK || !r->remember) return;
    core_note_seen(&a->peers[r->peer], r->epoch, r->number);
    core_ack_later(a, &a->peers[r->peer], r->id);
}

/* What is not the sender's fault is not told: it would take its message for lost.  Not acknowledged, it comes again. */
static bool ours(enum err e)
{
    enum err_class c = err_class(e);
    return c != ERR_CLASS_PEER && c != ERR_CLASS_LIMIT;
}

void core_refuse(struct agent *a, struct peer *p, const struct msg *about, const char *id, enum err code,
                 const char *text)
{
    if (ours(code)) {
        a->counts.refused[code]++;
        log_error(&a->log, "message.dropped", L_NAME("peer", p->jid), L_ERR(code));
        return;
    }
    refuse(a,
           &(struct refusal){ .peer = (size_t)(p - a->peers), .about = about, .id = id, .code = code, .text = text });
}

const struct agent_handler *core_handler(const struct agent *a, enum msg_type type)
{
    for (const struct agent_handler *h = a->def->handlers; h && h->on != MSG_NONE; h++)
        if (h->on == type) return h;
    return NULL;
}

struct delivery_ctx {
    const struct agent_handler *handler;
    struct msg *m;
    size_t peer;
    uint64_t epoch, number;
    bool acked;
};

static enum err run_handler(struct agent *a, void *arg)
{
    struct delivery_ctx *d = arg;
    a->answering = d->m;
    enum err e = d->handler->run(a, a->state, d->m);
    a->answering = NULL;
    TRY(e);
    return d->acked ? core_mark_seen(a, &a->peers[d->peer], d->epoch, d->number) : OK;
}

/* PEER and LIMIT: the sender hears why, once. */
static void handler_failed(struct agent *a, const struct delivery_ctx *d, enum err e)
{
    if (ours(e)) {
        a->counts.refused[e]++;
        log_error(&a->log, "handler.failed", L_NAME("type", msg_desc(d->m->type)->name), L_ERR(e));
        return;
    }
    refuse(a, &(struct refusal){ .peer = d->peer,
                                 .id = d->m->id,
                                 .code = e,
                                 .text = "",
                                 .epoch = d->epoch,
                                 .number = d->number,
                                 .remember = d->acked });
}

void core_deliver(struct agent *a, struct peer *p, struct msg *m)
{
    struct delivery_ctx d = { .handler = core_handler(a, m->type), .m = m, .peer = (size_t)(p - a->peers) };
    d.acked = msg_desc(m->type)->delivery == DELIVERY_ACKED;
    if (d.acked && !core_id_parse(m->id, &d.epoch, &d.number)) {
        core_refuse(a, p, NULL, m->id, ERR_PROTO, "id: must be <epoch in hex>-<number>");
        return;
    }
    if (d.acked && core_seen(p, d.epoch, d.number)) {
        a->counts.duplicates++;
        core_ack_later(a, p, m->id);
        return;
    }
    if (d.handler == NULL) {
        handler_failed(a, &d, ERR_PROTO);
        return;
    }
    a->counts.received[m->type]++;
    enum err e = core_transact(a, run_handler, &d);
    if (e != OK)
        handler_failed(a, &d, e);
    else if (d.acked) {
        core_note_seen(&a->peers[d.peer], d.epoch, d.number);
        core_ack_later(a, &a->peers[d.peer], m->id);
    }
}

static enum err check_sender(const struct peer *p, const struct msg *m, struct why *why)
{
    const struct msg_desc *d = msg_desc(m->type);
    if (p->member->role & d->roles) return OK;
    return why_say(why, ERR_ROLE, "%s is not for a %s to send", d->name, role_name(p->member->role));
}

/* An ack must count even when the handler cannot run; an error is information, never answered. */
static bool control(struct agent *a, struct peer *p, const struct msg *m)
{
    core_acked(a, p, m);
    if (m->type == MSG_ACK) return true;
    if (m->type == MSG_ERROR) core_refused(a, p, m); /* sending it again would change nothing */
    if (m->type != MSG_ERROR || core_handler(a, MSG_ERROR)) return false;
    char text[401];
    (void)snprintf(text, sizeof text, STR_F, STR_ARG(m->error.code));
    log_warn(&a->log, "peer.refused", L_NAME("peer", p->jid), L_STR("code", text));
    return true;
}

static void on_message(struct agent *a, struct peer *p, const struct packet *packet)
{
    struct msg m;
    struct msg_hint hint = { 0 };
    struct why why = { 0 };
    bool waits = false;
    enum err e = msg_decode(packet->body, &a->arena, &m, &hint, &why);
    if (e == OK) p->schema = m.version;
    if (e == OK) e = check_sender(p, &m, &why);
    if (e != OK) {
        core_refuse(a, p, NULL, hint.id, e, why.text);
        return;
    }
    m.from = arena_z(&a->arena, str_of(p->jid)); /* the table of peers may move under the handler */
    if (m.from == NULL) return;
    m.from_role = p->member->role;
    if (control(a, p, &m) || !a->ready) return; /* not ready: it will be sent again */
    if (p->nout >= CORE_MAX_OWED_A_PEER) {
        a->counts.flooded++;
        return;
    }
    if (msg_blob(&m)) e = core_attach_in(a, p, &m, packet->body, &waits, &why);
    if (e != OK)
        core_refuse(a, p, &m, hint.id, e, why.text);
    else if (!waits)
        core_deliver(a, p, &m);
}

void core_on_packet(struct agent *a, const struct packet *packet)
{
    if (packet->kind == PACKET_CHAT) {
        core_on_chat(a, packet);
        return;
    }
    struct peer *p = roster_find(a->roster, str_of(packet->peer)) ? core_peer(a, packet->peer) : NULL;
    if (p == NULL) {
        a->counts.strangers++; /* not in the roster: no answer, so that strangers cost nothing */
        log_debug(&a->log, "stranger.ignored", L_STR("jid", packet->peer));
        return;
    }
    if (core_too_fast(a, &p->messages, CORE_RATE_PER_S, CORE_RATE_BURST)) return;
    on_message(a, p, packet);
    core_settle_rest(a);
    arena_reset(&a->arena);
}
