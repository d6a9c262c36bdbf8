/* A secure sum's messages.  What must not be forgotten (which sum was seen and answered, which halves were told) is
 * stored in the transaction in which the answer leaves; a refusal ends the sum here and is told. */
#include "agents/trainer/mask.h"
#include "agents/trainer/secure.h"
#include "agents/trainer/trainer.h"
#include "common/base/secret.h"
#include "common/crypto/encode.h"
#include "common/privacy/secagg_list.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Each message of a secure sum begins with its number. */
static uint64_t *sum_of(struct msg *m) { return &m->secure_header.sum; }

struct stage { /* one message of a sum, and what it is about */
    struct trainer *t;
    struct run *run;
    const struct msg *m;
};
typedef enum err stage_fn(const struct stage *at, struct why *why);

static struct secure_order order_of(const struct trainer *t, const struct run *run)
{
    return (struct secure_order){ .jid = agent_jid(t->agent),
                                  .coordinator = t->coordinator,
                                  .roster = agent_roster(t->agent),
                                  .policy = &t->policy,
                                  .key = agent_sign_key(t->agent),
                                  .plan = run->plan,
                                  .random = agent_random_fn,
                                  .self = t->agent };
}

/* ---- what is kept: sum/<run>, told/<run> ---- */

static enum err load_seen(struct trainer *t, const char *run, struct secagg_seen *out)
{
    char key[RUN_KEY_BYTES];
    CLEANUP(buf_free) struct buf text = buf_make(SECURE_SEEN_BYTES);
    *out = (struct secagg_seen){ .round = 0 };
    enum err e = agent_get(t->agent, run_key(key, "sum", run), &text);
    if (e == ERR_ABSENT) return OK;
    TRY(e);
    return secure_seen_read(buf_str(&text), out);
}

static enum err put_seen(struct trainer *t, const char *run, const struct secagg_seen *seen)
{
    char key[RUN_KEY_BYTES];
    char text[SECURE_SEEN_BYTES];
    return agent_put(t->agent, run_key(key, "sum", run), str_bytes(str_of(secure_seen_print(seen, text))));
}

static enum err load_told(struct trainer *t, const char *run, struct secagg_decisions *out)
{
    char key[RUN_KEY_BYTES];
    CLEANUP(buf_free) struct buf bytes = buf_make(SECAGG_MESSAGE_MAX);
    *out = (struct secagg_decisions){ .n = 0 };
    enum err e = agent_get(t->agent, run_key(key, "told", run), &bytes);
    if (e == ERR_ABSENT) return OK;
    TRY(e);
    return secagg_decisions_parse(buf_bytes(&bytes), out) == OK ? OK : ERR_STORE;
}

static enum err put_told(struct trainer *t, const char *run, const struct secagg_decisions *told)
{
    char key[RUN_KEY_BYTES];
    CLEANUP(buf_free) struct buf bytes = buf_make(SECAGG_MESSAGE_MAX);
    TRY(secagg_decisions_encode(told, &bytes));
    return agent_put(t->agent, run_key(key, "told", run), buf_bytes(&bytes));
}

enum err trainer_forget_sums(struct trainer *t, const char *run)
{
    char key[RUN_KEY_BYTES];
    TRY(agent_del(t->agent, mask_key(key, run)));
    TRY(agent_del(t->agent, run_key(key, "sum", run)));
    return agent_del(t->agent, run_key(key, "told", run));
}

/* ---- stages ---- */

static enum err read_blob(const struct stage *at, const struct blob *b, struct buf *out)
{
    uint64_t n = agent_blob_bytes(at->t->agent, b);
    if (n > SECAGG_LIST_MAX) return ERR_PROTO;
    uint8_t *to = buf_grow(out, (size_t)n);
    return to ? agent_blob_read(at->t->agent, b, 0, (size_t)n, to) : buf_err(out);
}

static enum err reply(const struct stage *at, enum msg_type type, struct buf *bytes)
{
    struct msg m = msg_make(type, at->m);
    memcpy(m.in_reply_to, at->m->id, sizeof m.in_reply_to);
    TRY(buf_err(bytes));
    *sum_of(&m) = at->run->secure->header.round;
    msg_blob(&m)->data = buf_bytes(bytes);
    return agent_send(at->t->agent, at->t->coordinator, &m);
}

