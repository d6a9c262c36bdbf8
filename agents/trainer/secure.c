#include "agents/trainer/secure.h"
#include "common/base/secret.h"
#include "common/crypto/encode.h"
#include "common/privacy/secagg_list.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX_BYTES = 1000 };

void secure_free(struct secure *s)
{
    if (s == NULL) return;
    secagg_client_free(s->client);
    secagg_session_free(s->session);
    secure_numbers_fini(&s->numbers);
    buf_free(&s->request);
    free(s->members);
    free(s);
}

void secure_drop(struct secure **s) { secure_free(*s); }

/* ---- stage 1 ---- */

static enum err decode_hex(struct str text, struct buf *out)
{
    uint8_t *to = buf_grow(out, text.n / 2);
    if (to == NULL) return buf_err(out);
    return hex_decode(text, to, text.n / 2) == OK ? OK : ERR_PROTO;
}

/* Only what our own roster knows of the coordinator counts. */
static enum err read_header(const struct secure_order *o, const struct msg_secure_header *m, struct secagg_header *out,
                            struct why *why)
{
    const struct member *who = roster_find(o->roster, str_of(o->coordinator));
    struct buf bytes CLEANUP(buf_free) = buf_make(HEADER_MAX_BYTES);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    TRY(decode_hex(m->header, &bytes));
    if (hex_decode(m->signature, signature, sizeof signature) != OK) return ERR_PROTO;
    TRY(secagg_header_parse(buf_bytes(&bytes), out));
    if (who == NULL || !who->has_sign)
        return why_say(why, ERR_REFUSED, "the roster here has no key that the coordinator signs with");
    if (secagg_header_verify(out, who->sign, signature) != OK)
        return why_say(why, ERR_CRYPTO, "the header of the secure sum is not signed by the coordinator");
    return out->round == m->sum ? OK : ERR_PROTO;
}

/* One line of the list. */
static enum err add_member(const struct secure_order *o, struct str jid, struct secure *s, struct why *why)
{
    const struct member *who = roster_find(o->roster, jid);
    if (s->roster.n == SECAGG_MEMBERS_MAX) return why_say(why, ERR_REFUSED, "a secure sum of too many hospitals");
    if (who == NULL || (who->role & ROLE_TRAINER) == 0 || !who->has_sign)
        return why_say(why, ERR_REFUSED,
                       "the secure sum is to have a member who is no hospital with a key in the roster here");
    struct secagg_member *m = &s->members[s->roster.n++];
    m->id = (uint32_t)s->roster.n;
    memcpy(m->identity, who->sign, ED25519_KEY_BYTES);
    return OK;
}

static enum err read_members(const struct secure_order *o, struct str list, struct secure *s, uint32_t *out_id,
                             struct why *why)
{
    struct str before = { 0 };
    s->members = calloc(SECAGG_MEMBERS_MAX, sizeof *s->members);
    if (s->members == NULL) return ERR_MEMORY;
    s->roster.members = s->members;
    while (list.n > 0) {
        struct str jid = str_next(&list, '\n');
        size_t n = jid.n < before.n ? jid.n : before.n;
        int order = n > 0 ? memcmp(before.p, jid.p, n) : 0;
        if (order > 0 || (order == 0 && jid.n <= before.n)) return ERR_PROTO;
        TRY(add_member(o, jid, s, why));
        if (str_is(jid, o->jid)) *out_id = s->members[s->roster.n - 1].id;
        before = jid;
    }
    return *out_id ? OK : why_say(why, ERR_REFUSED, "this hospital is not among the members of the secure sum");
}

