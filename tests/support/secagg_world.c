#include "tests/support/secagg_world.h"
#include "tests/support/dice.h"
#include <stdlib.h>
#include <string.h>

static void *need(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (p == NULL) abort();
    return p;
}

static void must(enum err e)
{
    if (e != OK) abort();
}

uint32_t world_id(size_t i) { return 10 * (uint32_t)i + 3; }

struct world_plan world_plan_of(uint32_t n, uint32_t adversaries)
{
    uint32_t t = (n + adversaries) / 2 + 1;
    return (struct world_plan){ n, adversaries, t < SECAGG_COHORT_LEAST ? SECAGG_COHORT_LEAST : t, 0, t, 32, 20 };
}

void world_init(struct world *w, const struct world_plan *plan, uint64_t seed)
{
    *w = (struct world){ .rng = rng_make(seed) };
    w->members = need(plan->n, sizeof *w->members);
    w->identities = need(plan->n, sizeof *w->identities);
    w->adverts = need(plan->n, sizeof *w->adverts);
    w->clients = need(plan->n, sizeof(struct secagg_client *));
    for (size_t i = 0; i < plan->n; i++) {
        must(sign_generate(dice_random, &w->rng, &w->identities[i]));
        w->members[i].id = world_id(i);
        memcpy(w->members[i].identity, w->identities[i].public_key, ED25519_KEY_BYTES);
    }
    w->roster = (struct secagg_roster){ w->members, plan->n };
    w->header = (struct secagg_header){ .round = 1,
                                        .cohort = plan->n,
                                        .survivors = plan->survivors,
                                        .adversaries = plan->adversaries,
                                        .degree = plan->degree,
                                        .threshold = plan->threshold,
                                        .bits = plan->bits,
                                        .length = plan->length,
                                        .scale = 1,
                                        .clip = 1,
                                        .model_sha256 = { 7 } };
    must(secagg_roster_hash(&w->roster, w->header.roster_sha256));
    w->policy = (struct secagg_policy){ .cohort_min = SECAGG_COHORT_LEAST, .model_sha256 = { 7 } };
    memcpy(w->policy.roster_sha256, w->header.roster_sha256, HASH_BYTES);
}

void world_fini(struct world *w)
{
    secagg_server_free(w->server);
    for (size_t i = 0; i < w->roster.n; i++) secagg_client_free(w->clients[i]);
    secagg_session_free(w->session);
    free(w->adverts);
    free(w->clients);
    free(w->identities);
    free(w->members);
    *w = (struct world){ .header = { .round = 0 } };
}

/* Such that all of them, at their largest, just fit the ring. */
int64_t world_number(const struct world *w, size_t i, size_t k)
{
    if (w->numbers) return w->numbers[i * w->header.length + k];
    uint64_t most = (((uint64_t)1 << (w->header.bits - 1)) - 1) / w->roster.n;
    struct rng r = rng_make(i * 1000003 + k);
    uint64_t x = k < 2 ? most : rng_below(&r, most + 1);
    return k % 2 == 0 ? (int64_t)x : -(int64_t)x;
}

static bool is_there(const struct world *w, size_t i, enum world_drop stage)
{
    return w->clients[i] != NULL && (w->drops == NULL || w->drops[i] > stage);
}

enum err world_open(struct world *w, struct why *why)
{
    size_t n = 0;
    for (size_t i = 0; i < w->roster.n; i++) {
        if (w->drops != NULL && w->drops[i] == WORLD_ADVERT) continue;
        TRY(secagg_client_new(&w->header, &w->policy, &w->identities[i], world_id(i), dice_random, &w->rng,
                              &w->clients[i], why));
        secagg_client_advert(w->clients[i], &w->adverts[n++]);
    }
    TRY(secagg_session_new(&w->header, &w->roster, w->adverts, n, &w->session, why));
    for (size_t i = 0; i < w->roster.n; i++)
        if (w->clients[i] != NULL) TRY(secagg_client_join(w->clients[i], w->session, why));
    return secagg_server_new(w->session, &w->server);
}

enum err world_bundle(struct world *w, size_t i, struct secagg_bundle *out, struct why *why)
{
    return secagg_client_share(w->clients[i], dice_random, &w->rng, out, why);
}