/* What was told of an earlier sum is of another session; of the same sum it stays. */
static enum err on_header(const struct stage *at, struct why *why)
{
    struct secure_order order = order_of(at->t, at->run);
    CLEANUP(secure_drop) struct secure *made = NULL;
    CLEANUP(buf_free) struct buf keys = buf_make(SECAGG_MESSAGE_MAX);
    struct secagg_seen seen;
    char key[RUN_KEY_BYTES];
    if (at->t->alarm.text[0]) return why_say(why, ERR_REFUSED, "%s", at->t->alarm.text);
    if (at->t->log_alarm.text[0]) return why_say(why, ERR_REFUSED, "%s", at->t->log_alarm.text);
    TRY(load_seen(at->t, at->run->id, &seen));
    uint64_t before = seen.round;
    TRY(secure_new(&order, at->m, &seen, &made, why));
    TRY(secure_keys(made, &keys));
    if (seen.round != before) TRY(agent_del(at->t->agent, run_key(key, "told", at->run->id)));
    TRY(put_seen(at->t, at->run->id, &seen));
    secure_free(at->run->secure);
    at->run->secure = made;
    made = NULL;
    return reply(at, MSG_SECURE_KEYS, &keys);
}

static enum err on_session(const struct stage *at, struct why *why)
{
    struct secure_order order = order_of(at->t, at->run);
    CLEANUP(buf_free) struct buf adverts = buf_make(SECAGG_LIST_MAX);
    CLEANUP(buf_free) struct buf shares = buf_make(SECAGG_MESSAGE_MAX);
    TRY(read_blob(at, &at->m->secure_session.keys, &adverts));
    TRY(secure_share(at->run->secure, &order, buf_bytes(&adverts), &shares, why));
    return reply(at, MSG_SECURE_SHARES, &shares);
}

static enum err on_delivery(const struct stage *at, struct why *why)
{
    CLEANUP(buf_free) struct buf shares = buf_make(SECAGG_LIST_MAX);
    TRY(read_blob(at, &at->m->secure_delivery.shares, &shares));
    TRY(secure_receive(at->run->secure, buf_bytes(&shares), why));
    return trainer_send_input(at->t, at->run);
}

static enum err on_request(const struct stage *at, struct why *why)
{
    CLEANUP(buf_free) struct buf request = buf_make(SECAGG_LIST_MAX);
    CLEANUP(buf_free) struct buf vote = buf_make(SECAGG_MESSAGE_MAX);
    TRY(read_blob(at, &at->m->secure_request.request, &request));
    TRY(secure_vote(at->run->secure, buf_bytes(&request), &vote, why));
    return reply(at, MSG_SECURE_VOTE, &vote);
}

static enum err on_votes(const struct stage *at, struct why *why)
{
    CLEANUP(buf_free) struct buf votes = buf_make(SECAGG_LIST_MAX);
    CLEANUP(secret_buf_free) struct buf answer = buf_make(SECAGG_MESSAGE_MAX);
    struct secagg_decisions told;
    TRY(read_blob(at, &at->m->secure_votes.votes, &votes));
    TRY(load_told(at->t, at->run->id, &told));
    TRY(secure_answer(at->run->secure, buf_bytes(&votes), &told, &answer, why));
    TRY(put_told(at->t, at->run->id, &told));
    return reply(at, MSG_SECURE_ANSWER, &answer);
}

/* ---- the vector ---- */

/* The notes that a vector left, in the transaction in which it leaves; where they cannot be written nothing may leave,
 * whatever the reason: ERR_STORE undoes the whole event. */
static enum err note_answered(struct trainer *t, const struct run *run)
{
    struct secagg_seen seen;
    enum err e = load_seen(t, run->id, &seen);
    seen.answered = true;
    if (e == OK && seen.round != run->secure->header.round) e = ERR_BUG;
    if (e == OK && plan_is_private(run->plan) && !run->secure->scores)
        e = trainer_commit(t, run->plan, run->id, seen.round);
    if (e == OK) e = put_seen(t, run->id, &seen);
    return e == OK ? OK : ERR_STORE;
}

static enum err send_input(struct trainer *t, struct run *run, struct bytes input)
{
    char hex[2 * SECURE_INPUT_BYTES + 1];
    char key[RUN_KEY_BYTES];
    struct msg m = msg_make(MSG_SECURE_INPUT, NULL);
    if (input.n > SECURE_INPUT_BYTES) return ERR_BUG;
    hex_encode(input, hex);
    (void)snprintf(m.run, sizeof m.run, "%s", run->id);
    (void)snprintf(m.stage, sizeof m.stage, "training");
    m.round = run->secure->round;
    m.secure_input.sum = run->secure->header.round;
    m.secure_input.input = str_of(hex);
    m.secure_input.seconds = run->secure->seconds;
    m.secure_input.noise = run->secure->noise;
    m.secure_input.epsilon_spent = trainer_spent(t);
    m.secure_input.vector.kept = mask_key(key, run->id);
    TRY(agent_send(t->agent, t->coordinator, &m));
    return agent_del(t->agent, key);
}

