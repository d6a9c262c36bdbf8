/* What we send: kept until the receiver says it handled it, sent again until then. */
#include "common/base/put.h"
#include "common/runtime/core_private.h"
#include "common/wire/codec.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void core_out_key(const struct peer *p, uint64_t number, char key[STORE_MAX_KEY])
{
    struct put to = put_into(key, STORE_MAX_KEY);
    put_z(&to, "~out/");
    put_z(&to, p->jid);
    put_z(&to, "/");
    put_hex(&to, number, 16);
}

void core_arm(struct agent *a, uint64_t *token, uint64_t delay_ms)
{
    if (*token != 0) return;
    uint64_t fresh = core_token(a);
    if (a->host.timer(a->host.self, delay_ms, fresh) == OK) *token = fresh;
}

/* Acks ride in the first empty list of the text, which is the envelope's: inside a JSON string its quotes are escaped.
 */
static enum err insert_acks(struct buf *text, size_t json, struct peer *p)
{
    static const char empty[] = "\"ack\":[]";
    struct buf acks CLEANUP(buf_free) = buf_make(MSG_MAX_ACKS * (MSG_ID_BYTES + 3));
    const char *at = p->nacks ? strstr((const char *)text->p + json, empty) : NULL;
    if (at == NULL) return OK;
    size_t head = (size_t)(at - (const char *)text->p) + sizeof empty - 2;
    size_t tail = text->n - head;
    size_t n = p->nacks < MSG_MAX_ACKS ? p->nacks : MSG_MAX_ACKS;
    for (size_t i = 0; i < n; i++) {
        buf_add_z(&acks, i ? ",\"" : "\"");
        buf_add_z(&acks, p->acks[i]);
        buf_add_z(&acks, "\"");
    }
    TRY(buf_err(&acks));
    if (buf_grow(text, acks.n) == NULL) return buf_err(text);
    memmove(text->p + head + acks.n, text->p + head, tail);
    memcpy(text->p + head, acks.p, acks.n);
    p->nacks -= n;
    memmove(p->acks, p->acks + n, p->nacks * sizeof *p->acks);
    return OK;
}

/* The message is the text from `json` on; it is done with after this. */
static enum err transmit(struct agent *a, struct peer *p, struct buf *text, size_t json, enum msg_type type,
                         const char *run)
{
    if (!a->attached || !a->up) return ERR_NETWORK;
    TRY(insert_acks(text, json, p));
    a->counts.sent[type]++;
    return a->transport.send(a->transport.self,
                             &(struct packet){ .kind = PACKET_MESSAGE,
                                               .peer = p->jid,
                                               .body = { (const char *)text->p + json, text->n - json },
                                               .performative = msg_performative(type),
                                               .thread = run });
}

/* ---- posting, inside a transaction ---- */

static enum err post_plain(struct agent *a, size_t peer, const struct msg *m)
{
    struct effect e = { .kind = EFFECT_PLAIN, .peer = peer, .type = m->type, .body = buf_make(MSG_MAX_BYTES) };
    enum err done = msg_encode(m, &e.body, NULL);
    if (done != OK) {
        buf_free(&e.body);
        return done;
    }
    memcpy(e.run, m->run, sizeof e.run);
    e.body.max = 2 * MSG_MAX_BYTES; /* acks may ride on it */
    return core_effect(a, &e);
}

enum err core_out_keep(struct agent *a, const struct peer *p, const struct outgoing *o, const struct msg *m)
{
    char key[STORE_MAX_KEY];
    struct why why = { 0 };
    struct buf row CLEANUP(buf_free) = buf_make(2 * MSG_MAX_BYTES);
    buf_addf(&row, "%" PRId64 " %s %s %" PRIu64 "\n", o->expires_wall_ms, o->blob[0] ? o->blob : "-",
             o->waits ? "waits" : "ready", o->ttl_ms);
    enum err e = msg_encode(m, &row, &why);
    if (e != OK)
        log_error(&a->log, "message.unsendable", L_NAME("type", msg_desc(m->type)->name), L_STR("why", why.text));
    TRY(e);
    core_out_key(p, o->number, key);
    return store_put(a->store, key, buf_bytes(&row));
}

