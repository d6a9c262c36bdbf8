#include "common/privacy/secagg_client.h"
#include "common/base/secret.h"
#include <stdlib.h>
#include <string.h>

enum { AAD_MAX_BYTES = 256, MASKS_MAX = SECAGG_MEMBERS_MAX };
enum stage { NEW, JOINED, SHARED, RECEIVED, MASKED, SAID, VOTED, GIVEN_UP };

struct held { /* what an owner gave us */
    struct shamir_share half[SECAGG_HALVES];
    bool there;
};
struct secrets {
    uint8_t channel[X25519_BYTES];
    uint8_t mask[X25519_BYTES];
    uint8_t seed[SHAMIR_SECRET_BYTES];
};
struct secagg_client {
    struct secagg_header header;
    struct secagg_policy policy;
    const struct sign_key *identity;
    const struct secagg_session *session;
    struct secagg_advert advert;
    struct secrets secrets;
    size_t place;
    enum stage stage;
    size_t holders; /* of our secrets, and owners of what we hold: holding is mutual */
    size_t holder[SECAGG_HOLDERS_MAX];
    struct held held[SECAGG_HOLDERS_MAX]; /* beside holder[] */
    struct secagg_set sharers;
    uint8_t view[HASH_BYTES]; /* what was voted for */
};

void secagg_client_free(struct secagg_client *c)
{
    if (c == NULL) return;
    secret_wipe(c, sizeof *c);
    free(c);
}

void secagg_client_drop(struct secagg_client **c) { secagg_client_free(*c); }

static enum err draw_keys(struct secagg_client *c, random_fn *random, void *self)
{
    TRY(random(self, &c->secrets, sizeof c->secrets));
    TRY(x25519_public(c->secrets.channel, c->advert.channel_key));
    TRY(x25519_public(c->secrets.mask, c->advert.mask_key));
    TRY(secagg_header_hash(&c->header, c->advert.header_sha256));
    return secagg_advert_sign(&c->advert, c->identity);
}

enum err secagg_client_new(const struct secagg_header *header, const struct secagg_policy *policy,
                           const struct sign_key *identity, uint32_t id, random_fn *random, void *self,
                           struct secagg_client **out, struct why *why)
{
    TRY(secagg_header_admit(header, policy, why));
    struct secagg_client *c CLEANUP(secagg_client_drop) = calloc(1, sizeof *c);
    if (c == NULL) return ERR_MEMORY;
    c->header = *header;
    c->policy = *policy;
    c->identity = identity;
    c->advert.from = id;
    TRY(draw_keys(c, random, self));
    *out = c;
    c = NULL;
    return OK;
}

void secagg_client_advert(const struct secagg_client *c, struct secagg_advert *out) { *out = c->advert; }

static enum err at_stage(const struct secagg_client *c, enum stage stage) { return c->stage == stage ? OK : ERR_STATE; }

static enum err enough(const struct secagg_client *c, size_t n, struct why *why)
{
    uint32_t least = c->policy.cohort_min > SECAGG_COHORT_LEAST ? c->policy.cohort_min : SECAGG_COHORT_LEAST;
    if (n < least) return why_say(why, ERR_REFUSED, "a sum of %zu members; this hospital wants at least %u", n, least);
    if (n < c->header.survivors)
        return why_say(why, ERR_REFUSED, "%zu members are left; the round needs %u", n, c->header.survivors);
    return OK;
}

