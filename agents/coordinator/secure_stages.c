#include "agents/coordinator/secure_stages.h"
#include "agents/coordinator/ask.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/feed.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/permitting.h"
#include "agents/coordinator/secure_round.h"
#include "agents/coordinator/secure_sum.h"
#include "agents/coordinator/stored.h"
#include "common/crypto/encode.h"
#include "common/privacy/secagg_list.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STAGES = 5 };

bool secure_may_retry(const struct run *r) { return r->head.attempts < SECURE_ATTEMPTS; }

/* ---- sending ---- */

static const struct member *who_signs(const struct run *r, const struct site *s)
{
    const struct hospital *h = hospitals_find(&r->home->hospitals, s->jid);
    return h && hospital_reachable(h) && h->who->has_sign ? h->who : NULL;
}

/* The stage that begins with the next phase waits for it. */
static void mark_asked(struct run *r, struct site *s) { s->asked_phase = r->head.phase + 1; }

static struct msg stage_word(const struct run *r, enum msg_type type, unsigned state)
{
    struct msg m = ask_question(r, type, state);
    m.secure_header.sum = r->head.sums; /* each message of a secure sum begins with its number */
    return m;
}

/* To those who answered the stage before, the same or each its own. */
static enum err tell_answered(struct run *r, struct msg *m,
                              enum err (*fill)(struct run *r, struct site *s, struct msg *m))
{
    for (size_t i = 0; i < r->nsites; i++) {
        struct site *s = &r->sites[i];
        if (site_answer(r, s) != ANSWER_IN || who_signs(r, s) == NULL) continue;
        mark_asked(r, s);
        TRY(fill ? fill(r, s, m) : agent_send(r->home->agent, s->jid, m));
    }
    return OK;
}

/* ---- stage 1 ---- */

static bool can_take_part(const struct run *r, const struct site *s)
{
    return permitting_sums(r, s) && who_signs(r, s) != NULL;
}

/* Trained is on the model of the round before, scored the one that came of it. */
static uint64_t model_round(const struct run *r) { return r->head.scoring ? r->head.round : r->head.round - 1; }

static enum err find_model(struct run *r, uint8_t sha256[HASH_BYTES])
{
    char key[STORE_MAX_KEY];
    char tail[32];
    char hex[HASH_HEX_BYTES];
    journal_key(key, "model", r, journal_round_tail(model_round(r), tail));
    TRY(agent_digest(r->home->agent, key, hex));
    return hex_decode(str_of(hex), sha256, HASH_BYTES);
}

static enum err make_round(struct run *r, struct secure_round *s, struct why *why)
{
    struct secure_round_of of = { .run = r, .number = r->head.sums };
    of.deadline_ms = (uint64_t)agent_wall_ms(r->home->agent) + STAGES * r->task.rounds.round_deadline_ms;
    TRY(find_model(r, of.model_sha256));
    if (!r->head.scoring) TRY(permitting_sigma(r, &of.sigma));
    for (size_t i = 0; i < r->nsites; i++)
        if (can_take_part(r, &r->sites[i])) secure_round_add(s, r->sites[i].jid, who_signs(r, &r->sites[i])->sign);
    return secure_round_plan(s, &of, why);
}

static enum err send_header(struct run *r, const struct secure_round *s)
{
    struct msg m = stage_word(r, MSG_SECURE_HEADER, RUN_KEYS);
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    struct buf list CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    char header_hex[1000];
    char signature_hex[2 * ED25519_SIGNATURE_BYTES + 1];
    TRY(secagg_header_encode(&s->header, &bytes));
    if (2 * bytes.n >= sizeof header_hex) return ERR_BUG;
    TRY(secagg_header_sign(&s->header, agent_sign_key(r->home->agent), signature));
    hex_encode(buf_bytes(&bytes), header_hex);
    hex_encode(bytes_of(signature, sizeof signature), signature_hex);
    for (size_t i = 0; i < s->n; i++) buf_addf(&list, "%s\n", s->jids[i]);
    TRY(buf_err(&list));
    m.secure_header.header = str_of(header_hex);
    m.secure_header.signature = str_of(signature_hex);
    m.secure_header.members = buf_str(&list);
    m.secure_header.scores = r->head.scoring;
    for (size_t i = 0; i < s->n; i++) {
        struct site *site = run_site(r, s->jids[i]);
        mark_asked(r, site);
        TRY(agent_send(r->home->agent, site->jid, &m));
    }
    return OK;
}