enum err world_share(struct world *w, struct why *why)
{
    for (size_t i = 0; i < w->roster.n; i++) {
        struct secagg_bundle bundle;
        if (!is_there(w, i, WORLD_SHARE)) continue;
        TRY(world_bundle(w, i, &bundle, why));
        TRY(secagg_server_take_bundle(w->server, &bundle, why));
    }
    TRY(secagg_server_end_sharing(w->server, why));
    for (size_t i = 0; i < w->roster.n; i++) {
        struct secagg_delivery delivery;
        if (!is_there(w, i, WORLD_SHARE)) continue;
        TRY(secagg_server_delivery(w->server, world_id(i), &delivery));
        TRY(secagg_client_receive(w->clients[i], &delivery, why));
    }
    return OK;
}

enum err world_vector(struct world *w, size_t i, struct secagg_input *out, struct buf *packed)
{
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    uint8_t sha256[HASH_BYTES];
    struct secagg_masker *masker CLEANUP(secagg_masker_drop) = NULL;
    TRY(secagg_vec_init(&v, w->header.bits, w->header.length));
    for (size_t k = 0; k < v.n; k++) secagg_vec_put(&v, k, world_number(w, i, k));
    TRY(secagg_client_masker(w->clients[i], &masker));
    TRY(secagg_masker_apply(masker, &v));
    TRY(secagg_vec_pack(&v, 0, v.n, packed));
    TRY(hash_of(buf_bytes(packed), sha256));
    return secagg_client_input(w->clients[i], sha256, out);
}

static enum err read_bytes(const void *from, uint64_t at, size_t n, uint8_t *out)
{
    const struct bytes *b = from;
    if (at > b->n || n > b->n - at) return ERR_INPUT;
    memcpy(out, b->p + at, n);
    return OK;
}

struct secagg_packed world_packed(const struct bytes *b) { return (struct secagg_packed){ b->n, read_bytes, b }; }

enum err world_input(struct world *w, struct why *why)
{
    struct buf packed CLEANUP(buf_free) = buf_make(SIZE_MAX / 2);
    for (size_t i = 0; i < w->roster.n; i++) {
        struct secagg_input input;
        if (!is_there(w, i, WORLD_INPUT)) continue;
        buf_clear(&packed);
        TRY(world_vector(w, i, &input, &packed));
        const struct bytes bytes = buf_bytes(&packed);
        const struct secagg_packed in = world_packed(&bytes);
        TRY(secagg_server_take_input(w->server, &input, &in, why));
    }
    return secagg_server_end_inputs(w->server, why);
}

enum err world_vote(struct world *w, struct why *why)
{
    struct secagg_request request;
    TRY(secagg_server_request(w->server, &request));
    for (size_t i = 0; i < w->roster.n; i++) {
        struct secagg_vote vote;
        if (!is_there(w, i, WORLD_VOTE)) continue;
        TRY(secagg_client_vote(w->clients[i], &request, &vote, why));
        TRY(secagg_server_take_vote(w->server, &vote, why));
    }
    return OK;
}

enum err world_answer(struct world *w, struct why *why)
{
    struct secagg_request request;
    size_t n = 0;
    const struct secagg_vote *votes = secagg_server_votes(w->server, &n);
    TRY(secagg_server_request(w->server, &request));
    for (size_t i = 0; i < w->roster.n; i++) {
        struct secagg_decisions decisions = { .n = 0 };
        struct secagg_answer answer;
        if (!is_there(w, i, WORLD_ANSWER)) continue;
        TRY(secagg_client_answer(w->clients[i], &request, votes, n, &decisions, &answer, why));
        TRY(secagg_server_take_answer(w->server, &answer, why));
    }
    return OK;
}

enum err world_run(struct world *w, struct secagg_vec *out, struct why *why)
{
    TRY(world_open(w, why));
    TRY(world_share(w, why));
    TRY(world_input(w, why));
    TRY(world_vote(w, why));
    TRY(world_answer(w, why));
    return secagg_server_finish(w->server, out, why);
}

bool world_is_sum(const struct world *w, const struct secagg_vec *v)
{
    size_t wrong = 0;
    for (size_t k = 0; k < v->n; k++) {
        int64_t sum = 0;
        for (size_t i = 0; i < w->roster.n; i++)
            if (is_there(w, i, WORLD_INPUT)) sum += world_number(w, i, k);
        wrong += secagg_vec_get(v, k) != sum;
    }
    return wrong == 0 && v->n == w->header.length;
}
