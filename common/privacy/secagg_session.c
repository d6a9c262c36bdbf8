#include "common/privacy/secagg_session.h"
#include "common/base/secret.h"
#include "common/crypto/hkdf.h"
#include "common/privacy/harary.h"
#include "common/privacy/secagg_code.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_BYTES = 4, ID_BYTES = 4, KEY_LENGTH_BYTES = 2, NUMBER_BYTES = 8, STAGE_BYTES = 1, SHARE_STAGE = 2 };
enum { INFO_BYTES = 256 };
#define LIST_BYTES ((size_t)SECAGG_MEMBERS_MAX * 128)

struct entry {
    struct secagg_advert advert;
    uint8_t identity[ED25519_KEY_BYTES];
    uint32_t ring; /* where it stands on the neighbour graph's ring */
};
struct secagg_session {
    struct secagg_header header;
    uint8_t id[HASH_BYTES];
    size_t n;
    struct entry entries[]; /* ascending numbers */
};

void secagg_session_free(struct secagg_session *s) { free(s); }
void secagg_session_drop(struct secagg_session **s) { secagg_session_free(*s); }
const uint8_t *secagg_session_id(const struct secagg_session *s) { return s->id; }
const struct secagg_header *secagg_session_header(const struct secagg_session *s) { return &s->header; }
size_t secagg_session_members(const struct secagg_session *s) { return s->n; }

const struct secagg_advert *secagg_session_advert(const struct secagg_session *s, size_t place)
{
    return &s->entries[place].advert;
}

const uint8_t *secagg_session_identity(const struct secagg_session *s, size_t place)
{
    return s->entries[place].identity;
}

static uint32_t id_at(const struct secagg_session *s, size_t place) { return s->entries[place].advert.from; }

size_t secagg_session_place(const struct secagg_session *s, uint32_t id)
{
    size_t from = 0;
    size_t to = s->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (id_at(s, middle) == id) return middle;
        if (id_at(s, middle) < id)
            from = middle + 1;
        else
            to = middle;
    }
    return SECAGG_ABSENT;
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = ((const struct entry *)a)->advert.from;
    uint32_t y = ((const struct entry *)b)->advert.from;
    return (x > y) - (x < y);
}

static bool same_key(const uint8_t *a, const uint8_t *b) { return memcmp(a, b, X25519_BYTES) == 0; }

/* No member twice, and all keys of all members are different ones. */
static enum err check_distinct(const struct secagg_session *s, struct why *why)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct secagg_advert *a = &s->entries[i].advert;
        bool bad = same_key(a->channel_key, a->mask_key) || (i > 0 && id_at(s, i - 1) == a->from);
        for (size_t k = 0; k < i && !bad; k++) {
            const struct secagg_advert *b = &s->entries[k].advert;
            bad = same_key(a->channel_key, b->channel_key) || same_key(a->mask_key, b->mask_key) ||
                  same_key(a->channel_key, b->mask_key) || same_key(a->mask_key, b->channel_key);
        }
        if (bad) return why_say(why, ERR_REFUSED, "member %u is listed twice, or has another's key", a->from);
    }
    return OK;
}

