#include "agents/coordinator/secure_round.h"
#include "agents/coordinator/secure_sum.h"
#include "common/privacy/harary.h"
#include "common/privacy/secagg_list.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who ---- */

struct secure_round *secure_round_new(size_t most)
{
    struct secure_round *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->holders = 1;
    s->cap = most;
    s->jids = calloc(most + 1, sizeof *s->jids);
    s->members = calloc(most + 1, sizeof *s->members);
    s->adverts = calloc(most + 1, sizeof *s->adverts);
    if (s->jids && s->members && s->adverts) return s;
    secure_round_free(s);
    return NULL;
}

struct secure_round *secure_round_hold(struct secure_round *s)
{
    s->holders++;
    return s;
}

void secure_round_free(struct secure_round *s)
{
    if (s == NULL || --s->holders > 0) return;
    secagg_server_free(s->server);
    secagg_session_free(s->session);
    free(s->jids);
    free(s->members);
    free(s->adverts);
    free(s);
}

void secure_round_drop(struct secure_round **s) { secure_round_free(*s); }

void secure_round_add(struct secure_round *s, const char *jid, const uint8_t identity[ED25519_KEY_BYTES])
{
    if (s->n == s->cap) return;
    (void)snprintf(s->jids[s->n], ROSTER_JID_BYTES, "%s", jid);
    memcpy(s->members[s->n].identity, identity, ED25519_KEY_BYTES);
    s->members[s->n].id = (uint32_t)s->n + 1;
    s->n++;
}

static int compare_jids(const void *key, const void *jid) { return strcmp(key, jid); }

uint32_t secure_round_number(const struct secure_round *s, const char *jid)
{
    const char(*at)[ROSTER_JID_BYTES] = bsearch(jid, s->jids, s->n, sizeof *s->jids, compare_jids);
    return at ? (uint32_t)(at - s->jids) + 1 : 0;
}

/* ---- what ---- */

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* Everybody holds a share of everybody's secrets: 2 threshold > cohort + adversaries (secagg_header_present). */
static void put_complete(struct secagg_header *h, uint32_t quorum)
{
    h->degree = 0;
    h->threshold = (h->cohort + h->adversaries) / 2 + 1;
    h->survivors = larger(larger(h->threshold, SECAGG_COHORT_LEAST), quorum);
}

/* Whoever sends keys in the end: the graph must do for each number of members that may be there. */
static bool keeps_secrets(const struct secagg_header *h)
{
    for (uint32_t n = h->survivors; n <= h->cohort; n++)
        if (secagg_header_present(h, n, NULL) != OK) return false;
    return true;
}

/* In a large cohort neighbours do, if two thirds stay, or a few more. */
static bool put_neighbours(struct secagg_header *h, uint32_t quorum)
{
    struct harary graph;
    uint32_t most = larger(harary_count(h->cohort, 4.0 / 5), quorum);
    h->survivors = larger(harary_count(h->cohort, 2.0 / 3), quorum);
    for (; h->survivors <= most && h->survivors <= h->cohort; h->survivors++) {
        struct harary_want want = { h->cohort, h->adversaries, h->cohort - h->survivors, HARARY_ACTIVE };
        if (harary_find(&want, &graph, NULL) != OK || graph.degree > SECAGG_HOLDERS_MAX) continue;
        h->degree = graph.degree;
        h->threshold = graph.threshold;
        if (keeps_secrets(h)) return true;
    }
    return false;
}

enum err secure_round_plan(struct secure_round *s, const struct secure_round_of *of, struct why *why)
{
    const struct run *r = of->run;
    const struct secagg_roster roster = { s->members, s->n };
    struct secagg_header h = { .round = of->number,
                               .cohort = (uint32_t)s->n,
                               .adversaries = (uint32_t)r->task.aggregation.adversaries,
                               .sigma = of->sigma,
                               .deadline_ms = of->deadline_ms };
    uint32_t quorum = (uint32_t)r->head.quorum;
    if (s->n <= HARARY_COMPLETE_BELOW || !put_neighbours(&h, quorum)) put_complete(&h, quorum);
    if (s->n < h.survivors)
        return why_say(why, ERR_REFUSED, "a secure sum needs %u hospitals, and %zu can take part", h.survivors, s->n);
    memcpy(h.model_sha256, of->model_sha256, HASH_BYTES);
    TRY(secagg_run_hash(str_of(r->id), str_of(r->head.digest), h.run));
    TRY(secagg_roster_hash(&roster, h.roster_sha256));
    TRY(secure_sum_plan(r, &h, &s->plan, why));
    secure_plan_put(&s->plan, &h);
    TRY(secagg_header_check(&h, why));
    s->header = h;
    s->needed = h.survivors;
    return OK;
}

/* ---- stages ---- */