/* ---- whose fault it was ---- */

static bool accuses(const struct run *r, const struct site *s)
{
    return site_answer(r, s) == ANSWER_OUT && strcmp(s->code, err_name(ERR_CRYPTO)) == 0;
}

/* Of those in the sum whoever did not answer its last stage; but where most say that what they were sent does not hold,
 * the others are to blame.  A sum that was lost with the coordinator is nobody's fault. */
static void count_spoilers(struct run *r)
{
    size_t in = 0;
    size_t accusing = 0;
    if (r->secure == NULL) return;
    for (size_t i = 0; i < r->secure->n; i++) {
        const struct site *s = run_site(r, r->secure->jids[i]);
        in += site_answer(r, s) != ANSWER_NONE;
        accusing += accuses(r, s);
    }
    for (size_t i = 0; i < r->secure->n; i++) {
        struct site *s = run_site(r, r->secure->jids[i]);
        if (s->spoiled_round != r->head.round) s->spoiled = 0;
        s->spoiled_round = r->head.round;
        s->spoiled += 2 * accusing > in ? !accuses(r, s) : site_answer(r, s) != ANSWER_IN;
    }
}

static bool is_spoiler(const struct run *r, const struct site *s)
{
    return s->spoiled_round == r->head.round && s->spoiled >= SECURE_PATIENCE;
}

static enum err leave_out(struct run *r, struct site *s)
{
    bool before = s->left_round == r->head.round;
    s->left_round = r->head.round;
    if (before) return OK;
    return feed_tell(r->home, "declined", r, s,
                     "round %" PRIu64 ": %s is left out of the next secure sums: %" PRIu64 " failed for want of it",
                     r->head.round, s->name, s->spoiled);
}

/* While enough are there without them. */
static enum err leave_out_spoilers(struct run *r)
{
    uint64_t needed = r->head.quorum > SECAGG_COHORT_LEAST ? r->head.quorum : SECAGG_COHORT_LEAST;
    uint64_t others = 0;
    for (size_t i = 0; i < r->nsites; i++) others += can_take_part(r, &r->sites[i]) && !is_spoiler(r, &r->sites[i]);
    for (size_t i = 0; i < r->nsites; i++) {
        if (others < needed)
            r->sites[i].left_round = 0;
        else if (is_spoiler(r, &r->sites[i]))
            TRY(leave_out(r, &r->sites[i]));
    }
    return OK;
}

/* The text whose hash the header signs, of the sums of updates, for whoever wants to read it. */
static enum err keep_layout(struct run *r, const struct secure_round *s)
{
    struct buf text CLEANUP(buf_free) = buf_make(SECURE_TEXT_BYTES);
    TRY(secure_plan_text(&s->plan, &text));
    return journal_put(r, "layout", "", buf_bytes(&text));
}

/* What came for the sum before is not in this one. */
static enum err number_another(struct run *r)
{
    count_spoilers(r);
    TRY(leave_out_spoilers(r));
    secure_round_free(r->secure);
    r->secure = NULL;
    r->head.sums++;
    r->head.attempts++;
    for (size_t i = 0; i < r->nsites && !r->head.scoring; i++) {
        struct site *s = &r->sites[i];
        if (s->counted_round != r->head.round) continue;
        s->counted_round = 0;
        TRY(journal_put_site(r, s));
    }
    return OK;
}

static bool same_refusal(const struct run *r, const struct site *a, const struct site *b)
{
    return a->refused_round == r->head.round && b->refused_round == r->head.round && strcmp(a->why, b->why) == 0;
}

/* "; hospital-a, hospital-b: why they will not", each reason once. */
static void say_refusals(const struct run *r, struct buf *out)
{
    for (size_t i = 0; i < r->nsites; i++) {
        bool told = r->sites[i].refused_round != r->head.round;
        for (size_t k = 0; k < i && !told; k++) told = same_refusal(r, &r->sites[k], &r->sites[i]);
        if (told) continue;
        buf_addf(out, "; %s", r->sites[i].name);
        for (size_t k = i + 1; k < r->nsites; k++)
            if (same_refusal(r, &r->sites[k], &r->sites[i])) buf_addf(out, ", %s", r->sites[k].name);
        buf_addf(out, ": %s", r->sites[i].why);
    }
}

