/*
 * secagg -- secure aggregation: a coordinator learns the sum of the trainers'
 * vectors and nothing else of them (Bonawitz et al. 2017, "Practical secure
 * aggregation for privacy-preserving machine learning"; neighbour graphs after
 * Bell et al. 2020).  This family of headers is its arithmetic: no messages are
 * sent here and nothing is stored.
 *
 *   0 header    the coordinator signs what the round is        secagg_header.h
 *   1 advert    each trainer signs two fresh X25519 keys       secagg_message.h
 *               all adverts together are the session           secagg_session.h
 *   2 bundle    shares of the trainer's two secrets, each      secagg_client.h
 *               sealed for one holder
 *   3 input     the masked vector's hash, signed
 *   4 vote      the trainers sign who they were told survived
 *   5 answer    of each peer ONE share: of the survivor's own
 *               mask, or of the dropped one's pairwise masks
 *               ... and the coordinator's side of 1 to 5       secagg_server.h
 *
 * A vector is masked by PRG(own seed) and, for each peer of the graph, by a
 * stream both can compute; those of two survivors cancel.  Survivors' own masks
 * and dropped trainers' pairwise masks are taken off with what threshold many
 * holders answer.  Who could get both halves of one trainer could read its
 * vector: so a trainer answers one half of each peer, ever, and 2 threshold is
 * above the number of holders and adversaries together, so that not even two
 * different stories told to two sets of trainers get both.
 *
 * Streams are keyed by session and MODEL HASH: masks of trainers who were given
 * different models do not cancel (Pasquini, Francati & Ateniese 2022, arXiv
 * 2111.07380).
 *
 * WHAT IT DOES NOT GIVE: a sum of few is near to each of them, and differences
 * of sums over changing cohorts are sums of few: use it with noise (ddgauss.h),
 * and answer one round once.  A trainer who lies about its vector or its shares
 * spoils the sum; it does not learn another's.
 *
 * Members are named by their number in the roster, which the header's hash
 * fixes.  All lists of members are strictly ascending.
 */
#pragma once
#include "common/crypto/ed25519.h"
#include "common/crypto/hash.h"

enum {
    SECAGG_MEMBERS_MAX = 1024,
    SECAGG_HOLDERS_MAX = 255,   /* of one secret: shamir.h's places */
    SECAGG_COHORT_LEAST = 3,    /* of two, each can subtract itself; no policy goes below */
    SECAGG_HONEST_LEAST = 2,    /* from one's sum adversaries subtract themselves; what is left must be of two */
    SECAGG_ABSENT = UINT16_MAX, /* no place in a list */
};

struct secagg_member {
    uint32_t id;
    uint8_t identity[ED25519_KEY_BYTES]; /* enrolled signing key */
};
struct secagg_roster {
    const struct secagg_member *members; /* ascending ids; borrowed */
    size_t n;
};
struct secagg_set {
    size_t n;
    uint32_t ids[SECAGG_MEMBERS_MAX];
};

/* NULL when nobody has that number. */
const struct secagg_member *secagg_roster_find(const struct secagg_roster *roster, uint32_t id);

/* SHA-256 of numbers and keys.  ERR_INPUT when the numbers do not ascend, a key stands twice, there are no members or
 * more than SECAGG_MEMBERS_MAX; ERR_MEMORY. */
enum err secagg_roster_hash(const struct secagg_roster *roster, uint8_t out[HASH_BYTES]) MUST_USE;

bool secagg_set_ascends(const struct secagg_set *set); /* and holds no more than it may */
bool secagg_set_has(const struct secagg_set *set, uint32_t id);
