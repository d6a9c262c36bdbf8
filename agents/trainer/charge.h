/*
 * charge -- paying for a round's noise before it is drawn.
 */
#pragma once
#include "agents/trainer/update.h"
#include "agents/trainer/work.h"
#include "common/crypto/random.h"
#include "common/privacy/budget.h"

struct charge {
    struct budget *budget; /* the ledger of what is hidden: the whole hospital, or each patient */
    budget_put_fn *put;    /* into the transaction of this event */
    void *sink;
    random_fn *random;
    void *source;
};

/* Reserves the round's cost and draws the key of its noise; nothing to do for a task without noise.
 *
 * THE ORDER.  Both happen in the event that hands the job to a worker, and a worker begins only after that event's
 * transaction is durable; so the noise, which the worker makes from the key, is drawn after its cost was written down.
 * The update leaves in a later transaction, together with budget_commit and the note that it left.
 *
 * SECURE SUMS are charged by their own number: one that was given up after a vector may have left is spent, and the
 * next one is another charge.  No more than the rule's rounds are charged a run: with more its epsilon would not hold.
 *
 * AFTER A CRASH.  A round that is reserved but not committed may have had noise drawn, but since sending and
 * committing are one transaction, nobody saw it: new noise is drawn under the same charge.  A round that is committed
 * is answered by what left then, so it is refused here (ERR_DUPLICATE).
 *
 * ERR_BUDGET when the budget does not suffice, and the errors of budget_reserve and local_event, all with nothing
 * changed; random's errors. */
enum err charge_round(const struct charge *c, const struct work *w, struct update_cover *cover, struct why *why)
    MUST_USE;