enum err trainer_send_input(struct trainer *t, struct run *run)
{
    const struct secure *s = run->secure;
    return s->received && s->filled && !s->masked ? mask_begin(t, run) : OK;
}

enum err trainer_masked(struct trainer *t, struct run *run, const uint8_t packed_sha256[HASH_BYTES])
{
    CLEANUP(buf_free) struct buf input = buf_make(SECAGG_MESSAGE_MAX);
    const struct secure *s = run->secure;
    TRY(secure_input(run->secure, packed_sha256, &input));
    TRY(note_answered(t, run));
    TRY(send_input(t, run, buf_bytes(&input)));
    t->updates[OUTCOME_SENT]++;
    log_info(agent_log(t->agent), "input.sent", L_NAME("run", run->id), L_U64("round", s->round),
             L_U64("sum", s->header.round));
    return OK;
}

/* ---- one way for all ---- */

static bool is_gone(struct trainer *t, const char *run, uint64_t sum)
{
    struct secagg_seen seen;
    return load_seen(t, run, &seen) == OK && sum < seen.round;
}

static enum err note_replayed(struct trainer *t, const struct msg *m)
{
    log_warn(agent_log(t->agent), "sum.replayed", L_NAME("run", m->run), L_NAME("stage", m->stage),
             L_U64("sum", m->secure_header.sum));
    return OK;
}

static enum err step(const struct stage *at, stage_fn *act, uint64_t sum, struct why *why)
{
    const struct secure *s = at->run->secure;
    bool under_way = s != NULL && s->header.round == sum && s->round == at->m->round;
    if (act != on_header && !under_way)
        return why_say(why, ERR_STATE, "this hospital is not in that secure sum: it refused, or was started again");
    return act(at, why);
}

/* Ours to decide: whatever is wrong with a stage ends the sum for this hospital, and is told.  Of a sum that is over
 * nothing is. */
static enum err take(struct trainer *t, const struct msg *m, stage_fn *act)
{
    struct why why = { 0 };
    struct work w = work_of(WORK_TRAIN, m);
    struct stage at = { t, NULL, m };
    uint64_t sum = m->secure_header.sum;
    if (strcmp(m->from, t->coordinator) != 0) return ERR_ROLE;
    if (!run_id_fine(m->run)) return ERR_PROTO;
    at.run = run_find(&t->runs, m->run);
    if (at.run == NULL || !at.run->accepted)
        return trainer_decline(t, &w, ERR_STATE, "this hospital does not take part in the run");
    if (is_gone(t, m->run, sum)) return note_replayed(t, m);
    enum err e = step(&at, act, sum, &why);
    enum err_class c = err_class(e);
    if (e == OK || c == ERR_CLASS_ENV || c == ERR_CLASS_BUG) return e;
    return trainer_refuse_sum(t, at.run, &w, e, why.text);
}

enum err trainer_refuse_sum(struct trainer *t, struct run *run, const struct work *w, enum err code, const char *text)
{
    log_warn(agent_log(t->agent), "sum.refused", L_NAME("run", run->id), L_NAME("stage", w->stage),
             L_U64("round", w->round), L_ERR(code), L_STR("why", text));
    secure_free(run->secure);
    run->secure = NULL;
    run->refused_round = w->round;
    return trainer_decline(t, w, code, text);
}

enum err trainer_admit_model(struct trainer *t, struct run *run, const struct msg *m, struct why *why)
{
    char sha256[HASH_HEX_BYTES];
    struct secure *s = run->secure;
    bool right = s != NULL && s->round == m->round && s->session != NULL;
    if (!right || s->scores != (m->type == MSG_EVALUATE))
        return why_say(why, ERR_STATE,
                       "this hospital is in no secure sum of the round: it refused, or was started again");
    TRY(agent_blob_digest(t->agent, msg_blob((struct msg *)(uintptr_t)m), sha256));
    return secure_model(s, sha256, why);
}

/* clang-format off */
enum err trainer_on_secure_header(struct agent *a, void *self, const struct msg *m) { (void)a; return take(self, m, on_header); }
enum err trainer_on_secure_session(struct agent *a, void *self, const struct msg *m) { (void)a; return take(self, m, on_session); }
enum err trainer_on_secure_delivery(struct agent *a, void *self, const struct msg *m) { (void)a; return take(self, m, on_delivery); }
enum err trainer_on_secure_request(struct agent *a, void *self, const struct msg *m) { (void)a; return take(self, m, on_request); }
enum err trainer_on_secure_votes(struct agent *a, void *self, const struct msg *m) { (void)a; return take(self, m, on_votes); }
/* clang-format on */