static enum err check_run(const struct secure_order *o, const struct msg *m, const struct secagg_header *h,
                          struct why *why)
{
    uint8_t run[HASH_BYTES];
    TRY(secagg_run_hash(str_of(m->run), str_of(o->plan->digest), run));
    if (memcmp(run, h->run, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the header is of another run, or of another task");
    if (!o->plan->task.aggregation.secure) return why_say(why, ERR_REFUSED, "the task asks for no secure sums");
    if (h->adversaries < o->plan->task.aggregation.adversaries)
        return why_say(why, ERR_REFUSED, "the sum reckons with %u adversaries; the task says %" PRIu64, h->adversaries,
                       o->plan->task.aggregation.adversaries);
    return m->round >= 1 && m->round <= o->plan->task.rounds.count
               ? OK
               : why_say(why, ERR_STATE, "round %" PRIu64 " is not one of the task's", m->round);
}

/* The least noise is one of updates.  The model is the header's own: what is trained on must hash to it (secure_model),
 * and masks are bound to it. */
static enum err policy_of(const struct secure_order *o, const struct secure *s, struct secagg_policy *out)
{
    const struct policy *p = o->policy;
    *out = (struct secagg_policy){ .cohort_min = (uint32_t)p->sums.hospitals_min,
                                   .adversaries = (uint32_t)p->sums.adversaries,
                                   .sigma_min = s->scores ? 0 : p->sums.noise_min };
    memcpy(out->model_sha256, s->header.model_sha256, HASH_BYTES);
    return secagg_roster_hash(&s->roster, out->roster_sha256);
}

static enum err begin(const struct secure_order *o, const struct msg *m, struct secagg_seen *seen, struct secure *s,
                      struct why *why)
{
    struct secagg_policy policy;
    uint32_t id = 0;
    TRY(read_header(o, &m->secure_header, &s->header, why));
    TRY(check_run(o, m, &s->header, why));
    TRY(read_members(o, m->secure_header.members, s, &id, why));
    if (s->roster.n > s->header.cohort)
        return why_say(why, ERR_REFUSED, "%zu hospitals are listed; the sum is of at most %u", s->roster.n,
                       s->header.cohort);
    TRY(policy_of(o, s, &policy));
    TRY(secagg_header_admit(&s->header, &policy, why));
    TRY(secure_vector_plan(o->plan, &s->header, s->scores, &s->plan, why));
    TRY(secagg_seen_admit(seen, &s->header, why));
    return secagg_client_new(&s->header, &policy, o->key, id, o->random, o->self, &s->client, why);
}

enum err secure_new(const struct secure_order *order, const struct msg *m, struct secagg_seen *seen,
                    struct secure **out, struct why *why)
{
    struct secagg_seen now = *seen;
    struct secure *s CLEANUP(secure_drop) = calloc(1, sizeof *s);
    if (s == NULL) return ERR_MEMORY;
    s->round = m->round;
    s->scores = m->secure_header.scores == 1;
    s->request = buf_make(SECAGG_MESSAGE_MAX);
    TRY(begin(order, m, &now, s, why));
    *seen = now;
    *out = s;
    s = NULL;
    return OK;
}

enum err secure_keys(const struct secure *s, struct buf *out)
{
    struct secagg_advert mine;
    secagg_client_advert(s->client, &mine);
    return secagg_advert_encode(&mine, out);
}

/* ---- stage 2 ---- */

static enum err join(struct secure *s, struct bytes adverts, struct why *why)
{
    struct secagg_advert *list = NULL;
    size_t n = 0;
    TRY(secagg_adverts_parse(adverts, &list, &n));
    enum err e = secagg_session_new(&s->header, &s->roster, list, n, &s->session, why);
    free(list);
    return e == OK ? secagg_client_join(s->client, s->session, why) : e;
}

enum err secure_share(struct secure *s, const struct secure_order *order, struct bytes adverts, struct buf *out,
                      struct why *why)
{
    struct secagg_bundle mine;
    if (s->session != NULL) return why_say(why, ERR_STATE, "the hospitals' keys came before");
    TRY(join(s, adverts, why));
    TRY(secagg_client_share(s->client, order->random, order->self, &mine, why));
    return secagg_bundle_encode(&mine, out);
}

enum err secure_receive(struct secure *s, struct bytes delivery, struct why *why)
{
    struct secagg_delivery told;
    if (s->session == NULL) return why_say(why, ERR_STATE, "shares came before the hospitals' keys");
    TRY(secagg_delivery_parse(delivery, &told));
    TRY(secagg_client_receive(s->client, &told, why));
    s->received = true;
    return OK;
}

enum err secure_model(struct secure *s, const char sha256[HASH_HEX_BYTES], struct why *why)
{
    char promised[HASH_HEX_BYTES];
    hex_encode(bytes_of(s->header.model_sha256, HASH_BYTES), promised);
    if (strcmp(promised, sha256) != 0)
        return why_say(why, ERR_REFUSED, "the model that came is another than the header of the secure sum says");
    s->asked = true;
    return OK;
}

/* ---- stages 3 to 5 ---- */

enum err secure_mask(struct secure *s, struct secure_numbers *out_numbers, struct secagg_masker **out)
{
    if (!s->received || !s->filled || s->masked) return ERR_BUG;
    TRY(secagg_client_masker(s->client, out));
    *out_numbers = s->numbers;
    s->numbers = (struct secure_numbers){ .delta = NULL };
    s->masked = true;
    return OK;
}

enum err secure_input(struct secure *s, const uint8_t packed_sha256[HASH_BYTES], struct buf *out_input)
{
    struct secagg_input mine;
    TRY(secagg_client_input(s->client, packed_sha256, &mine));
    return secagg_input_encode(&mine, out_input);
}

enum err secure_vote(struct secure *s, struct bytes request, struct buf *out, struct why *why)
{
    struct secagg_request asked;
    struct secagg_vote mine;
    TRY(secagg_request_parse(request, &asked));
    TRY(secagg_client_vote(s->client, &asked, &mine, why));
    buf_clear(&s->request);
    buf_add(&s->request, request.p, request.n);
    TRY(buf_err(&s->request));
    return secagg_vote_encode(&mine, out);
}

enum err secure_answer(struct secure *s, struct bytes votes, struct secagg_decisions *decisions, struct buf *out,
                       struct why *why)
{
    struct secagg_request asked;
    struct secagg_vote *list = NULL;
    struct secagg_answer mine CLEANUP(secagg_answer_wipe) = { .n = 0 };
    size_t n = 0;
    if (s->request.n == 0) return why_say(why, ERR_STATE, "votes came before what was voted on");
    TRY(secagg_request_parse(buf_bytes(&s->request), &asked));
    TRY(secagg_votes_parse(votes, &list, &n));
    enum err e = secagg_client_answer(s->client, &asked, list, n, decisions, &mine, why);
    free(list);
    return e == OK ? secagg_answer_encode(&mine, out) : e;
}

/* ---- what is kept ---- */

const char *secure_seen_print(const struct secagg_seen *seen, char out[SECURE_SEEN_BYTES])
{
    char hex[HASH_HEX_BYTES];
    hex_encode(bytes_of(seen->header_sha256, HASH_BYTES), hex);
    (void)snprintf(out, SECURE_SEEN_BYTES, "%" PRIu64 " %s %d", seen->round, hex, seen->answered);
    return out;
}

enum err secure_seen_read(struct str text, struct secagg_seen *out)
{
    struct secagg_seen s = { .round = 0 };
    bool fine = str_u64(str_next(&text, ' '), &s.round) == OK;
    fine = fine && hex_decode(str_next(&text, ' '), s.header_sha256, HASH_BYTES) == OK;
    s.answered = str_is(text, "1");
    if (!fine || (!s.answered && !str_is(text, "0"))) return ERR_STORE;
    *out = s;
    return OK;
}
