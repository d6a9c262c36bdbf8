/* A hospital's part in a secure sum: of this sum and stage, once, and held to what it signs. */
#include "agents/coordinator/incoming.h"
#include "agents/coordinator/secure_round.h"
#include "common/crypto/encode.h"
#include "common/privacy/secagg_list.h"
#include <inttypes.h>

typedef enum err take_fn(struct incoming *in, uint32_t from, struct why *why);

static enum err read_blob(struct incoming *in, const struct blob *b, uint64_t most, struct buf *out)
{
    struct agent *a = in->home->agent;
    uint64_t n = agent_blob_bytes(a, b);
    if (n > most) return ERR_PROTO;
    uint8_t *to = buf_grow(out, (size_t)n);
    return to ? agent_blob_read(a, b, 0, (size_t)n, to) : buf_err(out);
}

typedef enum err part_fn(struct secure_round *s, uint32_t from, struct bytes part, struct why *why);

static enum err take_part(struct incoming *in, uint32_t from, const struct blob *b, part_fn *take, struct why *why)
{
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    TRY(read_blob(in, b, SECAGG_LIST_MAX, &bytes));
    return take(in->run->secure, from, buf_bytes(&bytes), why);
}

static enum err take_keys(struct incoming *in, uint32_t from, struct why *why)
{
    return take_part(in, from, &in->m->secure_keys.keys, secure_round_take_keys, why);
}
static enum err take_shares(struct incoming *in, uint32_t from, struct why *why)
{
    return take_part(in, from, &in->m->secure_shares.shares, secure_round_take_shares, why);
}
static enum err take_vote(struct incoming *in, uint32_t from, struct why *why)
{
    return take_part(in, from, &in->m->secure_vote.vote, secure_round_take_vote, why);
}
static enum err take_answer(struct incoming *in, uint32_t from, struct why *why)
{
    return take_part(in, from, &in->m->secure_answer.answer, secure_round_take_answer, why);
}

/* What is known of one hospital's update: that it came, and the noise: the sum's, or of each step at the hospital. */
static void note_input(struct incoming *in, uint64_t bytes)
{
    struct site *s = in->site;
    const struct secagg_header *h = &in->run->secure->header;
    if (in->run->head.scoring) return;
    s->update_round = s->counted_round = in->m->round;
    s->samples = 0;
    s->loss = s->norm = 0;
    s->noise = h->sigma > 0 ? h->sigma * h->sensitivity : in->m->secure_input.noise;
    s->update_sha256[0] = 0;
    s->seconds = in->m->secure_input.seconds;
    s->epsilon = in->m->secure_input.epsilon_spent;
    s->bytes = bytes;
}

struct came { /* the attachment, where the runtime keeps it */
    struct agent *agent;
    const struct blob *blob;
};
static enum err read_came(const void *from, uint64_t at, size_t n, uint8_t *out)
{
    const struct came *c = from;
    return agent_blob_read(c->agent, c->blob, at, n, out);
}

static enum err take_input(struct incoming *in, uint32_t from, struct why *why)
{
    const struct msg_secure_input *m = &in->m->secure_input;
    const struct came came = { in->home->agent, &m->vector };
    const struct secagg_packed packed = { agent_blob_bytes(came.agent, came.blob), read_came, &came };
    struct buf input CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    uint8_t *to = buf_grow(&input, m->input.n / 2);
    if (to == NULL) return buf_err(&input);
    if (hex_decode(m->input, to, input.n) != OK) return ERR_PROTO;
    TRY(secure_round_take_input(in->run->secure, from, buf_bytes(&input), &packed, why));
    note_input(in, packed.n);
    return OK;
}

/* Of a sum that was given up, or a stage that is over: late, like any answer. */
static bool is_wanted(const struct incoming *in, unsigned state)
{
    const struct run *r = in->run;
    return r->secure != NULL && in->m->secure_keys.sum == r->head.sums && incoming_is_present(in, state) &&
           site_answer(r, in->site) == ANSWER_ASKED;
}

static enum err take(struct incoming *in, unsigned state, take_fn *fn, const char *what)
{
    struct why why = { 0 };
    struct run *r = in->run;
    if (!is_wanted(in, state)) return incoming_late(in);
    uint32_t from = secure_round_number(r->secure, in->site->jid);
    if (from == 0) return incoming_late(in);
    enum err e = fn(in, from, &why);
    enum err_class c = err_class(e);
    if (c == ERR_CLASS_PEER || c == ERR_CLASS_LIMIT)
        return incoming_refuse_answer(in, REFUSAL_SECURE, e, why.text[0] ? why.text : err_text(e));
    TRY(e);
    TRY(feed_tell(in->home, "update", r, in->site, "round %" PRIu64 ": %s sent %s, %zu of %zu in", r->head.round,
                  in->site->name, what, r->counts.in + 1, r->counts.asked));
    return incoming_answered(in, ANSWER_IN);
}

enum err incoming_secure_keys(struct incoming *in) { return take(in, RUN_KEYS, take_keys, "its keys"); }
enum err incoming_secure_shares(struct incoming *in) { return take(in, RUN_SHARES, take_shares, "shares"); }
enum err incoming_secure_input(struct incoming *in)
{
    bool scores = in->run->head.scoring;
    return take(in, RUN_TRAINING, take_input, scores ? "its masked scores" : "its masked update");
}
enum err incoming_secure_vote(struct incoming *in) { return take(in, RUN_CONSISTENCY, take_vote, "its signature"); }
enum err incoming_secure_answer(struct incoming *in) { return take(in, RUN_UNMASKING, take_answer, "its answer"); }

uint64_t coordinator_input_room(void *self, const struct msg *m)
{
    const struct run *r = coordinator_run(self, m->run);
    return r && r->secure ? secagg_vec_packed_bytes(r->secure->plan.bits, r->secure->plan.length) : 0;
}