enum err secagg_client_join(struct secagg_client *c, const struct secagg_session *session, struct why *why)
{
    uint8_t header_sha256[HASH_BYTES];
    TRY(at_stage(c, NEW));
    TRY(secagg_header_hash(secagg_session_header(session), header_sha256));
    if (memcmp(header_sha256, c->advert.header_sha256, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the session is of another header");
    TRY(enough(c, secagg_session_members(session), why));
    size_t place = secagg_session_place(session, c->advert.from);
    if (place == SECAGG_ABSENT) return why_say(why, ERR_REFUSED, "this hospital is not in the list of keys");
    const struct secagg_advert *mine = secagg_session_advert(session, place);
    if (memcmp(mine->channel_key, c->advert.channel_key, X25519_BYTES) != 0 ||
        memcmp(mine->mask_key, c->advert.mask_key, X25519_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the list of keys gives this hospital keys that are not its own");
    c->session = session;
    c->place = place;
    c->holders = secagg_session_holders(session, place, c->holder);
    c->stage = JOINED;
    return OK;
}

/* The shares of both secrets, one of each for every holder. */
struct dealt {
    struct shamir_share half[SECAGG_HALVES][SECAGG_HOLDERS_MAX];
};
/* What is sealed for one holder; Shamir's x follows from the session. */
struct opened {
    uint8_t half[SECAGG_HALVES][SHAMIR_SECRET_BYTES];
};

static void wipe_dealt(struct dealt *d) { secret_wipe(d, sizeof *d); }
static void wipe_opened(struct opened *o) { secret_wipe(o, sizeof *o); }

struct channel_key {
    uint8_t b[AEAD_KEY_BYTES];
};
static void wipe_channel(struct channel_key *k) { secret_wipe(k, sizeof *k); }

static enum err seal_to(const struct secagg_client *c, size_t holder, struct opened *plain, struct secagg_sealed *out)
{
    static const uint8_t nonce[AEAD_NONCE_BYTES]; /* the key seals this one text */
    struct channel_key key CLEANUP(wipe_channel) = { { 0 } };
    struct buf aad CLEANUP(buf_free) = buf_make(AAD_MAX_BYTES);
    TRY(secagg_session_channel(c->session, c->secrets.channel, c->place, c->place, holder, key.b));
    TRY(secagg_session_share_aad(c->session, out, &aad));
    return aead_seal(key.b, nonce, buf_bytes(&aad), bytes_of(plain, sizeof *plain), out->sealed);
}

static enum err deal_to(const struct secagg_client *c, const struct dealt *dealt, size_t i, struct secagg_sealed *out)
{
    struct opened plain CLEANUP(wipe_opened) = { { { 0 } } };
    uint8_t *const commits[SECAGG_HALVES] = { out->self_commit, out->pair_commit };
    out->from = c->advert.from;
    out->to = secagg_session_advert(c->session, c->holder[i])->from;
    for (size_t h = 0; h < SECAGG_HALVES; h++) {
        TRY(secagg_session_commit(c->session, c->place, (enum secagg_half)h, &dealt->half[h][i], commits[h]));
        memcpy(plain.half[h], dealt->half[h][i].value, SHAMIR_SECRET_BYTES);
    }
    return seal_to(c, c->holder[i], &plain, out);
}

enum err secagg_client_share(struct secagg_client *c, random_fn *random, void *self, struct secagg_bundle *out,
                             struct why *why)
{
    struct dealt dealt CLEANUP(wipe_dealt) = { { { { 0 } } } };
    size_t t = c->header.threshold;
    TRY(at_stage(c, JOINED));
    TRY(shamir_split(c->secrets.seed, t, c->holders, random, self, dealt.half[SECAGG_SELF]));
    TRY(shamir_split(c->secrets.mask, t, c->holders, random, self, dealt.half[SECAGG_PAIR]));
    /* A second try would seal other texts under the same keys. */
    c->stage = SHARED;
    memset(out, 0, sizeof *out);
    memcpy(out->session, secagg_session_id(c->session), HASH_BYTES);
    out->from = c->advert.from;
    TRY(secagg_session_commit_seed(c->session, c->place, c->secrets.seed, out->seed_commit));
    for (; out->n < c->holders; out->n++) {
        enum err e = deal_to(c, &dealt, out->n, &out->shares[out->n]);
        if (e != OK) return why_say(why, e, "no share can be sealed to member %u", out->shares[out->n].to);
    }
    return secagg_bundle_sign(out, c->identity);
}

static enum err open_from(const struct secagg_client *c, size_t owner, const struct secagg_sealed *in,
                          struct opened *out)
{
    static const uint8_t nonce[AEAD_NONCE_BYTES];
    struct channel_key key CLEANUP(wipe_channel) = { { 0 } };
    struct buf aad CLEANUP(buf_free) = buf_make(AAD_MAX_BYTES);
    TRY(secagg_session_channel(c->session, c->secrets.channel, c->place, owner, c->place, key.b));
    TRY(secagg_session_share_aad(c->session, in, &aad));
    return aead_open(key.b, nonce, buf_bytes(&aad), bytes_of(in->sealed, sizeof in->sealed), (uint8_t *)out);
}

static enum err take_share(struct secagg_client *c, size_t i, const struct secagg_sealed *in)
{
    struct opened plain CLEANUP(wipe_opened) = { { { 0 } } };
    const uint8_t *const commits[SECAGG_HALVES] = { in->self_commit, in->pair_commit };
    size_t owner = c->holder[i];
    TRY(open_from(c, owner, in, &plain));
    for (size_t h = 0; h < SECAGG_HALVES; h++) {
        struct shamir_share *share = &c->held[i].half[h];
        uint8_t commit[HASH_BYTES];
        share->index = secagg_session_share_index(c->session, owner, c->place);
        memcpy(share->value, plain.half[h], SHAMIR_SECRET_BYTES);
        TRY(secagg_session_commit(c->session, owner, (enum secagg_half)h, share, commit));
        if (memcmp(commit, commits[h], HASH_BYTES) != 0) return ERR_CRYPTO;
    }
    c->held[i].there = true;
    return OK;
}

static enum err known(const struct secagg_client *c, const struct secagg_set *set, struct why *why)
{
    if (!secagg_set_ascends(set)) return why_say(why, ERR_REFUSED, "a member is named twice, or out of order");
    for (size_t i = 0; i < set->n; i++)
        if (secagg_session_place(c->session, set->ids[i]) == SECAGG_ABSENT)
            return why_say(why, ERR_REFUSED, "member %u is not in the session", set->ids[i]);
    return OK;
}

static uint32_t holder_id(const struct secagg_client *c, size_t i)
{
    return secagg_session_advert(c->session, c->holder[i])->from;
}

/* How many of our holders are in the set. */
static enum err enough_holders(const struct secagg_client *c, const struct secagg_set *set, struct why *why)
{
    size_t n = 0;
    for (size_t i = 0; i < c->holders; i++) n += secagg_set_has(set, holder_id(c, i));
    if (n >= c->header.threshold) return OK;
    return why_say(why, ERR_REFUSED, "%zu holders of our shares are left; %u are needed", n, c->header.threshold);
}

static bool is_ours(const struct secagg_client *c, const uint8_t session[HASH_BYTES])
{
    return memcmp(session, secagg_session_id(c->session), HASH_BYTES) == 0;
}

static enum err judge_sharers(const struct secagg_client *c, const struct secagg_delivery *d, struct why *why)
{
    if (!is_ours(c, d->session) || d->to != c->advert.from)
        return why_say(why, ERR_REFUSED, "the shares are of another session, or for another member");
    TRY(known(c, &d->sharers, why));
    if (!secagg_set_has(&d->sharers, c->advert.from))
        return why_say(why, ERR_REFUSED, "our own shares are said not to have come");
    TRY(enough(c, d->sharers.n, why));
    return enough_holders(c, &d->sharers, why);
}

/* Both lists ascend: the owners among the sharers are just the senders. */
enum err secagg_client_receive(struct secagg_client *c, const struct secagg_delivery *d, struct why *why)
{
    TRY(at_stage(c, SHARED));
    TRY(judge_sharers(c, d, why));
    c->stage = GIVEN_UP; /* until all is well: shares of two deliveries must not mix */
    size_t next = 0;
    for (size_t i = 0; i < c->holders; i++) {
        uint32_t owner = holder_id(c, i);
        if (!secagg_set_has(&d->sharers, owner)) continue;
        if (next == d->n || d->n > SECAGG_HOLDERS_MAX || d->shares[next].from != owner ||
            d->shares[next].to != c->advert.from)
            return why_say(why, ERR_REFUSED, "the share that member %u gave us is not there", owner);
        enum err e = take_share(c, i, &d->shares[next++]);
        if (e != OK) return why_say(why, e, "the share that member %u gave us does not hold", owner);
    }
    if (next != d->n) return why_say(why, ERR_REFUSED, "there are shares of members who are not our peers");
    c->sharers = d->sharers;
    c->stage = RECEIVED;
    return OK;
}

struct masks {
    size_t n;
    struct secagg_mask at[SECAGG_HOLDERS_MAX + 1];
};
static void wipe_masks(struct masks *m) { secret_wipe(m, sizeof *m); }

enum err secagg_client_masker(struct secagg_client *c, struct secagg_masker **out)
{
    struct masks masks CLEANUP(wipe_masks) = { 0 };
    TRY(at_stage(c, RECEIVED));
    TRY(secagg_session_self_mask(c->session, c->secrets.seed, c->place, &masks.at[masks.n++]));
    for (size_t i = 0; i < c->holders; i++) {
        bool masked = secagg_session_are_peers(c->session, c->place, c->holder[i]) &&
                      secagg_set_has(&c->sharers, holder_id(c, i));
        if (masked)
            TRY(secagg_session_pair_mask(c->session, c->secrets.mask, c->place, c->holder[i], &masks.at[masks.n++]));
    }
    /* The streams are spent, whether or not this succeeds. */
    c->stage = MASKED;
    return secagg_masker_new(masks.at, masks.n, out);
}

enum err secagg_client_input(struct secagg_client *c, const uint8_t packed_sha256[HASH_BYTES], struct secagg_input *out)
{
    struct secagg_input input = { .from = c->advert.from };
    TRY(at_stage(c, MASKED));
    memcpy(input.session, secagg_session_id(c->session), HASH_BYTES);
    memcpy(input.sha256, packed_sha256, HASH_BYTES);
    TRY(secagg_input_sign(&input, c->identity));
    *out = input;
    c->stage = SAID;
    return OK;
}

/* The survivors and the dropped are together just the sharers, and none is both. */
static enum err judge_split(const struct secagg_client *c, const struct secagg_request *r, struct why *why)
{
    TRY(known(c, &r->survivors, why));
    TRY(known(c, &r->dropped, why));
    for (size_t i = 0; i < r->dropped.n; i++)
        if (secagg_set_has(&r->survivors, r->dropped.ids[i]))
            return why_say(why, ERR_REFUSED, "both shares asked: member %u is said to be alive and dead",
                           r->dropped.ids[i]);
    for (size_t i = 0; i < c->sharers.n; i++)
        if (!secagg_set_has(&r->survivors, c->sharers.ids[i]) && !secagg_set_has(&r->dropped, c->sharers.ids[i]))
            return why_say(why, ERR_REFUSED, "member %u is neither alive nor dead", c->sharers.ids[i]);
    if (r->survivors.n + r->dropped.n != c->sharers.n)
        return why_say(why, ERR_REFUSED, "somebody is named who gave no shares");
    if (!secagg_set_has(&r->survivors, c->advert.from))
        return why_say(why, ERR_REFUSED, "this hospital is said to have dropped out");
    return OK;
}

static enum err judge_request(const struct secagg_client *c, const struct secagg_request *r, struct why *why)
{
    if (!is_ours(c, r->session)) return why_say(why, ERR_REFUSED, "the request is of another session");
    TRY(judge_split(c, r, why));
    TRY(enough(c, r->survivors.n, why));
    return enough_holders(c, &r->survivors, why);
}

enum err secagg_client_vote(struct secagg_client *c, const struct secagg_request *request, struct secagg_vote *out,
                            struct why *why)
{
    struct secagg_vote vote = { .from = c->advert.from };
    if (c->stage != SAID && c->stage != VOTED) return ERR_STATE;
    TRY(judge_request(c, request, why));
    TRY(secagg_request_hash(request, c->header.model_sha256, vote.view));
    if (c->stage == VOTED && memcmp(vote.view, c->view, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the coordinator tells two stories of who survived");
    memcpy(vote.session, secagg_session_id(c->session), HASH_BYTES);
    TRY(secagg_vote_sign(&vote, c->identity));
    memcpy(c->view, vote.view, HASH_BYTES);
    c->stage = VOTED;
    *out = vote;
    return OK;
}

/* The first vote of this survivor for our view, if its signature holds. */
static enum err count_vote(const struct secagg_client *c, size_t holder, const struct secagg_vote *votes, size_t n,
                           size_t *count, struct why *why)
{
    uint32_t id = secagg_session_advert(c->session, holder)->from;
    for (size_t k = 0; k < n; k++) {
        if (votes[k].from != id || !is_ours(c, votes[k].session)) continue;
        enum err e = secagg_vote_verify(&votes[k], secagg_session_identity(c->session, holder));
        if (e != OK) return why_say(why, e, "member %u did not sign the vote shown", id);
        if (memcmp(votes[k].view, c->view, HASH_BYTES) != 0)
            return why_say(why, ERR_REFUSED, "member %u was told another story of who survived", id);
        ++*count;
        return OK;
    }
    return OK;
}

static enum err judge_votes(const struct secagg_client *c, const struct secagg_request *r,
                            const struct secagg_vote *votes, size_t n, struct why *why)
{
    size_t count = 0;
    for (size_t i = 0; i < c->holders; i++)
        if (secagg_set_has(&r->survivors, holder_id(c, i))) TRY(count_vote(c, c->holder[i], votes, n, &count, why));
    if (count >= c->header.threshold) return OK;
    return why_say(why, ERR_REFUSED, "%zu of our holders voted; %u are needed", count, c->header.threshold);
}

static enum err fill(const struct secagg_client *c, const struct secagg_request *r, struct secagg_decisions *decisions,
                     struct secagg_answer *out, struct why *why)
{
    for (size_t i = 0; i < c->holders; i++) {
        if (!c->held[i].there) continue;
        struct secagg_share *share = &out->shares[out->n++];
        share->about = holder_id(c, i);
        share->half = secagg_set_has(&r->survivors, share->about) ? SECAGG_SELF : SECAGG_PAIR;
        memcpy(share->value, c->held[i].half[share->half].value, SHAMIR_SECRET_BYTES);
        TRY(secagg_decisions_add(decisions, out->session, share->about, share->half, why));
    }
    return secagg_answer_sign(out, c->identity);
}

enum err secagg_client_answer(struct secagg_client *c, const struct secagg_request *request,
                              const struct secagg_vote *votes, size_t n, struct secagg_decisions *decisions,
                              struct secagg_answer *out, struct why *why)
{
    struct secagg_answer answer CLEANUP(secagg_answer_wipe) = { .from = c->advert.from };
    struct secagg_decisions decided = *decisions;
    uint8_t view[HASH_BYTES];
    TRY(at_stage(c, VOTED));
    TRY(judge_request(c, request, why));
    TRY(secagg_request_hash(request, c->header.model_sha256, view));
    if (memcmp(view, c->view, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the coordinator tells two stories of who survived");
    TRY(judge_votes(c, request, votes, n, why));
    memcpy(answer.session, secagg_session_id(c->session), HASH_BYTES);
    TRY(fill(c, request, &decided, &answer, why));
    *decisions = decided;
    *out = answer;
    return OK;
}