static enum err put_number(struct agent *a, const struct peer *p)
{
    char key[STORE_MAX_KEY];
    char text[24];
    struct put to = put_into(key, sizeof key);
    put_z(&to, "~seq/");
    put_z(&to, p->jid);
    struct put number = put_into(text, sizeof text);
    put_u64(&number, p->next_number, 1);
    return store_put(a->store, key, str_bytes(str_of(text)));
}

static enum err post_acked(struct agent *a, struct peer *p, struct msg *m)
{
    struct outgoing o = { .number = p->next_number++, .type = m->type };
    struct put id = put_into(m->id, sizeof m->id);
    put_hex(&id, a->epoch, 1);
    put_z(&id, "-");
    put_u64(&id, o.number, 1);
    memcpy(o.run, m->run, sizeof o.run);
    if (m->ttl_ms > 0) {
        o.ttl_ms = m->ttl_ms;
        o.expires_wall_ms = m->sent_at_ms + (int64_t)m->ttl_ms;
        o.expires_ms = agent_now_ms(a) + m->ttl_ms;
    }
    if (msg_blob(m)) TRY(core_attach_out(a, p, m, &o));
    TRY(put_number(a, p));
    enum err kept = core_out_keep(a, p, &o, m);
    arena_reset(&a->sending);
    TRY(kept);
    struct effect e = {
        .kind = EFFECT_SEND, .peer = (size_t)(p - a->peers), .number = o.number, .type = m->type, .out = o
    };
    memcpy(e.run, m->run, sizeof e.run);
    return core_effect(a, &e);
}

/* What it cannot read would be refused for ever; who waits for its answer waits as for one that is away. */
static enum err not_for(struct agent *a, const struct peer *p, const struct msg_desc *d)
{
    log_warn(&a->log, "peer.too_old", L_NAME("peer", p->jid), L_NAME("type", d->name), L_U64("speaks", p->schema),
             L_U64("needed", d->since));
    return OK;
}

enum err core_post(struct agent *a, const char *to, struct msg *m)
{
    const struct msg_desc *d = msg_desc(m->type);
    struct peer *p = core_peer(a, to);
    assert(d != NULL && a->busy);
    if (p == NULL) return ERR_MEMORY;
    screen_message(a->screen, m);
    m->sent_at_ms = agent_wall_ms(a);
    m->version = p->schema;
    m->id[0] = '\0';
    if (m->version && m->version < d->since) return not_for(a, p, d);
    if (d->delivery == DELIVERY_ACKED) return post_acked(a, p, m);
    return post_plain(a, (size_t)(p - a->peers), m);
}

/* ---- sending, after the commit ---- */

static const struct rtt_bounds resend = { CORE_RESEND_FIRST_MS, CORE_RESEND_MAX_MS };

/* What the transport wants to know of a message that was loaded from the store. */
static void learn_about(struct outgoing *o, struct str json)
{
    struct arena arena CLEANUP(arena_free) = arena_make(CORE_ARENA_BYTES);
    struct msg m;
    if (msg_decode(json, &arena, &m, NULL, NULL) != OK) return;
    o->type = m.type;
    memcpy(o->run, m.run, sizeof o->run);
}

void core_send_out(struct agent *a, struct peer *p, struct outgoing *o)
{
    char key[STORE_MAX_KEY];
    struct buf row CLEANUP(buf_free) = buf_make(2 * MSG_MAX_BYTES);
    if (o->waits) return; /* its attachment is not stored yet */
    core_out_key(p, o->number, key);
    if (store_get(a->store, key, &row) != OK) return;
    struct str json = buf_str(&row);
    (void)str_next(&json, '\n');
    if (json.n == 0) return;
    if (o->type == MSG_NONE) learn_about(o, json);
    bool first = !o->sent;
    if (!first) a->counts.resent++;
    o->sent = true;
    o->due_ms = agent_now_ms(a) + rtt_wait_ms(&p->rtt, &o->silence, &resend);
    bool out = transmit(a, p, &row, row.n - json.n, o->type, o->run) == OK; /* else it is due again later */
    o->timed_ms = first && out && !o->blob[0] ? agent_now_ms(a) : 0;        /* a transfer tells of the line's speed */
}

