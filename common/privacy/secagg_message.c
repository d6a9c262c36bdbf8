#include "common/privacy/secagg_message.h"
#include "common/base/secret.h"
#include "common/privacy/secagg_code.h"
#include <string.h>

/* A message is its label, its body and, where it has one, its signature; what is signed is label and body. */
struct kind {
    const char *label; /* and the purpose of its signature */
    size_t size;       /* of the struct */
    size_t signature;  /* offset in it; 0: none */
    void (*put)(const void *message, struct buf *out);
    void (*get)(struct secagg_code *c, void *message);
};
enum { ID_BYTES = 4, COUNT_BYTES = 2, HALF_BYTES = 1 };

static void put_id(struct buf *out, uint32_t id) { secagg_code_put(out, id, ID_BYTES); }
static uint32_t get_id(struct secagg_code *c) { return (uint32_t)secagg_code_get(c, ID_BYTES); }
static void put_count(struct buf *out, size_t n) { secagg_code_put(out, n, COUNT_BYTES); }
static void put_hash(struct buf *out, const uint8_t hash[HASH_BYTES]) { buf_add(out, hash, HASH_BYTES); }
static void get_hash(struct secagg_code *c, uint8_t out[HASH_BYTES]) { secagg_code_get_bytes(c, out, HASH_BYTES); }

static void put_set(struct buf *out, const struct secagg_set *set)
{
    put_count(out, set->n);
    for (size_t i = 0; i < set->n; i++) put_id(out, set->ids[i]);
}

static void get_set(struct secagg_code *c, struct secagg_set *out)
{
    out->n = secagg_code_get_count(c, SECAGG_MEMBERS_MAX);
    for (size_t i = 0; i < out->n && !c->bad; i++) out->ids[i] = get_id(c);
    if (!secagg_set_ascends(out)) c->bad = true;
}

static void put_advert(const void *message, struct buf *out)
{
    const struct secagg_advert *m = message;
    put_id(out, m->from);
    put_hash(out, m->header_sha256);
    buf_add(out, m->channel_key, X25519_BYTES);
    buf_add(out, m->mask_key, X25519_BYTES);
}

static void get_advert(struct secagg_code *c, void *message)
{
    struct secagg_advert *m = message;
    m->from = get_id(c);
    get_hash(c, m->header_sha256);
    secagg_code_get_bytes(c, m->channel_key, X25519_BYTES);
    secagg_code_get_bytes(c, m->mask_key, X25519_BYTES);
}

/* The end that all shares of a list have in common is said once. */
static void put_sealed(const struct secagg_sealed *s, uint32_t other_end, struct buf *out)
{
    put_id(out, other_end);
    put_hash(out, s->self_commit);
    put_hash(out, s->pair_commit);
    buf_add(out, s->sealed, SECAGG_SEALED_BYTES);
}

static uint32_t get_sealed(struct secagg_code *c, struct secagg_sealed *s)
{
    uint32_t other_end = get_id(c);
    get_hash(c, s->self_commit);
    get_hash(c, s->pair_commit);
    secagg_code_get_bytes(c, s->sealed, SECAGG_SEALED_BYTES);
    return other_end;
}

static void put_bundle(const void *message, struct buf *out)
{
    const struct secagg_bundle *m = message;
    put_hash(out, m->session);
    put_id(out, m->from);
    put_hash(out, m->seed_commit);
    put_count(out, m->n);
    for (size_t i = 0; i < m->n; i++) put_sealed(&m->shares[i], m->shares[i].to, out);
}

static void get_bundle(struct secagg_code *c, void *message)
{
    struct secagg_bundle *m = message;
    get_hash(c, m->session);
    m->from = get_id(c);
    get_hash(c, m->seed_commit);
    m->n = secagg_code_get_count(c, SECAGG_HOLDERS_MAX);
    for (size_t i = 0; i < m->n; i++) {
        m->shares[i].from = m->from;
        m->shares[i].to = get_sealed(c, &m->shares[i]);
        if (i > 0 && m->shares[i - 1].to >= m->shares[i].to) c->bad = true;
    }
}

static void put_delivery(const void *message, struct buf *out)
{
    const struct secagg_delivery *m = message;
    put_hash(out, m->session);
    put_id(out, m->to);
    put_set(out, &m->sharers);
    put_count(out, m->n);
    for (size_t i = 0; i < m->n; i++) put_sealed(&m->shares[i], m->shares[i].from, out);
}

static void get_delivery(struct secagg_code *c, void *message)
{
    struct secagg_delivery *m = message;
    get_hash(c, m->session);
    m->to = get_id(c);
    get_set(c, &m->sharers);
    m->n = secagg_code_get_count(c, SECAGG_HOLDERS_MAX);
    for (size_t i = 0; i < m->n; i++) {
        m->shares[i].to = m->to;
        m->shares[i].from = get_sealed(c, &m->shares[i]);
        if (i > 0 && m->shares[i - 1].from >= m->shares[i].from) c->bad = true;
    }
}

