/*
 * secure_party -- one trainer of a secure sum as a process would be: what it
 * is told and what it says are bytes, it makes its session itself, and when it
 * is killed only what it stored is left.
 */
#pragma once
#include "common/base/rng.h"
#include "common/privacy/secagg_client.h"

struct party {
    uint32_t id;
    const struct sign_key *key;
    const struct secagg_roster *roster;
    const uint8_t *coordinator; /* its signing key */
    struct secagg_policy policy;
    struct rng *rng;
    /* stored */
    struct secagg_seen seen;
    struct buf decisions;
    /* in memory only */
    struct secagg_header header;
    struct secagg_client *client;
    struct secagg_session *session;
};

void party_forget(struct party *p); /* killed: begins again with what it stored */
void party_fini(struct party *p);
int64_t party_number(uint32_t id, uint64_t round, size_t k); /* element k of its vector */

/* Each takes the coordinator's message and appends the answer; errors are those of secagg_client.h, ERR_PROTO for
 * bytes that are no such message, ERR_STATE when it remembers nothing of this round. */
enum err party_header(struct party *p, struct bytes header, const uint8_t *signature, struct buf *advert,
                      struct why *why);
enum err party_adverts(struct party *p, const struct buf *adverts, size_t n, struct buf *bundle, struct why *why);
enum err party_delivery(struct party *p, struct bytes delivery, struct buf *input, struct buf *packed, struct why *why);
enum err party_request(struct party *p, struct bytes request, struct buf *vote, struct why *why);
enum err party_votes(struct party *p, struct bytes request, const struct buf *votes, size_t n, struct buf *answer,
                     struct why *why); /* empty votes are left out */