static void send_new(struct agent *a, struct effect *e)
{
    struct peer *p = &a->peers[e->peer];
    if (core_grow((void **)&p->out, p->nout, &p->cap_out, sizeof *p->out) != OK) {
        log_error(&a->log, "outbox.full", L_NAME("peer", p->jid)); /* it is in the store: the next start sends it */
        return;
    }
    p->out[p->nout++] = e->out;
    core_arm(a, &a->sweep_token, CORE_SWEEP_MS);
    if (e->out.waits)
        core_uploads(a);
    else
        core_send_out(a, p, &p->out[p->nout - 1]);
}

static void say(struct agent *a, const struct effect *e)
{
    const struct packet p = { .kind = PACKET_CHAT, .peer = a->peers[e->peer].jid, .body = buf_str(&e->body) };
    if (a->attached && a->up) (void)a->transport.send(a->transport.self, &p); /* talk is not kept */
}

void core_send_effect(struct agent *a, struct effect *e)
{
    if (e->kind == EFFECT_SEND) send_new(a, e);
    if (e->kind == EFFECT_PLAIN) (void)transmit(a, &a->peers[e->peer], &e->body, 0, e->type, e->run); /* may be lost */
    if (e->kind == EFFECT_CHAT) say(a, e);
}

/* ---- what comes back ---- */

struct removal {
    struct peer *peer;
    uint64_t number;
};

static enum err delete_row(struct agent *a, void *arg)
{
    const struct removal *r = arg;
    char key[STORE_MAX_KEY];
    core_out_key(r->peer, r->number, key);
    return store_del(a->store, key);
}

static void forget(struct agent *a, struct peer *p, size_t i)
{
    char blob[65];
    struct removal r = { p, p->out[i].number };
    if (core_transact(a, delete_row, &r) != OK) return;
    memcpy(blob, p->out[i].blob, sizeof blob);
    memmove(&p->out[i], &p->out[i + 1], (--p->nout - i) * sizeof *p->out);
    if (blob[0] && !core_blob_needed(a, blob)) core_again_release(a, blob);
}

enum err core_drop_settled(struct agent *a)
{
    char key[STORE_MAX_KEY];
    for (size_t i = 0; i < a->nsettled; i++) {
        core_out_key(&a->peers[a->settled[i].peer], a->settled[i].number, key);
        TRY(store_del(a->store, key));
    }
    return OK;
}

static enum err nothing_else(struct agent *a, void *arg)
{
    (void)a;
    (void)arg;
    return OK;
}

void core_settle_rest(struct agent *a)
{
    if (a->nsettled > 0 && core_transact(a, nothing_else, NULL) != OK)
        log_error(&a->log, "outbox.kept", L_U64("messages", a->nsettled)); /* the next commit drops them */
}

/* The row goes with the commit of what the acknowledgement came with, a commit of its own costs as much as a message's.
 * Should that not come to be, the message goes once more after a restart, and the peer knows it.  An attachment's bytes
 * are forgotten when no row names them, so that row goes first. */
static void drop(struct agent *a, struct peer *p, size_t i)
{
    if (p->out[i].blob[0] || core_grow((void **)&a->settled, a->nsettled, &a->cap_settled, sizeof *a->settled) != OK) {
        forget(a, p, i);
        return;
    }
    a->settled[a->nsettled++] = (struct settled){ (size_t)(p - a->peers), p->out[i].number };
    memmove(&p->out[i], &p->out[i + 1], (--p->nout - i) * sizeof *p->out);
}

static void measure(struct agent *a, struct peer *p, uint64_t took_ms)
{
    rtt_answered(&p->rtt, took_ms);
    rtt_answered(&a->line, took_ms);
}

static void settle(struct agent *a, struct peer *p, const char *id)
{
    uint64_t epoch = 0;
    uint64_t number = 0;
    if (!core_id_parse(id, &epoch, &number) || epoch != a->epoch) return;
    for (size_t i = 0; i < p->nout; i++)
        if (p->out[i].number == number) {
            if (p->out[i].timed_ms) measure(a, p, agent_now_ms(a) - p->out[i].timed_ms);
            drop(a, p, i);
            return;
        }
}

