/*
 * secagg_server -- the coordinator's side of secure aggregation, one round:
 * collects, passes on, adds up, and takes the masks off.
 *
 * Memory is one vector, and the sealed shares of the round.  Functions are
 * called in the order they stand here; out of order is ERR_STATE.  The takers
 * verify what one member sent: ERR_REFUSED (not of this session, or from nobody
 * who may send it), ERR_CRYPTO (does not hold), ERR_DUPLICATE (the same member
 * again: the first counts); the sentence names the member, the round goes on
 * without.  The enders close a stage: ERR_LIMIT when too few are left; the
 * round is then over, and secagg_server_free leaves nothing of it.
 *
 * Only one half of each member's secrets is ever put together here: what is
 * collected for survivors are shares of their own mask's seed, for the dropped
 * of their mask key.
 */
#pragma once
#include "common/privacy/secagg_session.h"

struct secagg_server;

/* The session is borrowed for the server's life.  ERR_MEMORY. */
enum err secagg_server_new(const struct secagg_session *session, struct secagg_server **out) MUST_USE;
void secagg_server_free(struct secagg_server *s);  /* wipes */
void secagg_server_drop(struct secagg_server **s); /* for CLEANUP() */

/* Stage 2. */
enum err secagg_server_take_bundle(struct secagg_server *s, const struct secagg_bundle *bundle, struct why *why)
    MUST_USE;
enum err secagg_server_end_sharing(struct secagg_server *s, struct why *why) MUST_USE;
/* ERR_ABSENT when this member gave no shares: it gets none. */
enum err secagg_server_delivery(const struct secagg_server *s, uint32_t to, struct secagg_delivery *out) MUST_USE;

/* A packed vector wherever it lies: n bytes of it from `at` on. */
typedef enum err secagg_read_fn(const void *from, uint64_t at, size_t n, uint8_t *out);
struct secagg_packed {
    uint64_t n; /* bytes */
    secagg_read_fn *read;
    const void *from;
};
/* Stage 3: adds the packed vector, which is read twice, a window at a time: for its SHA-256, and then to add it.  Also
 * read's errors; where the second reading fails or differs the sum is spoilt (ERR_STORE). */
enum err secagg_server_take_input(struct secagg_server *s, const struct secagg_input *input,
                                  const struct secagg_packed *packed, struct why *why) MUST_USE;
enum err secagg_server_end_inputs(struct secagg_server *s, struct why *why) MUST_USE;
enum err secagg_server_request(const struct secagg_server *s, struct secagg_request *out) MUST_USE;

/* Stage 4: all votes collected so far, to be passed on to every survivor; they live as long as the server. */
enum err secagg_server_take_vote(struct secagg_server *s, const struct secagg_vote *vote, struct why *why) MUST_USE;
const struct secagg_vote *secagg_server_votes(const struct secagg_server *s, size_t *out_n);

/* Stage 5. */
enum err secagg_server_take_answer(struct secagg_server *s, const struct secagg_answer *answer, struct why *why)
    MUST_USE;
bool secagg_server_can_finish(const struct secagg_server *s); /* are there threshold shares of everything needed? */

/* Takes the masks off: *out is the sum of the survivors' vectors, owned by the caller (secagg_vec_fini).  ERR_LIMIT
 * when shares are missing: more answers may follow; ERR_CRYPTO naming the member who dealt shares of something else
 * than it committed to: the round is lost.  Once. */
enum err secagg_server_finish(struct secagg_server *s, struct secagg_vec *out, struct why *why) MUST_USE;