/* No such sum can be held. */
static enum err break_off(struct run *r, enum err e, const char *text)
{
    struct buf refusals CLEANUP(buf_free) = buf_make(STORED_MAX_BYTES);
    say_refusals(r, &refusals);
    (void)why_say(&r->broken, e, "%s" STR_F, text, STR_ARG(buf_str(&refusals)));
    return OK;
}

static enum err give_up(struct run *r)
{
    struct buf text CLEANUP(buf_free) = buf_make(STORED_MAX_BYTES);
    run_say_shortage(r, &text);
    (void)why_say(&r->broken, ERR_REFUSED, "%d secure sums were begun in vain; the last: " STR_F, SECURE_ATTEMPTS,
                  STR_ARG(buf_str(&text)));
    return OK;
}

enum err secure_ask_permit(struct run *r)
{
    if (!secure_may_retry(r)) return give_up(r);
    TRY(number_another(r));
    if (r->head.scoring) return OK; /* nothing is trained */
    for (size_t i = 0; i < r->nsites; i++)
        if (permitting_sums(r, &r->sites[i])) return permitting_ask(r);
    return break_off(r, ERR_REFUSED, "no hospital can take part in a secure sum");
}

enum err secure_begin(struct run *r)
{
    struct why why = { 0 };
    struct secure_round *s CLEANUP(secure_round_drop) = NULL;
    if (r->broken.text[0]) return OK; /* given up */
    s = secure_round_new(r->nsites);
    if (s == NULL) return ERR_MEMORY;
    enum err e = make_round(r, s, &why);
    if (e == ERR_REFUSED || e == ERR_INPUT || e == ERR_SETTING) return break_off(r, e, why.text);
    TRY(e);
    TRY(send_header(r, s));
    if (!r->head.scoring) {
        TRY(keep_layout(r, s));
        r->head.sum_sigma = s->header.sigma;
        r->head.sum_trained = r->head.sums;
    }
    r->secure = s;
    s = NULL;
    return OK;
}

/* ---- stages 2 to 5 ---- */

static enum err ask_all(struct run *r, enum msg_type type, unsigned state, const struct buf *bytes)
{
    struct msg m = stage_word(r, type, state);
    msg_blob(&m)->data = buf_bytes(bytes);
    return tell_answered(r, &m, NULL);
}

enum err secure_ask_shares(struct run *r)
{
    struct why why = { 0 };
    struct buf adverts CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    TRY(secure_round_begin_sharing(r->secure, &adverts, &why));
    return ask_all(r, MSG_SECURE_SESSION, RUN_SHARES, &adverts);
}

static enum err send_delivery(struct run *r, struct site *s, struct msg *m)
{
    struct buf shares CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    struct msg mine = *m;
    TRY(secure_round_delivery(r->secure, secure_round_number(r->secure, s->jid), &shares));
    mine.secure_delivery.shares.data = buf_bytes(&shares);
    return agent_send(r->home->agent, s->jid, &mine);
}

/* The shares before the model: by them, who has dropped out says so without training. */
enum err secure_ask_training(struct run *r)
{
    struct why why = { 0 };
    char key[STORE_MAX_KEY];
    struct msg m = stage_word(r, MSG_SECURE_DELIVERY, RUN_TRAINING);
    struct permitting_words words CLEANUP(permitting_words_fini) = { .permit = { 0 } };
    struct msg model = ask_question(r, r->head.scoring ? MSG_EVALUATE : MSG_ROUND_START, RUN_TRAINING);
    if (!r->head.scoring) TRY(permitting_put(r, &words, &model));
    TRY(secure_round_end_sharing(r->secure, &why));
    TRY(tell_answered(r, &m, send_delivery));
    msg_blob(&model)->kept = ask_model_key(r, model_round(r), key);
    return tell_answered(r, &model, NULL);
}

enum err secure_ask_votes(struct run *r)
{
    struct why why = { 0 };
    struct buf request CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    TRY(secure_round_end_inputs(r->secure, &request, &why));
    return ask_all(r, MSG_SECURE_REQUEST, RUN_CONSISTENCY, &request);
}

enum err secure_ask_answers(struct run *r)
{
    struct buf votes CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    TRY(secure_round_votes(r->secure, &votes));
    return ask_all(r, MSG_SECURE_VOTES, RUN_UNMASKING, &votes);
}
