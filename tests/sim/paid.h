/*
 * paid -- whoever put a vector into a secure sum with noise had paid for it:
 * the vectors seen on the wire beside the ledgers in the stores.
 */
#pragma once
#include "common/wire/msg.h"
#include "tests/sim/plan.h"

enum { PAID_MAX = 4096 };
struct paid_vector {
    char hospital[ROSTER_NAME_BYTES];
    char run[MSG_RUN_BYTES];
    uint64_t sum;
};
struct paid {
    struct paid_vector *seen; /* owned; each once.  Of a sum of scores, which costs nothing: no hospital */
    size_t n;
};

void paid_fini(struct paid *p);
/* Any message; from: a JID.  Remembers vectors, and which sums are of scores. */
enum err paid_see(struct paid *p, const char *from, const struct msg *m) MUST_USE;

/* Each was charged and is marked as left, and no hospital was charged for more sums of a run than its noise is reckoned
 * for; each is in the guardian's ledger, too, where the plan has one.  ERR_BUG with the sentence that says what broke
 * it. */
enum err paid_check(const struct paid *p, struct sim *sim, const struct plan *plan, struct why *why) MUST_USE;
