#include "tests/sim/secure_party.h"
#include "tests/support/dice.h"

enum { PEERS_MAX = 16 };

void party_forget(struct party *p)
{
    secagg_client_drop(&p->client);
    secagg_session_drop(&p->session);
    p->client = NULL;
    p->session = NULL;
}

void party_fini(struct party *p)
{
    party_forget(p);
    buf_free(&p->decisions);
}

int64_t party_number(uint32_t id, uint64_t round, size_t k)
{
    struct rng r = rng_make(round * 1000003 + (uint64_t)id * 1009 + k);
    return (int64_t)rng_below(&r, 2000001) - 1000000;
}

enum err party_header(struct party *p, struct bytes header, const uint8_t *signature, struct buf *advert,
                      struct why *why)
{
    struct secagg_header h;
    struct secagg_advert mine;
    struct secagg_seen seen = p->seen;
    struct secagg_client *client = NULL;
    TRY(secagg_header_parse(header, &h));
    TRY(secagg_header_verify(&h, p->coordinator, signature));
    TRY(secagg_seen_admit(&seen, &h, why));
    TRY(secagg_client_new(&h, &p->policy, p->key, p->id, dice_random, p->rng, &client, why));
    party_forget(p);
    if (seen.round != p->seen.round) buf_clear(&p->decisions);
    p->client = client;
    p->seen = seen;
    p->header = h;
    secagg_client_advert(p->client, &mine);
    return secagg_advert_encode(&mine, advert);
}

enum err party_adverts(struct party *p, const struct buf *adverts, size_t n, struct buf *bundle, struct why *why)
{
    struct secagg_advert list[PEERS_MAX];
    struct secagg_bundle mine;
    size_t count = 0;
    if (p->client == NULL || p->session != NULL) return ERR_STATE;
    for (size_t i = 0; i < n && count < PEERS_MAX; i++)
        if (adverts[i].n > 0) TRY(secagg_advert_parse(buf_bytes(&adverts[i]), &list[count++]));
    TRY(secagg_session_new(&p->header, p->roster, list, count, &p->session, why));
    TRY(secagg_client_join(p->client, p->session, why));
    TRY(secagg_client_share(p->client, dice_random, p->rng, &mine, why));
    return secagg_bundle_encode(&mine, bundle);
}

enum err party_delivery(struct party *p, struct bytes delivery, struct buf *input, struct buf *packed, struct why *why)
{
    struct secagg_delivery told;
    struct secagg_input mine;
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    uint8_t sha256[HASH_BYTES];
    if (p->session == NULL) return ERR_STATE;
    TRY(secagg_delivery_parse(delivery, &told));
    TRY(secagg_client_receive(p->client, &told, why));
    struct secagg_masker *masker CLEANUP(secagg_masker_drop) = NULL;
    TRY(secagg_vec_init(&v, p->header.bits, p->header.length));
    for (size_t k = 0; k < v.n; k++) secagg_vec_put(&v, k, party_number(p->id, p->header.round, k));
    TRY(secagg_client_masker(p->client, &masker));
    TRY(secagg_masker_apply(masker, &v));
    TRY(secagg_vec_pack(&v, 0, v.n, packed));
    TRY(hash_of(buf_bytes(packed), sha256));
    TRY(secagg_client_input(p->client, sha256, &mine));
    p->seen.answered = true;
    return secagg_input_encode(&mine, input);
}

enum err party_request(struct party *p, struct bytes request, struct buf *vote, struct why *why)
{
    struct secagg_request asked;
    struct secagg_vote mine;
    if (p->session == NULL) return ERR_STATE;
    TRY(secagg_request_parse(request, &asked));
    TRY(secagg_client_vote(p->client, &asked, &mine, why));
    return secagg_vote_encode(&mine, vote);
}

enum err party_votes(struct party *p, struct bytes request, const struct buf *votes, size_t n, struct buf *answer,
                     struct why *why)
{
    struct secagg_request asked;
    struct secagg_vote list[PEERS_MAX];
    struct secagg_decisions decisions = { .n = 0 };
    struct secagg_answer mine CLEANUP(secagg_answer_wipe) = { .n = 0 };
    size_t count = 0;
    if (p->session == NULL) return ERR_STATE;
    TRY(secagg_request_parse(request, &asked));
    for (size_t i = 0; i < n && count < PEERS_MAX; i++)
        if (votes[i].n > 0) TRY(secagg_vote_parse(buf_bytes(&votes[i]), &list[count++]));
    if (p->decisions.n > 0) TRY(secagg_decisions_parse(buf_bytes(&p->decisions), &decisions));
    TRY(secagg_client_answer(p->client, &asked, list, count, &decisions, &mine, why));
    buf_clear(&p->decisions);
    TRY(secagg_decisions_encode(&decisions, &p->decisions));
    return secagg_answer_encode(&mine, answer);
}