static void put_input(const void *message, struct buf *out)
{
    const struct secagg_input *m = message;
    put_hash(out, m->session);
    put_id(out, m->from);
    put_hash(out, m->sha256);
}

static void get_input(struct secagg_code *c, void *message)
{
    struct secagg_input *m = message;
    get_hash(c, m->session);
    m->from = get_id(c);
    get_hash(c, m->sha256);
}

static void put_request(const void *message, struct buf *out)
{
    const struct secagg_request *m = message;
    put_hash(out, m->session);
    put_set(out, &m->survivors);
    put_set(out, &m->dropped);
}

static void get_request(struct secagg_code *c, void *message)
{
    struct secagg_request *m = message;
    get_hash(c, m->session);
    get_set(c, &m->survivors);
    get_set(c, &m->dropped);
}

static void put_vote(const void *message, struct buf *out)
{
    const struct secagg_vote *m = message;
    put_hash(out, m->session);
    put_id(out, m->from);
    put_hash(out, m->view);
}

static void get_vote(struct secagg_code *c, void *message)
{
    struct secagg_vote *m = message;
    get_hash(c, m->session);
    m->from = get_id(c);
    get_hash(c, m->view);
}

static void put_answer(const void *message, struct buf *out)
{
    const struct secagg_answer *m = message;
    put_hash(out, m->session);
    put_id(out, m->from);
    put_count(out, m->n);
    for (size_t i = 0; i < m->n; i++) {
        put_id(out, m->shares[i].about);
        secagg_code_put(out, (uint64_t)m->shares[i].half, HALF_BYTES);
        buf_add(out, m->shares[i].value, SHAMIR_SECRET_BYTES);
    }
}

static void get_answer(struct secagg_code *c, void *message)
{
    struct secagg_answer *m = message;
    get_hash(c, m->session);
    m->from = get_id(c);
    m->n = secagg_code_get_count(c, SECAGG_HOLDERS_MAX);
    for (size_t i = 0; i < m->n; i++) {
        m->shares[i].about = get_id(c);
        m->shares[i].half = (enum secagg_half)secagg_code_get(c, HALF_BYTES);
        secagg_code_get_bytes(c, m->shares[i].value, SHAMIR_SECRET_BYTES);
        if (m->shares[i].half >= SECAGG_HALVES) c->bad = true;
        if (i > 0 && m->shares[i - 1].about >= m->shares[i].about) c->bad = true;
    }
}

/* clang-format off */
static const struct kind advert_kind = { "himas secagg advert 1", sizeof(struct secagg_advert), offsetof(struct secagg_advert, signature), put_advert, get_advert };
static const struct kind bundle_kind = { "himas secagg bundle 1", sizeof(struct secagg_bundle), offsetof(struct secagg_bundle, signature), put_bundle, get_bundle };
static const struct kind delivery_kind = { "himas secagg delivery 1", sizeof(struct secagg_delivery), 0, put_delivery, get_delivery };
static const struct kind input_kind = { "himas secagg input 1", sizeof(struct secagg_input), offsetof(struct secagg_input, signature), put_input, get_input };
static const struct kind request_kind = { "himas secagg request 1", sizeof(struct secagg_request), 0, put_request, get_request };
static const struct kind vote_kind = { "himas secagg vote 1", sizeof(struct secagg_vote), offsetof(struct secagg_vote, signature), put_vote, get_vote };
static const struct kind answer_kind = { "himas secagg answer 1", sizeof(struct secagg_answer), offsetof(struct secagg_answer, signature), put_answer, get_answer };
/* clang-format on */

static void put(const struct kind *k, const void *message, struct buf *out)
{
    secagg_code_put_label(out, k->label);
    k->put(message, out);
}

static enum err encode(const struct kind *k, const void *message, struct buf *out)
{
    put(k, message, out);
    if (k->signature > 0) buf_add(out, (const uint8_t *)message + k->signature, ED25519_SIGNATURE_BYTES);
    return buf_err(out);
}

static enum err parse(const struct kind *k, struct bytes in, void *message)
{
    struct secagg_code c = { .rest = in };
    memset(message, 0, k->size);
    secagg_code_get_label(&c, k->label);
    k->get(&c, message);
    if (k->signature > 0) secagg_code_get_bytes(&c, (uint8_t *)message + k->signature, ED25519_SIGNATURE_BYTES);
    return secagg_code_end(&c);
}

