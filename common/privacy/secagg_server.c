#include "common/privacy/secagg_server.h"
#include "common/base/secret.h"
#include <stdlib.h>
#include <string.h>

enum stage { SHARING, INPUTS, ANSWERS, FINISHED };
enum { WINDOW = 1 << 16 }; /* elements */

/* What the server knows of one member. */
struct party {
    struct secagg_sealed *sealed; /* owned; one a holder, as the session lists them; NULL: no bundle came */
    uint8_t seed_commit[HASH_BYTES];
    bool survived; /* its input came */
    bool voted;
    bool answered;
    size_t n_shares;
    struct shamir_share *shares; /* owned; threshold of the half that may be known */
};
struct secagg_server {
    const struct secagg_session *session;
    enum stage stage;
    struct secagg_vec sum;
    size_t n_votes;
    struct secagg_vote *votes; /* owned; room for all members */
    size_t n;
    struct party parties[]; /* by place */
};

static const struct secagg_header *header_of(const struct secagg_server *s)
{
    return secagg_session_header(s->session);
}
static uint32_t id_at(const struct secagg_server *s, size_t place)
{
    return secagg_session_advert(s->session, place)->from;
}

void secagg_server_free(struct secagg_server *s)
{
    if (s == NULL) return;
    for (size_t i = 0; i < s->n; i++) {
        struct party *p = &s->parties[i];
        if (p->shares != NULL) secret_wipe(p->shares, header_of(s)->threshold * sizeof *p->shares);
        free(p->shares);
        free(p->sealed);
    }
    secagg_vec_fini(&s->sum);
    free(s->votes);
    free(s);
}

void secagg_server_drop(struct secagg_server **s) { secagg_server_free(*s); }

enum err secagg_server_new(const struct secagg_session *session, struct secagg_server **out)
{
    size_t n = secagg_session_members(session);
    const struct secagg_header *h = secagg_session_header(session);
    struct secagg_server *s CLEANUP(secagg_server_drop) = calloc(1, sizeof *s + n * sizeof *s->parties);
    if (s == NULL) return ERR_MEMORY;
    s->session = session;
    s->n = n;
    s->votes = calloc(n, sizeof *s->votes);
    if (s->votes == NULL) return ERR_MEMORY;
    TRY(secagg_vec_init(&s->sum, h->bits, h->length));
    *out = s;
    s = NULL;
    return OK;
}

