#include "tests/sim/secure_lab.h"
#include "tests/support/dice.h"
#include "tests/support/secagg_world.h"
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 24, BITS = 32, FIRST_ID = 3, ID_STEP = 10 };

static void must(enum err e)
{
    if (e != OK) abort();
}

typedef void each_buf(struct buf *b);
static void make(struct buf *b) { *b = buf_make(SECAGG_MESSAGE_MAX); }

static void for_bufs(struct lab *l, each_buf *act)
{
    struct buf *const rows[] = { l->advert, l->bundle, l->delivery, l->input, l->packed, l->vote, l->answer };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t i = 0; i < LAB_MEMBERS; i++) act(&rows[r][i]);
    act(&l->signed_header);
    act(&l->request);
}

static void enrol(struct lab *l, size_t i)
{
    must(sign_generate(dice_random, &l->rng, &l->keys[i]));
    l->members[i].id = FIRST_ID + ID_STEP * (uint32_t)i;
    memcpy(l->members[i].identity, l->keys[i].public_key, ED25519_KEY_BYTES);
    l->parties[i] = (struct party){ .id = l->members[i].id,
                                    .key = &l->keys[i],
                                    .roster = &l->roster,
                                    .coordinator = l->coordinator.public_key,
                                    .policy = { .cohort_min = SECAGG_COHORT_LEAST, .model_sha256 = { 7 } },
                                    .rng = &l->rng,
                                    .decisions = buf_make(SECAGG_MESSAGE_MAX) };
}

void lab_init(struct lab *l, size_t n, uint64_t seed)
{
    uint32_t threshold = (uint32_t)n / 2 + 1 < SECAGG_COHORT_LEAST ? SECAGG_COHORT_LEAST : (uint32_t)n / 2 + 1;
    memset(l, 0, sizeof *l);
    l->n = n;
    l->rng = rng_make(seed);
    must(sign_generate(dice_random, &l->rng, &l->coordinator));
    for (size_t i = 0; i < n; i++) enrol(l, i);
    l->roster = (struct secagg_roster){ l->members, n };
    l->header = (struct secagg_header){ .cohort = (uint32_t)n,
                                        .survivors = threshold,
                                        .threshold = threshold,
                                        .bits = BITS,
                                        .length = LENGTH,
                                        .scale = 1,
                                        .clip = 1,
                                        .model_sha256 = { 7 } };
    must(secagg_roster_hash(&l->roster, l->header.roster_sha256));
    for (size_t i = 0; i < n; i++) memcpy(l->parties[i].policy.roster_sha256, l->header.roster_sha256, HASH_BYTES);
    for_bufs(l, make);
}

static void forget(struct lab *l)
{
    secagg_server_drop(&l->server);
    secagg_session_drop(&l->session);
    l->server = NULL;
    l->session = NULL;
    l->arrived.n = 0;
    memset(l->gone, 0, sizeof l->gone);
    for_bufs(l, buf_clear);
}

void lab_fini(struct lab *l)
{
    forget(l);
    for_bufs(l, buf_free);
    for (size_t i = 0; i < l->n; i++) party_fini(&l->parties[i]);
}

enum err lab_sign(struct lab *l)
{
    buf_clear(&l->signed_header);
    TRY(secagg_header_encode(&l->header, &l->signed_header));
    return secagg_header_sign(&l->header, &l->coordinator, l->signature);
}

enum err lab_begin(struct lab *l)
{
    forget(l);
    l->header.round++;
    return lab_sign(l);
}

static enum err keys(struct lab *l, size_t i, struct why *why)
{
    return party_header(&l->parties[i], buf_bytes(&l->signed_header), l->signature, &l->advert[i], why);
}

static enum err shares(struct lab *l, size_t i, struct why *why)
{
    struct secagg_bundle bundle;
    TRY(party_adverts(&l->parties[i], l->advert, l->n, &l->bundle[i], why));
    TRY(secagg_bundle_parse(buf_bytes(&l->bundle[i]), &bundle));
    return secagg_server_take_bundle(l->server, &bundle, why);
}

static enum err inputs(struct lab *l, size_t i, struct why *why)
{
    struct secagg_delivery delivery;
    struct secagg_input input;
    enum err e = secagg_server_delivery(l->server, l->members[i].id, &delivery);
    if (e == ERR_ABSENT) return OK;
    TRY(e);
    TRY(secagg_delivery_encode(&delivery, &l->delivery[i]));
    TRY(party_delivery(&l->parties[i], buf_bytes(&l->delivery[i]), &l->input[i], &l->packed[i], why));
    TRY(secagg_input_parse(buf_bytes(&l->input[i]), &input));
    const struct bytes bytes = buf_bytes(&l->packed[i]);
    const struct secagg_packed packed = world_packed(&bytes);
    TRY(secagg_server_take_input(l->server, &input, &packed, why));
    l->arrived.ids[l->arrived.n++] = input.from;
    return OK;
}

