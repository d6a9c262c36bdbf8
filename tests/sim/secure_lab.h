/*
 * secure_lab -- a coordinator and its secure_party trainers, stage by stage,
 * every message as bytes, with somebody who reads all answers that leave and
 * notes whether both halves of a secret were ever told by one holder.
 */
#pragma once
#include "common/privacy/secagg_server.h"
#include "tests/sim/secure_party.h"

enum { LAB_MEMBERS = 8 };
enum lab_stage { LAB_KEYS, LAB_SHARES, LAB_INPUTS, LAB_VOTES, LAB_ANSWERS, LAB_STAGES };

struct lab_told { /* of one session: which halves of whom each holder told */
    uint8_t session[HASH_BYTES];
    unsigned halves[LAB_MEMBERS][LAB_MEMBERS];
};
struct lab {
    size_t n;
    struct rng rng;
    struct sign_key coordinator;
    struct sign_key keys[LAB_MEMBERS];
    struct secagg_member members[LAB_MEMBERS];
    struct secagg_roster roster;
    struct party parties[LAB_MEMBERS];
    struct secagg_header header;
    struct lab_told told;
    unsigned second_halves; /* how often one holder told both halves of one secret */
    /* of the round under way */
    bool gone[LAB_MEMBERS]; /* takes no further part */
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct secagg_session *session;
    struct secagg_server *server;
    struct secagg_set arrived; /* whose vectors the coordinator has */
    struct buf signed_header, request;
    struct buf advert[LAB_MEMBERS], bundle[LAB_MEMBERS], delivery[LAB_MEMBERS], input[LAB_MEMBERS];
    struct buf packed[LAB_MEMBERS], vote[LAB_MEMBERS], answer[LAB_MEMBERS];
};

void lab_init(struct lab *l, size_t n, uint64_t seed); /* ends the process without memory */
void lab_fini(struct lab *l);

/* Signs the header of the next round and forgets the round before. */
enum err lab_begin(struct lab *l);
enum err lab_sign(struct lab *l); /* the header as it stands */

/* One stage for all who are not gone; the first error of whomever. */
enum err lab_step(struct lab *l, enum lab_stage stage, struct why *why);
enum err lab_until(struct lab *l, enum lab_stage stage, struct why *why); /* all before this one */
/* The coordinator's part of the stage's end alone: is the sum right?  secagg_server_finish's errors. */
enum err lab_finish(struct lab *l, bool *exact, struct why *why);

void lab_overhear(struct lab *l, struct bytes answer); /* what left a trainer */