void core_acked(struct agent *a, struct peer *p, const struct msg *m)
{
    char id[MSG_ID_BYTES];
    for (size_t k = 0; k < m->nacks; k++)
        if (str_copy(m->acks[k], id, sizeof id) == OK) settle(a, p, id);
}

void core_refused(struct agent *a, struct peer *p, const struct msg *m) { settle(a, p, m->in_reply_to); }

static bool expired(struct agent *a, const struct outgoing *o)
{
    return o->expires_ms > 0 && agent_now_ms(a) > o->expires_ms;
}

void agent_prolong(struct agent *a, const char *jid)
{
    const struct peer *p = core_peer_find(a, jid);
    for (size_t i = 0; p && i < p->nout; i++)
        if (p->out[i].ttl_ms > 0) p->out[i].expires_ms = agent_now_ms(a) + p->out[i].ttl_ms;
}

/* A peer that was never measured is given as long as the others take just now.  Else, where thousands are told
 * something at once, what is still in the broker's queue goes there again, and again, and the queue only grows. */
static bool is_coming(const struct agent *a, const struct peer *p, const struct outgoing *o)
{
    uint64_t waited_ms = agent_now_ms(a) - o->timed_ms;
    return o->timed_ms > 0 && !p->rtt.known && waited_ms < CORE_COMING_MS && rtt_may_come(&a->line, waited_ms);
}

static void sweep_peer(struct agent *a, struct peer *p)
{
    for (size_t i = 0; i < p->nout;) {
        if (expired(a, &p->out[i])) {
            a->counts.expired++;
            size_t before = p->nout;
            forget(a, p, i);
            i += before == p->nout; /* could not be forgotten: leave it */
            continue;
        }
        if (agent_now_ms(a) >= p->out[i].due_ms && !is_coming(a, p, &p->out[i])) core_send_out(a, p, &p->out[i]);
        i++;
    }
}

void core_sweep(struct agent *a)
{
    size_t left = 0;
    for (size_t i = 0; i < a->npeers; i++) {
        if (a->peers[i].unshown) core_show(a, &a->peers[i]);
        if (a->peers[i].nout > 0) sweep_peer(a, &a->peers[i]);
        left += a->peers[i].nout;
    }
    core_uploads(a);
    if (left > 0) core_arm(a, &a->sweep_token, CORE_SWEEP_MS);
}

/* The link is back, or the peer is: the waits begin anew.  Else a link that is cut again and again makes them so long
 * that what was lost with the last cut does not go again in time. */
void core_make_due(struct agent *a, struct peer *p)
{
    rtt_afresh(&p->rtt);
    for (size_t i = 0; i < p->nout; i++) {
        p->out[i].due_ms = p->out[i].timed_ms = 0;
        p->out[i].silence = 0;
    }
    sweep_peer(a, p);
    if (p->nout > 0) core_arm(a, &a->sweep_token, CORE_SWEEP_MS);
}

static void flush_acks_to(struct agent *a, struct peer *p)
{
    while (p->nacks > 0 && a->up) {
        struct msg ack = msg_make(MSG_ACK, NULL);
        struct buf json CLEANUP(buf_free) = buf_make(2 * MSG_MAX_BYTES);
        ack.sent_at_ms = agent_wall_ms(a);
        ack.version = p->schema;
        if (msg_encode(&ack, &json, NULL) != OK || transmit(a, p, &json, 0, MSG_ACK, "") != OK) return;
    }
    if (!a->up) p->nacks = 0; /* the sender asks again */
}

/* Only what has waited long enough: the others may still ride, and at a hundred hospitals a stanza for each
 * acknowledgement would cost the broker a third of a round. */
void core_flush_acks(struct agent *a)
{
    uint64_t now_ms = agent_now_ms(a);
    uint64_t next_ms = UINT64_MAX;
    for (size_t i = 0; i < a->npeers; i++) {
        struct peer *p = &a->peers[i];
        if (p->nacks > 0 && now_ms >= p->acks_due_ms) flush_acks_to(a, p);
        if (p->nacks > 0 && p->acks_due_ms < next_ms) next_ms = p->acks_due_ms;
    }
    if (next_ms != UINT64_MAX) core_arm(a, &a->ack_token, next_ms > now_ms ? next_ms - now_ms : CORE_ACK_DELAY_MS);
}