/* The sender's place, if it is a member and speaks of this session. */
static enum err sender(const struct secagg_server *s, enum stage stage, uint32_t from,
                       const uint8_t session[HASH_BYTES], size_t *out, struct why *why)
{
    if (s->stage != stage) return ERR_STATE;
    size_t place = secagg_session_place(s->session, from);
    if (place == SECAGG_ABSENT || memcmp(session, secagg_session_id(s->session), HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "member %u speaks of another session, or is not in this", from);
    *out = place;
    return OK;
}

static bool is_complete(const struct secagg_server *s, size_t place, const struct secagg_bundle *b)
{
    size_t holders[SECAGG_HOLDERS_MAX];
    size_t n = secagg_session_holders(s->session, place, holders);
    if (b->n != n) return false;
    for (size_t i = 0; i < n; i++)
        if (b->shares[i].from != b->from || b->shares[i].to != id_at(s, holders[i])) return false;
    return true;
}

enum err secagg_server_take_bundle(struct secagg_server *s, const struct secagg_bundle *bundle, struct why *why)
{
    size_t place = 0;
    TRY(sender(s, SHARING, bundle->from, bundle->session, &place, why));
    struct party *p = &s->parties[place];
    if (bundle->n > SECAGG_HOLDERS_MAX || !is_complete(s, place, bundle))
        return why_say(why, ERR_REFUSED, "member %u gave not each of its holders one share", bundle->from);
    enum err e = secagg_bundle_verify(bundle, secagg_session_identity(s->session, place));
    if (e != OK) return why_say(why, e, "member %u did not sign its shares", bundle->from);
    if (p->sealed != NULL) return why_say(why, ERR_DUPLICATE, "member %u gave shares before", bundle->from);
    p->sealed = malloc(bundle->n * sizeof *p->sealed);
    if (p->sealed == NULL) return ERR_MEMORY;
    memcpy(p->sealed, bundle->shares, bundle->n * sizeof *p->sealed);
    memcpy(p->seed_commit, bundle->seed_commit, HASH_BYTES);
    return OK;
}

typedef bool is_fn(const struct party *p);
static bool has_shared(const struct party *p) { return p->sealed != NULL; }
static bool has_survived(const struct party *p) { return p->survived; }

/* Are enough left, and of each of them enough holders? */
static enum err enough(const struct secagg_server *s, is_fn *is, struct why *why)
{
    size_t left = 0;
    size_t holders[SECAGG_HOLDERS_MAX];
    for (size_t i = 0; i < s->n; i++) left += is(&s->parties[i]);
    if (left < header_of(s)->survivors)
        return why_say(why, ERR_LIMIT, "%zu members are left; the round needs %u", left, header_of(s)->survivors);
    for (size_t i = 0; i < s->n; i++) {
        if (!is(&s->parties[i])) continue;
        size_t n = secagg_session_holders(s->session, i, holders);
        size_t alive = 0;
        for (size_t k = 0; k < n; k++) alive += is(&s->parties[holders[k]]);
        if (alive < header_of(s)->threshold)
            return why_say(why, ERR_LIMIT, "%zu holders of member %u's shares are left; %u are needed", alive,
                           id_at(s, i), header_of(s)->threshold);
    }
    return OK;
}

enum err secagg_server_end_sharing(struct secagg_server *s, struct why *why)
{
    if (s->stage != SHARING) return ERR_STATE;
    TRY(enough(s, has_shared, why));
    s->stage = INPUTS;
    return OK;
}

enum err secagg_server_delivery(const struct secagg_server *s, uint32_t to, struct secagg_delivery *out)
{
    size_t owners[SECAGG_HOLDERS_MAX];
    size_t place = secagg_session_place(s->session, to);
    if (s->stage != INPUTS) return ERR_STATE;
    if (place == SECAGG_ABSENT || !has_shared(&s->parties[place])) return ERR_ABSENT;
    memset(out, 0, sizeof *out);
    memcpy(out->session, secagg_session_id(s->session), HASH_BYTES);
    out->to = to;
    for (size_t i = 0; i < s->n; i++)
        if (has_shared(&s->parties[i])) out->sharers.ids[out->sharers.n++] = id_at(s, i);
    size_t n = secagg_session_holders(s->session, place, owners);
    for (size_t k = 0; k < n; k++) {
        const struct party *owner = &s->parties[owners[k]];
        if (has_shared(owner))
            out->shares[out->n++] = owner->sealed[secagg_session_share_index(s->session, owners[k], place) - 1];
    }
    return OK;
}

/* Hands them out a window at a time, of whole elements that begin at a byte. */
typedef enum err window_fn(void *to, size_t element, size_t elements, struct bytes packed);

static enum err each_window(const struct secagg_vec *v, const struct secagg_packed *packed, window_fn *fn, void *to)
{
    uint8_t *window = malloc(secagg_vec_packed_bytes(v->bits, WINDOW));
    enum err e = window ? OK : ERR_MEMORY;
    uint64_t at = 0;
    for (size_t k = 0; e == OK && k < v->n; k += WINDOW) {
        size_t some = v->n - k < WINDOW ? v->n - k : WINDOW;
        size_t n = secagg_vec_packed_bytes(v->bits, some);
        e = packed->read(packed->from, at, n, window);
        if (e == OK) e = fn(to, k, some, bytes_of(window, n));
        at += n;
    }
    free(window);
    return e;
}

static enum err hash_window(void *to, size_t element, size_t elements, struct bytes packed)
{
    (void)element;
    (void)elements;
    return hash_add(to, packed);
}

static enum err hash_packed(const struct secagg_vec *v, const struct secagg_packed *packed, uint8_t out[HASH_BYTES])
{
    struct hash *h CLEANUP(hash_drop) = NULL;
    TRY(hash_new(&h));
    TRY(each_window(v, packed, hash_window, h));
    return hash_end(h, out);
}

static enum err add_window(void *to, size_t element, size_t elements, struct bytes packed)
{
    return secagg_vec_add_packed(to, element, elements, packed) == OK ? OK : ERR_STORE;
}

/* The last byte's filling is all that makes a vector of the right length none. */
static bool is_filled(const struct secagg_vec *v, const struct secagg_packed *packed)
{
    uint8_t last = 0;
    unsigned used = (unsigned)(v->n * v->bits % 8);
    if (packed->n != secagg_vec_packed_bytes(v->bits, v->n)) return false;
    return packed->read(packed->from, packed->n - 1, 1, &last) == OK && (used == 0 || last >> used == 0);
}

enum err secagg_server_take_input(struct secagg_server *s, const struct secagg_input *input,
                                  const struct secagg_packed *packed, struct why *why)
{
    size_t place = 0;
    uint8_t sha256[HASH_BYTES];
    TRY(sender(s, INPUTS, input->from, input->session, &place, why));
    struct party *p = &s->parties[place];
    if (!has_shared(p)) return why_say(why, ERR_REFUSED, "member %u gave no shares before its vector", input->from);
    enum err e = secagg_input_verify(input, secagg_session_identity(s->session, place));
    if (e != OK) return why_say(why, e, "member %u did not sign its vector", input->from);
    if (p->survived) return why_say(why, ERR_DUPLICATE, "member %u sent a vector before", input->from);
    if (!is_filled(&s->sum, packed))
        return why_say(why, ERR_REFUSED, "member %u sent no vector of this round's length", input->from);
    TRY(hash_packed(&s->sum, packed, sha256));
    if (memcmp(sha256, input->sha256, HASH_BYTES) != 0)
        return why_say(why, ERR_CRYPTO, "the vector is not the one member %u signed", input->from);
    TRY(each_window(&s->sum, packed, add_window, &s->sum));
    p->survived = true;
    return OK;
}

enum err secagg_server_end_inputs(struct secagg_server *s, struct why *why)
{
    if (s->stage != INPUTS) return ERR_STATE;
    TRY(enough(s, has_survived, why));
    s->stage = ANSWERS;
    return OK;
}

enum err secagg_server_request(const struct secagg_server *s, struct secagg_request *out)
{
    if (s->stage != ANSWERS) return ERR_STATE;
    memset(out, 0, sizeof *out);
    memcpy(out->session, secagg_session_id(s->session), HASH_BYTES);
    for (size_t i = 0; i < s->n; i++) {
        if (!has_shared(&s->parties[i])) continue;
        struct secagg_set *set = has_survived(&s->parties[i]) ? &out->survivors : &out->dropped;
        set->ids[set->n++] = id_at(s, i);
    }
    return OK;
}

enum err secagg_server_take_vote(struct secagg_server *s, const struct secagg_vote *vote, struct why *why)
{
    size_t place = 0;
    TRY(sender(s, ANSWERS, vote->from, vote->session, &place, why));
    struct party *p = &s->parties[place];
    if (!has_survived(p)) return why_say(why, ERR_REFUSED, "member %u has dropped out", vote->from);
    enum err e = secagg_vote_verify(vote, secagg_session_identity(s->session, place));
    if (e != OK) return why_say(why, e, "member %u did not sign its vote", vote->from);
    if (p->voted) return why_say(why, ERR_DUPLICATE, "member %u voted before", vote->from);
    p->voted = true;
    s->votes[s->n_votes++] = *vote;
    return OK;
}

const struct secagg_vote *secagg_server_votes(const struct secagg_server *s, size_t *out_n)
{
    *out_n = s->n_votes;
    return s->votes;
}

static enum secagg_half known_half(const struct party *owner) { return owner->survived ? SECAGG_SELF : SECAGG_PAIR; }

/* A survivor's share of somebody, against what that one committed to. */
static enum err check_share(const struct secagg_server *s, size_t from, const struct secagg_share *in,
                            size_t *out_owner, struct shamir_share *out)
{
    uint8_t commit[HASH_BYTES];
    size_t owner = secagg_session_place(s->session, in->about);
    if (owner == SECAGG_ABSENT || !has_shared(&s->parties[owner])) return ERR_REFUSED;
    const struct party *p = &s->parties[owner];
    struct shamir_share share = { .index = secagg_session_share_index(s->session, owner, from) };
    if (share.index == 0 || in->half != known_half(p)) return ERR_REFUSED;
    memcpy(share.value, in->value, sizeof share.value);
    TRY(secagg_session_commit(s->session, owner, in->half, &share, commit));
    const struct secagg_sealed *sealed = &p->sealed[share.index - 1];
    if (memcmp(commit, in->half == SECAGG_SELF ? sealed->self_commit : sealed->pair_commit, HASH_BYTES) != 0)
        return ERR_CRYPTO;
    *out_owner = owner;
    *out = share;
    return OK;
}

static enum err keep_share(struct secagg_server *s, size_t owner, const struct shamir_share *share)
{
    struct party *p = &s->parties[owner];
    size_t t = header_of(s)->threshold;
    if (p->n_shares == t) return OK;
    if (p->shares == NULL) p->shares = calloc(t, sizeof *p->shares);
    if (p->shares == NULL) return ERR_MEMORY;
    p->shares[p->n_shares++] = *share;
    return OK;
}

enum err secagg_server_take_answer(struct secagg_server *s, const struct secagg_answer *answer, struct why *why)
{
    size_t place = 0;
    size_t owner = 0;
    struct shamir_share share;
    TRY(sender(s, ANSWERS, answer->from, answer->session, &place, why));
    if (!has_survived(&s->parties[place])) return why_say(why, ERR_REFUSED, "member %u has dropped out", answer->from);
    if (answer->n > SECAGG_HOLDERS_MAX) return why_say(why, ERR_REFUSED, "member %u answers too much", answer->from);
    enum err e = secagg_answer_verify(answer, secagg_session_identity(s->session, place));
    if (e != OK) return why_say(why, e, "member %u did not sign its answer", answer->from);
    if (s->parties[place].answered) return why_say(why, ERR_DUPLICATE, "member %u answered before", answer->from);
    for (size_t i = 0; i < answer->n; i++) {
        e = check_share(s, place, &answer->shares[i], &owner, &share);
        if (e != OK || (i > 0 && answer->shares[i - 1].about >= answer->shares[i].about))
            return why_say(why, e == OK ? ERR_REFUSED : e, "member %u answered a wrong share of member %u",
                           answer->from, answer->shares[i].about);
    }
    s->parties[place].answered = true;
    for (size_t i = 0; i < answer->n; i++) {
        TRY(check_share(s, place, &answer->shares[i], &owner, &share));
        TRY(keep_share(s, owner, &share));
    }
    return OK;
}

/* Survivors' own masks are in the sum, and the dropped ones' pairwise masks with survivors. */
static bool is_needed(const struct secagg_server *s, size_t place)
{
    if (!has_shared(&s->parties[place])) return false;
    if (has_survived(&s->parties[place])) return true;
    for (size_t i = 0; i < s->n; i++)
        if (has_survived(&s->parties[i]) && secagg_session_are_peers(s->session, place, i)) return true;
    return false;
}

bool secagg_server_can_finish(const struct secagg_server *s)
{
    if (s->stage != ANSWERS) return false;
    for (size_t i = 0; i < s->n; i++)
        if (is_needed(s, i) && s->parties[i].n_shares < header_of(s)->threshold) return false;
    return true;
}

struct recovered {
    uint8_t b[SHAMIR_SECRET_BYTES];
};
static void wipe_recovered(struct recovered *r) { secret_wipe(r, sizeof *r); }

struct masks { /* to be taken off; owned, room for all at once */
    size_t n;
    size_t cap;
    struct secagg_mask *at;
};

static void free_masks(struct masks *m)
{
    if (m->at != NULL) secret_wipe(m->at, m->cap * sizeof *m->at);
    free(m->at);
}

static enum err strip_self(const struct secagg_server *s, size_t place, const struct recovered *seed, struct masks *out)
{
    uint8_t commit[HASH_BYTES];
    TRY(secagg_session_commit_seed(s->session, place, seed->b, commit));
    if (memcmp(commit, s->parties[place].seed_commit, HASH_BYTES) != 0) return ERR_CRYPTO;
    struct secagg_mask *mask = &out->at[out->n++];
    TRY(secagg_session_self_mask(s->session, seed->b, place, mask));
    mask->sign = PRG_TAKE;
    return OK;
}

/* The dropped one would have applied just what cancels the survivors' masks: so it is applied for it. */
static enum err strip_pairs(const struct secagg_server *s, size_t place, const struct recovered *secret,
                            struct masks *out)
{
    uint8_t public_key[X25519_BYTES];
    TRY(x25519_public(secret->b, public_key));
    if (memcmp(public_key, secagg_session_advert(s->session, place)->mask_key, X25519_BYTES) != 0) return ERR_CRYPTO;
    for (size_t i = 0; i < s->n; i++)
        if (has_survived(&s->parties[i]) && secagg_session_are_peers(s->session, place, i))
            TRY(secagg_session_pair_mask(s->session, secret->b, place, i, &out->at[out->n++]));
    return OK;
}

static enum err strip(const struct secagg_server *s, size_t place, struct masks *out, struct why *why)
{
    struct recovered secret CLEANUP(wipe_recovered) = { { 0 } };
    const struct party *p = &s->parties[place];
    TRY(shamir_join(p->shares, p->n_shares, secret.b));
    enum err e = p->survived ? strip_self(s, place, &secret, out) : strip_pairs(s, place, &secret, out);
    return e == ERR_CRYPTO
               ? why_say(why, e, "member %u dealt shares of something else than it committed to", id_at(s, place))
               : e;
}

static size_t count_masks(const struct secagg_server *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!is_needed(s, i)) continue;
        n++;
        for (size_t k = 0; k < s->n && !s->parties[i].survived; k++) n += secagg_session_are_peers(s->session, i, k);
    }
    return n;
}

enum err secagg_server_finish(struct secagg_server *s, struct secagg_vec *out, struct why *why)
{
    struct masks masks CLEANUP(free_masks) = { 0 };
    if (s->stage != ANSWERS) return ERR_STATE;
    if (!secagg_server_can_finish(s))
        return why_say(why, ERR_LIMIT, "fewer than %u shares of somebody were answered", header_of(s)->threshold);
    masks.cap = count_masks(s);
    if (masks.cap == 0) return ERR_BUG;
    masks.at = calloc(masks.cap, sizeof *masks.at);
    if (masks.at == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < s->n; i++)
        if (is_needed(s, i)) TRY(strip(s, i, &masks, why));
    s->stage = FINISHED;
    TRY(secagg_vec_mask(&s->sum, masks.at, masks.n));
    *out = s->sum;
    s->sum = (struct secagg_vec){ 0 };
    return OK;
}