static enum err sign(const struct kind *k, void *message, const struct sign_key *key)
{
    struct buf body CLEANUP(secret_buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    put(k, message, &body);
    TRY(buf_err(&body));
    return sign_statement(key, str_of(k->label), buf_bytes(&body), (uint8_t *)message + k->signature);
}

static enum err verify(const struct kind *k, const void *message, const uint8_t identity[ED25519_KEY_BYTES])
{
    struct buf body CLEANUP(secret_buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    put(k, message, &body);
    TRY(buf_err(&body));
    return sign_verify(identity, str_of(k->label), buf_bytes(&body), (const uint8_t *)message + k->signature);
}

enum err secagg_advert_encode(const struct secagg_advert *m, struct buf *out) { return encode(&advert_kind, m, out); }

enum err secagg_advert_parse(struct bytes in, struct secagg_advert *out)
{
    struct secagg_advert m;
    TRY(parse(&advert_kind, in, &m));
    *out = m;
    return OK;
}

enum err secagg_advert_sign(struct secagg_advert *m, const struct sign_key *key) { return sign(&advert_kind, m, key); }

enum err secagg_advert_verify(const struct secagg_advert *m, const uint8_t identity[ED25519_KEY_BYTES])
{
    return verify(&advert_kind, m, identity);
}

enum err secagg_bundle_encode(const struct secagg_bundle *m, struct buf *out) { return encode(&bundle_kind, m, out); }

enum err secagg_bundle_parse(struct bytes in, struct secagg_bundle *out)
{
    struct secagg_bundle m;
    TRY(parse(&bundle_kind, in, &m));
    *out = m;
    return OK;
}

enum err secagg_bundle_sign(struct secagg_bundle *m, const struct sign_key *key) { return sign(&bundle_kind, m, key); }

enum err secagg_bundle_verify(const struct secagg_bundle *m, const uint8_t identity[ED25519_KEY_BYTES])
{
    return verify(&bundle_kind, m, identity);
}

enum err secagg_delivery_encode(const struct secagg_delivery *m, struct buf *out)
{
    return encode(&delivery_kind, m, out);
}

enum err secagg_delivery_parse(struct bytes in, struct secagg_delivery *out)
{
    struct secagg_delivery m;
    TRY(parse(&delivery_kind, in, &m));
    *out = m;
    return OK;
}

enum err secagg_input_encode(const struct secagg_input *m, struct buf *out) { return encode(&input_kind, m, out); }

enum err secagg_input_parse(struct bytes in, struct secagg_input *out)
{
    struct secagg_input m;
    TRY(parse(&input_kind, in, &m));
    *out = m;
    return OK;
}

enum err secagg_input_sign(struct secagg_input *m, const struct sign_key *key) { return sign(&input_kind, m, key); }

enum err secagg_input_verify(const struct secagg_input *m, const uint8_t identity[ED25519_KEY_BYTES])
{
    return verify(&input_kind, m, identity);
}

enum err secagg_request_encode(const struct secagg_request *m, struct buf *out)
{
    return encode(&request_kind, m, out);
}

enum err secagg_request_parse(struct bytes in, struct secagg_request *out)
{
    struct secagg_request m;
    TRY(parse(&request_kind, in, &m));
    *out = m;
    return OK;
}

enum err secagg_vote_encode(const struct secagg_vote *m, struct buf *out) { return encode(&vote_kind, m, out); }

enum err secagg_vote_parse(struct bytes in, struct secagg_vote *out)
{
    struct secagg_vote m;
    TRY(parse(&vote_kind, in, &m));
    *out = m;
    return OK;
}

enum err secagg_vote_sign(struct secagg_vote *m, const struct sign_key *key) { return sign(&vote_kind, m, key); }

enum err secagg_vote_verify(const struct secagg_vote *m, const uint8_t identity[ED25519_KEY_BYTES])
{
    return verify(&vote_kind, m, identity);
}

enum err secagg_answer_encode(const struct secagg_answer *m, struct buf *out) { return encode(&answer_kind, m, out); }

enum err secagg_answer_parse(struct bytes in, struct secagg_answer *out)
{
    struct secagg_answer m;
    TRY(parse(&answer_kind, in, &m));
    *out = m;
    return OK;
}

enum err secagg_answer_sign(struct secagg_answer *m, const struct sign_key *key) { return sign(&answer_kind, m, key); }

enum err secagg_answer_verify(const struct secagg_answer *m, const uint8_t identity[ED25519_KEY_BYTES])
{
    return verify(&answer_kind, m, identity);
}

enum err secagg_request_hash(const struct secagg_request *r, const uint8_t model_sha256[HASH_BYTES],
                             uint8_t out[HASH_BYTES])
{
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    secagg_code_put_label(&bytes, "himas secagg view 1");
    put_hash(&bytes, model_sha256);
    put(&request_kind, r, &bytes);
    TRY(buf_err(&bytes));
    return hash_of(buf_bytes(&bytes), out);
}

void secagg_answer_wipe(struct secagg_answer *a)
{
    if (a != NULL) secret_wipe(a, sizeof *a);
}
