#include "tests/sim/vandal.h"
#include "agents/trainer/secure.h"
#include "agents/trainer/trainer.h"
#include "common/base/secret.h"
#include "common/crypto/encode.h"
#include "common/privacy/secagg_list.h"
#include <stdio.h>
#include <string.h>

extern const struct agent_def trainer_agent;

static enum err reply(struct trainer *t, const struct msg *m, enum msg_type type, const struct buf *bytes)
{
    struct msg said = msg_make(type, m);
    TRY(buf_err(bytes));
    memcpy(said.in_reply_to, m->id, sizeof said.in_reply_to);
    said.secure_keys.sum = m->secure_header.sum;
    msg_blob(&said)->data = buf_bytes(bytes);
    return agent_send(t->agent, t->coordinator, &said);
}

static enum err quit(struct agent *a, void *self, const struct msg *m)
{
    struct trainer *t = self;
    struct msg said = msg_make(MSG_ROUND_DECLINE, m);
    memcpy(said.in_reply_to, m->id, sizeof said.in_reply_to);
    said.round_decline.code = STR("ERR_STATE");
    said.round_decline.text = STR("perhaps the next time");
    return agent_send(a, t->coordinator, &said);
}

/* Its place among the members, from 1. */
static uint32_t number_of(const struct agent *a, struct str list)
{
    uint32_t n = 1;
    while (list.n > 0 && !str_is(str_next(&list, '\n'), agent_jid(a))) n++;
    return n;
}

/* The channel's key is zero, the mask's is no secret. */
static enum err send_small_order(struct agent *a, void *self, const struct msg *m)
{
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    struct buf keys CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    struct secagg_advert mine = { .from = number_of(a, m->secure_header.members) };
    struct secagg_header h;
    uint8_t *to = buf_grow(&bytes, m->secure_header.header.n / 2);
    TRY(hex_decode(m->secure_header.header, to, bytes.n));
    TRY(secagg_header_parse(buf_bytes(&bytes), &h));
    TRY(secagg_header_hash(&h, mine.header_sha256));
    TRY(x25519_public(agent_sign_key(a)->public_key, mine.mask_key));
    TRY(secagg_advert_sign(&mine, agent_sign_key(a)));
    TRY(secagg_advert_encode(&mine, &keys));
    return reply(self, m, MSG_SECURE_KEYS, &keys);
}

static enum err spoil(struct agent *a, struct buf *shares)
{
    struct secagg_bundle b;
    TRY(secagg_bundle_parse(buf_bytes(shares), &b));
    for (size_t i = 0; i < b.n; i++) b.shares[i].sealed[0] ^= b.shares[i].to != b.from;
    TRY(secagg_bundle_sign(&b, agent_sign_key(a)));
    buf_clear(shares);
    return secagg_bundle_encode(&b, shares);
}

static enum err send_false_shares(struct agent *a, void *self, const struct msg *m)
{
    struct trainer *t = self;
    struct run *run = run_find(&t->runs, m->run);
    struct buf adverts CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    struct buf shares CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    const struct secure_order order = { .random = agent_random_fn, .self = a };
    struct why why = { "" };
    uint64_t n = agent_blob_bytes(a, &m->secure_session.keys);
    uint8_t *to = buf_grow(&adverts, (size_t)n);
    if (run == NULL || run->secure == NULL) return OK;
    TRY(agent_blob_read(a, &m->secure_session.keys, 0, (size_t)n, to));
    TRY(secure_share(run->secure, &order, buf_bytes(&adverts), &shares, &why));
    TRY(spoil(a, &shares));
    return reply(t, m, MSG_SECURE_SHARES, &shares);
}

void vandal_make(struct vandal *v, enum vandalism what)
{
    static const struct agent_handler others[] = {
        [VANDAL_QUITS] = { MSG_SECURE_SESSION, quit },
        [VANDAL_QUITS_LATE] = { MSG_SECURE_REQUEST, quit },
        [VANDAL_SMALL_ORDER] = { MSG_SECURE_HEADER, send_small_order },
        [VANDAL_FALSE_SHARES] = { MSG_SECURE_SESSION, send_false_shares },
    };
    *v = (struct vandal){ .def = trainer_agent };
    for (size_t i = 0; i + 1 < VANDAL_MAX_HANDLERS && trainer_agent.handlers[i].on != MSG_NONE; i++) {
        v->handlers[i] = trainer_agent.handlers[i];
        if (v->handlers[i].on == others[what].on) v->handlers[i].run = others[what].run;
    }
    v->def.handlers = v->handlers;
}