static enum err votes(struct lab *l, size_t i, struct why *why)
{
    struct secagg_vote vote;
    TRY(party_request(&l->parties[i], buf_bytes(&l->request), &l->vote[i], why));
    TRY(secagg_vote_parse(buf_bytes(&l->vote[i]), &vote));
    return secagg_server_take_vote(l->server, &vote, why);
}

static enum err answers(struct lab *l, size_t i, struct why *why)
{
    struct secagg_answer answer CLEANUP(secagg_answer_wipe);
    TRY(party_votes(&l->parties[i], buf_bytes(&l->request), l->vote, l->n, &l->answer[i], why));
    lab_overhear(l, buf_bytes(&l->answer[i]));
    TRY(secagg_answer_parse(buf_bytes(&l->answer[i]), &answer));
    return secagg_server_take_answer(l->server, &answer, why);
}

/* What the coordinator does when the stage's messages are in. */
static enum err close_keys(struct lab *l, struct why *why)
{
    struct secagg_advert list[LAB_MEMBERS];
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->advert[i].n > 0) TRY(secagg_advert_parse(buf_bytes(&l->advert[i]), &list[n++]));
    TRY(secagg_session_new(&l->header, &l->roster, list, n, &l->session, why));
    return secagg_server_new(l->session, &l->server);
}
static enum err close_shares(struct lab *l, struct why *why) { return secagg_server_end_sharing(l->server, why); }
static enum err close_inputs(struct lab *l, struct why *why)
{
    struct secagg_request request;
    TRY(secagg_server_end_inputs(l->server, why));
    TRY(secagg_server_request(l->server, &request));
    return secagg_request_encode(&request, &l->request);
}
static enum err close_nothing(struct lab *l, struct why *why)
{
    (void)l, (void)why;
    return OK;
}

enum err lab_step(struct lab *l, enum lab_stage stage, struct why *why)
{
    static const struct {
        enum err (*part)(struct lab *l, size_t i, struct why *why);
        enum err (*close)(struct lab *l, struct why *why);
    } rows[LAB_STAGES] = {
        [LAB_KEYS] = { keys, close_keys },          [LAB_SHARES] = { shares, close_shares },
        [LAB_INPUTS] = { inputs, close_inputs },    [LAB_VOTES] = { votes, close_nothing },
        [LAB_ANSWERS] = { answers, close_nothing },
    };
    for (size_t i = 0; i < l->n; i++)
        if (!l->gone[i]) TRY(rows[stage].part(l, i, why));
    return rows[stage].close(l, why);
}

enum err lab_until(struct lab *l, enum lab_stage stage, struct why *why)
{
    for (int s = LAB_KEYS; s < (int)stage; s++) TRY(lab_step(l, (enum lab_stage)s, why));
    return OK;
}

enum err lab_finish(struct lab *l, bool *exact, struct why *why)
{
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
    size_t wrong = 0;
    *exact = false;
    TRY(secagg_server_finish(l->server, &sum, why));
    for (size_t k = 0; k < sum.n; k++) {
        int64_t expected = 0;
        for (size_t i = 0; i < l->arrived.n; i++) expected += party_number(l->arrived.ids[i], l->header.round, k);
        wrong += secagg_vec_get(&sum, k) != expected;
    }
    *exact = wrong == 0 && sum.n == l->header.length;
    return OK;
}

void lab_overhear(struct lab *l, struct bytes bytes)
{
    struct secagg_answer answer CLEANUP(secagg_answer_wipe);
    must(secagg_answer_parse(bytes, &answer));
    if (memcmp(l->told.session, answer.session, HASH_BYTES) != 0) memset(&l->told, 0, sizeof l->told);
    memcpy(l->told.session, answer.session, HASH_BYTES);
    size_t from = (answer.from - FIRST_ID) / ID_STEP;
    for (size_t k = 0; k < answer.n; k++) {
        unsigned *halves = &l->told.halves[from][(answer.shares[k].about - FIRST_ID) / ID_STEP];
        unsigned half = 1u << answer.shares[k].half;
        l->second_halves += *halves != 0 && *halves != half;
        *halves |= half;
    }
}