static enum err take_advert(const uint8_t header_sha256[HASH_BYTES], const struct secagg_roster *roster,
                            const struct secagg_advert *advert, struct entry *out, struct why *why)
{
    const struct secagg_member *member = secagg_roster_find(roster, advert->from);
    if (member == NULL) return why_say(why, ERR_REFUSED, "member %u is not in the roster", advert->from);
    if (memcmp(advert->header_sha256, header_sha256, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "member %u takes part in a round with another header", advert->from);
    enum err e = secagg_advert_verify(advert, member->identity);
    if (e != OK) return why_say(why, e, "member %u did not sign the keys listed for it", advert->from);
    out->advert = *advert;
    memcpy(out->identity, member->identity, sizeof out->identity);
    return OK;
}

static enum err name_session(struct secagg_session *s)
{
    struct buf bytes CLEANUP(buf_free) = buf_make(LIST_BYTES);
    secagg_code_put_label(&bytes, "himas secagg session 1");
    secagg_code_put(&bytes, SECAGG_HEADER_BYTES, NUMBER_BYTES);
    TRY(secagg_header_encode(&s->header, &bytes));
    secagg_code_put(&bytes, s->n, COUNT_BYTES);
    for (size_t i = 0; i < s->n; i++) {
        secagg_code_put(&bytes, id_at(s, i), ID_BYTES);
        secagg_code_put(&bytes, X25519_BYTES, KEY_LENGTH_BYTES);
        buf_add(&bytes, s->entries[i].advert.channel_key, X25519_BYTES);
        secagg_code_put(&bytes, X25519_BYTES, KEY_LENGTH_BYTES);
        buf_add(&bytes, s->entries[i].advert.mask_key, X25519_BYTES);
    }
    TRY(buf_err(&bytes));
    return hash_of(buf_bytes(&bytes), s->id);
}

/* Uniform in [0, n), n >= 1: what would favour the low numbers is drawn again. */
static enum err below(struct stream *stream, uint32_t n, uint32_t *out)
{
    uint32_t word = 0;
    do {
        TRY(stream_read(stream, &word, sizeof word));
        word = le32toh(word);
    } while (word >= UINT32_MAX - UINT32_MAX % n);
    *out = word % n;
    return OK;
}

/* A random permutation (Fisher & Yates), keyed by the session. */
static enum err draw_ring(struct secagg_session *s)
{
    uint8_t key[STREAM_KEY_BYTES];
    struct stream *stream CLEANUP(stream_drop) = NULL;
    TRY(hkdf_sha256(bytes_of(s->id, HASH_BYTES), bytes_of(NULL, 0), str_bytes(STR("himas secagg ring 1")), key,
                    sizeof key));
    TRY(stream_new(key, &stream));
    for (size_t i = 0; i < s->n; i++) {
        uint32_t other = 0;
        TRY(below(stream, (uint32_t)i + 1, &other));
        s->entries[i].ring = s->entries[other].ring;
        s->entries[other].ring = (uint32_t)i;
    }
    return OK;
}

static enum err build(struct secagg_session *s, const struct secagg_roster *roster, const struct secagg_advert *adverts,
                      struct why *why)
{
    uint8_t roster_sha256[HASH_BYTES];
    uint8_t header_sha256[HASH_BYTES];
    TRY(secagg_roster_hash(roster, roster_sha256));
    if (memcmp(roster_sha256, s->header.roster_sha256, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the header names another roster");
    TRY(secagg_header_hash(&s->header, header_sha256));
    for (size_t i = 0; i < s->n; i++) TRY(take_advert(header_sha256, roster, &adverts[i], &s->entries[i], why));
    qsort(s->entries, s->n, sizeof *s->entries, by_id);
    TRY(check_distinct(s, why));
    TRY(name_session(s));
    return draw_ring(s);
}

enum err secagg_session_new(const struct secagg_header *header, const struct secagg_roster *roster,
                            const struct secagg_advert *adverts, size_t n, struct secagg_session **out, struct why *why)
{
    TRY(secagg_header_check(header, why));
    if (n > header->cohort) return why_say(why, ERR_REFUSED, "%zu members for a cohort of %u", n, header->cohort);
    TRY(secagg_header_present(header, (uint32_t)n, why));
    struct secagg_session *s CLEANUP(secagg_session_drop) = calloc(1, sizeof *s + n * sizeof *s->entries);
    if (s == NULL) return ERR_MEMORY;
    s->header = *header;
    s->n = n;
    TRY(build(s, roster, adverts, why));
    *out = s;
    s = NULL;
    return OK;
}

static bool complete(const struct secagg_session *s) { return s->header.degree == 0; }

bool secagg_session_are_peers(const struct secagg_session *s, size_t a, size_t b)
{
    if (a == b || complete(s)) return a != b;
    return harary_adjacent((uint32_t)s->n, s->header.degree, s->entries[a].ring, s->entries[b].ring);
}

static bool holds(const struct secagg_session *s, size_t owner, size_t holder)
{
    return complete(s) || secagg_session_are_peers(s, owner, holder);
}

size_t secagg_session_holders(const struct secagg_session *s, size_t place, size_t *out)
{
    size_t n = 0;
    for (size_t other = 0; other < s->n; other++)
        if (holds(s, place, other)) out[n++] = other;
    return n;
}

uint8_t secagg_session_share_index(const struct secagg_session *s, size_t owner, size_t holder)
{
    size_t before = 0;
    if (!holds(s, owner, holder)) return 0;
    for (size_t other = 0; other < holder; other++) before += holds(s, owner, other);
    return (uint8_t)(before + 1);
}

static enum err derive(const struct secagg_session *s, const char *purpose, struct bytes secret, uint32_t first,
                       uint32_t second, uint8_t out[STREAM_KEY_BYTES])
{
    struct buf info CLEANUP(buf_free) = buf_make(INFO_BYTES);
    secagg_code_put_label(&info, "himas secagg key 1");
    secagg_code_put_label(&info, purpose);
    buf_add(&info, s->header.model_sha256, HASH_BYTES);
    secagg_code_put(&info, s->header.round, NUMBER_BYTES);
    secagg_code_put(&info, first, ID_BYTES);
    secagg_code_put(&info, second, ID_BYTES);
    TRY(buf_err(&info));
    return hkdf_sha256(secret, bytes_of(s->id, HASH_BYTES), buf_bytes(&info), out, STREAM_KEY_BYTES);
}

struct agreed {
    uint8_t b[X25519_BYTES];
};

static void wipe_agreed(struct agreed *a) { secret_wipe(a, sizeof *a); }

enum err secagg_session_pair_mask(const struct secagg_session *s, const uint8_t mask_secret[X25519_BYTES], size_t mine,
                                  size_t peer, struct secagg_mask *out)
{
    struct agreed shared CLEANUP(wipe_agreed) = { { 0 } };
    size_t low = mine < peer ? mine : peer;
    size_t high = mine < peer ? peer : mine;
    TRY(x25519_shared(mask_secret, s->entries[mine].advert.mask_key, s->entries[peer].advert.mask_key, shared.b));
    TRY(derive(s, "pair mask", bytes_of(shared.b, sizeof shared.b), id_at(s, low), id_at(s, high), out->key));
    out->sign = mine < peer ? PRG_ADD : PRG_TAKE;
    return OK;
}

enum err secagg_session_self_mask(const struct secagg_session *s, const uint8_t seed[SHAMIR_SECRET_BYTES], size_t place,
                                  struct secagg_mask *out)
{
    TRY(derive(s, "self mask", bytes_of(seed, SHAMIR_SECRET_BYTES), id_at(s, place), id_at(s, place), out->key));
    out->sign = PRG_ADD;
    return OK;
}

enum err secagg_session_channel(const struct secagg_session *s, const uint8_t channel_secret[X25519_BYTES], size_t mine,
                                size_t from, size_t to, uint8_t out[AEAD_KEY_BYTES])
{
    struct agreed shared CLEANUP(wipe_agreed) = { { 0 } };
    size_t other = mine == from ? to : from;
    TRY(x25519_shared(channel_secret, s->entries[mine].advert.channel_key, s->entries[other].advert.channel_key,
                      shared.b));
    return derive(s, "channel", bytes_of(shared.b, sizeof shared.b), id_at(s, from), id_at(s, to), out);
}

enum err secagg_session_share_aad(const struct secagg_session *s, const struct secagg_sealed *sealed, struct buf *out)
{
    secagg_code_put_label(out, "himas secagg share 1");
    secagg_code_put(out, sealed->from, ID_BYTES);
    secagg_code_put(out, sealed->to, ID_BYTES);
    secagg_code_put(out, s->header.round, NUMBER_BYTES);
    secagg_code_put(out, SHARE_STAGE, STAGE_BYTES);
    buf_add(out, s->id, HASH_BYTES);
    buf_add(out, sealed->self_commit, HASH_BYTES);
    buf_add(out, sealed->pair_commit, HASH_BYTES);
    return buf_err(out);
}

enum err secagg_session_commit(const struct secagg_session *s, size_t owner, enum secagg_half half,
                               const struct shamir_share *share, uint8_t out[HASH_BYTES])
{
    struct buf context CLEANUP(buf_free) = buf_make(INFO_BYTES);
    secagg_code_put_label(&context, half == SECAGG_SELF ? "self" : "pair");
    buf_add(&context, s->id, HASH_BYTES);
    secagg_code_put(&context, id_at(s, owner), ID_BYTES);
    TRY(buf_err(&context));
    return shamir_commit(share, buf_bytes(&context), out);
}

enum err secagg_session_commit_seed(const struct secagg_session *s, size_t owner,
                                    const uint8_t seed[SHAMIR_SECRET_BYTES], uint8_t out[HASH_BYTES])
{
    return derive(s, "seed commitment", bytes_of(seed, SHAMIR_SECRET_BYTES), id_at(s, owner), id_at(s, owner), out);
}