static enum err from_another(struct why *why)
{
    return why_say(why, ERR_REFUSED, "it is another hospital's, or of another secure sum");
}

/* To agree with such a key gives nothing secret, so every other hospital would have to refuse. */
static bool of_small_order(const uint8_t key[X25519_BYTES])
{
    static const uint8_t any[X25519_BYTES] = { 1 };
    uint8_t public_key[X25519_BYTES], shared[X25519_BYTES];
    return x25519_public(any, public_key) == OK && x25519_shared(any, public_key, key, shared) == ERR_CRYPTO;
}

enum err secure_round_take_keys(struct secure_round *s, uint32_t from, struct bytes advert, struct why *why)
{
    struct secagg_advert a;
    uint8_t header_sha256[HASH_BYTES];
    TRY(secagg_advert_parse(advert, &a));
    TRY(secagg_header_hash(&s->header, header_sha256));
    if (a.from != from || memcmp(a.header_sha256, header_sha256, HASH_BYTES) != 0) return from_another(why);
    if (secagg_advert_verify(&a, s->members[from - 1].identity) != OK)
        return why_say(why, ERR_CRYPTO, "the keys are not signed by the hospital");
    if (of_small_order(a.channel_key) || of_small_order(a.mask_key))
        return why_say(why, ERR_CRYPTO, "a key is of small order, so nothing that is agreed on with it is secret");
    for (size_t i = 0; i < s->nadverts; i++) {
        const struct secagg_advert *b = &s->adverts[i];
        bool same = memcmp(a.channel_key, b->channel_key, X25519_BYTES) == 0 ||
                    memcmp(a.mask_key, b->mask_key, X25519_BYTES) == 0;
        if (b->from == from || same)
            return why_say(why, ERR_REFUSED, "these keys, or others of this hospital, came before");
    }
    size_t at = s->nadverts++;
    for (; at > 0 && s->adverts[at - 1].from > from; at--) s->adverts[at] = s->adverts[at - 1];
    s->adverts[at] = a;
    return OK;
}

enum err secure_round_begin_sharing(struct secure_round *s, struct buf *out_adverts, struct why *why)
{
    const struct secagg_roster roster = { s->members, s->n };
    TRY(secagg_session_new(&s->header, &roster, s->adverts, s->nadverts, &s->session, why));
    TRY(secagg_server_new(s->session, &s->server));
    return secagg_adverts_encode(s->adverts, s->nadverts, out_adverts);
}

enum err secure_round_take_shares(struct secure_round *s, uint32_t from, struct bytes bundle, struct why *why)
{
    struct secagg_bundle b;
    TRY(secagg_bundle_parse(bundle, &b));
    return b.from == from ? secagg_server_take_bundle(s->server, &b, why) : from_another(why);
}

enum err secure_round_end_sharing(struct secure_round *s, struct why *why)
{
    return secagg_server_end_sharing(s->server, why);
}

enum err secure_round_delivery(const struct secure_round *s, uint32_t to, struct buf *out)
{
    struct secagg_delivery d;
    TRY(secagg_server_delivery(s->server, to, &d));
    return secagg_delivery_encode(&d, out);
}

enum err secure_round_take_input(struct secure_round *s, uint32_t from, struct bytes input,
                                 const struct secagg_packed *packed, struct why *why)
{
    struct secagg_input i;
    TRY(secagg_input_parse(input, &i));
    return i.from == from ? secagg_server_take_input(s->server, &i, packed, why) : from_another(why);
}

enum err secure_round_end_inputs(struct secure_round *s, struct buf *out_request, struct why *why)
{
    struct secagg_request request;
    TRY(secagg_server_end_inputs(s->server, why));
    TRY(secagg_server_request(s->server, &request));
    if (s->header.degree == 0) s->needed = s->header.threshold;
    return secagg_request_encode(&request, out_request);
}

enum err secure_round_take_vote(struct secure_round *s, uint32_t from, struct bytes vote, struct why *why)
{
    struct secagg_vote v;
    TRY(secagg_vote_parse(vote, &v));
    return v.from == from ? secagg_server_take_vote(s->server, &v, why) : from_another(why);
}

enum err secure_round_votes(struct secure_round *s, struct buf *out)
{
    size_t n = 0;
    const struct secagg_vote *votes = secagg_server_votes(s->server, &n);
    return secagg_votes_encode(votes, n, out);
}

enum err secure_round_take_answer(struct secure_round *s, uint32_t from, struct bytes answer, struct why *why)
{
    struct secagg_answer a CLEANUP(secagg_answer_wipe) = { .n = 0 };
    TRY(secagg_answer_parse(answer, &a));
    return a.from == from ? secagg_server_take_answer(s->server, &a, why) : from_another(why);
}

bool secure_round_solvable(const struct secure_round *s) { return s->server && secagg_server_can_finish(s->server); }
