/*
 * secagg_decisions -- which half of each peer a trainer has answered in one
 * session: one, ever.
 *
 * The caller stores them durably BEFORE the answer leaves, and after a restart
 * hands the stored ones in again: who forgets what it answered could be asked
 * for the other half.
 */
#pragma once
#include "common/privacy/secagg_message.h"

struct secagg_decision {
    uint32_t about;
    enum secagg_half half;
};
struct secagg_decisions { /* all zeros: nothing decided, of no session yet */
    uint8_t session[HASH_BYTES];
    size_t n;
    struct secagg_decision at[SECAGG_HOLDERS_MAX];
};

/* Notes the half for this peer.  OK again for the same half; ERR_REFUSED when the other was decided before, or these
 * are another session's (an empty one takes on the session); ERR_LIMIT when full. */
enum err secagg_decisions_add(struct secagg_decisions *d, const uint8_t session[HASH_BYTES], uint32_t about,
                              enum secagg_half half, struct why *why) MUST_USE;

enum err secagg_decisions_encode(const struct secagg_decisions *d, struct buf *out) MUST_USE; /* appends */
enum err secagg_decisions_parse(struct bytes in, struct secagg_decisions *out) MUST_USE;      /* ERR_PROTO */
