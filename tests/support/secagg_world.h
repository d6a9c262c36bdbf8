/*
 * secagg_world -- a whole round of secure aggregation in one process, with
 * members who vanish when they are told to.
 *
 * All clients share one session, which in life each makes for itself.
 */
#pragma once
#include "common/base/rng.h"
#include "common/privacy/secagg_client.h"
#include "common/privacy/secagg_server.h"

enum world_drop { /* the member does not ... */
                  WORLD_ADVERT,
                  WORLD_SHARE,
                  WORLD_INPUT,
                  WORLD_VOTE,
                  WORLD_ANSWER,
                  WORLD_NEVER,
};
struct world_plan {
    uint32_t n;
    uint32_t adversaries;
    uint32_t survivors;
    uint32_t degree;
    uint32_t threshold;
    unsigned bits;
    uint32_t length;
};
struct world {
    struct rng rng;
    struct secagg_header header;
    struct secagg_policy policy;
    struct secagg_roster roster;
    struct secagg_member *members; /* member i has the number 10 i + 3 */
    struct sign_key *identities;
    struct secagg_advert *adverts;
    struct secagg_client **clients; /* NULL: not there */
    struct secagg_session *session;
    struct secagg_server *server;
    const enum world_drop *drops; /* NULL: nobody */
    const int64_t *numbers;       /* of all vectors, one after another; NULL: some that just fit */
};

void world_init(struct world *w, const struct world_plan *plan, uint64_t seed); /* ends the process without memory */
void world_fini(struct world *w);
uint32_t world_id(size_t i);

/* The threshold of a complete graph: the least with 2 t > n + adversaries. */
struct world_plan world_plan_of(uint32_t n, uint32_t adversaries);

/* Member i's vector, element k. */
int64_t world_number(const struct world *w, size_t i, size_t k);

/* The stages, each for all who do not drop out before.  The first error is returned, of whomever. */
enum err world_open(struct world *w, struct why *why);  /* header, adverts, session, joined */
enum err world_share(struct world *w, struct why *why); /* bundles, deliveries received */
enum err world_input(struct world *w, struct why *why);
enum err world_vote(struct world *w, struct why *why);
enum err world_answer(struct world *w, struct why *why);
enum err world_run(struct world *w, struct secagg_vec *out, struct why *why); /* all of it */

/* One member's part. */
enum err world_bundle(struct world *w, size_t i, struct secagg_bundle *out, struct why *why);
enum err world_vector(struct world *w, size_t i, struct secagg_input *out, struct buf *packed);
struct secagg_packed world_packed(const struct bytes *b);             /* borrowed */
bool world_is_sum(const struct world *w, const struct secagg_vec *v); /* of all who sent their vectors */
