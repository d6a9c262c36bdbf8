/*
 * budget -- the ledger of the privacy that a hospital has spent of one data
 * set: the trainer's own of its hospital, and the guardian's of each
 * (accounts.h).
 *
 * TWO PHASES.  budget_reserve charges a round and hands a record to the sink;
 * only when that record is durable may noise be drawn.  budget_commit notes
 * that the update left.  A reservation is never given back: a crash between
 * the two counts as spent.
 *
 * ONCE A ROUND.  (run, round) is charged once.  Asked again with the same
 * event the answer is BUDGET_RESERVED or BUDGET_COMMITTED and nothing is
 * charged: the caller sends the same bytes again.  Only if it is certain that
 * no byte left under a BUDGET_RESERVED (commit and sending are one
 * transaction) may it make the update anew under that charge.  Another event
 * for the same round is refused.
 *
 * TWO LEDGERS.  What hides the whole hospital's update and what hides each
 * patient in it are different promises; each has a ledger of its own, and
 * they are never added up.
 *
 * The sink keeps records under rising keys, a prefix and ten digits; they
 * are lines a person can read, and the state is rebuilt from them alone:
 *   reserve run=r1 round=7 mechanism=gaussian noise=3.73 steps=1 clip=1 epsilon=1 delta=1e-05
 *   commit run=r1 round=7
 * A ledger with a missing, foreign or bent record is spent: every reservation
 * is refused.  A zeroed budget refuses too.
 */
#pragma once
#include "common/privacy/filter.h"

#define BUDGET_PREFIX "budget/"
#define BUDGET_UNITS_PREFIX "budget-patients/"
#define BUDGET_SPENT_MAX 1e9 /* what budget_spent says at most */
enum {
    BUDGET_RUN_BYTES = 64,
    BUDGET_KEY_BYTES = 32,
    BUDGET_OF_BYTES = 120,
    BUDGET_RECORD_BYTES = 400,
    BUDGET_MAX_CHARGES = 1 << 20,
    BUDGET_FORECAST_MAX = 1000000
};

enum budget_grant { BUDGET_NEW, BUDGET_RESERVED, BUDGET_COMMITTED };

/* Keeps the record under the key, durably before any effect leaves; a failure is passed on and nothing is charged. */
typedef enum err budget_put_fn(void *sink, const char *key, struct bytes record);

struct budget_charge;
struct budget {
    const char *prefix;   /* of the keys; NULL is BUDGET_PREFIX */
    const char *data;     /* name of the data set, borrowed; NULL: of no one in particular */
    struct filter filter; /* what may be spent, and by which bound; the first charge fixes it */
    struct accountant spent;
    struct budget_charge *charges; /* owned; in the order they were made */
    size_t count;
    size_t cap;
    uint64_t next;      /* number of the next record */
    struct why trouble; /* what is wrong with the ledger; "" when nothing */
};

void budget_init(struct budget *b, double epsilon_max, double delta);       /* under BUDGET_PREFIX */
void budget_init_units(struct budget *b, double epsilon_max, double delta); /* under BUDGET_UNITS_PREFIX */
void budget_fini(struct budget *b);

/* An empty budget begins with all that an earlier one holds, its trouble too, and numbers its records on from there.
 * ERR_STATE when it is not empty; ERR_MEMORY. */
enum err budget_go_on(struct budget *b, const struct budget *earlier) MUST_USE;

/* "data set records, each patient": what this ledger is of. */
char *budget_of(const struct budget *b, char out[BUDGET_OF_BYTES]);

/* Takes one kept record; to be called for each, in the order of the keys (a store_scan_fn; self is the budget).
 * ERR_STORE: the ledger is no longer whole (b->trouble says why); ERR_MEMORY. */
enum err budget_load(void *self, const char *key, struct bytes record) MUST_USE;

/* ERR_BUDGET when the charge would pass the filter's epsilon, or the ledger is not whole; ERR_REFUSED when the round
 * was charged for something else; ERR_INPUT for a run id that is empty, too long or not plain visible ASCII, or an
 * event that is no release; ERR_LIMIT after BUDGET_MAX_CHARGES, ERR_MEMORY; put's errors.  After an error nothing has
 * changed. */
enum err budget_reserve(struct budget *b, const char *run, uint64_t round, const struct privacy_event *e,
                        budget_put_fn *put, void *sink, enum budget_grant *out, struct why *why) MUST_USE;

/* A second time it does nothing.  ERR_ABSENT when nothing was reserved. */
enum err budget_commit(struct budget *b, const char *run, uint64_t round, budget_put_fn *put, void *sink,
                       struct why *why) MUST_USE;

/* Charges of the run so far, but for this round's. */
uint64_t budget_charges_beside(const struct budget *b, const char *run, uint64_t round);

double budget_spent(const struct budget *b); /* epsilon at delta, rounded up, by the filter's bound */

/* Would so many rounds like this fit?  No when the ledger is not whole. */
bool budget_affords(const struct budget *b, const struct privacy_event *e, uint64_t rounds);

/* Rounds like this that can still be afforded, at most so many, or BUDGET_FORECAST_MAX. */
uint64_t budget_covers(const struct budget *b, const struct privacy_event *e, uint64_t most);
uint64_t budget_forecast(const struct budget *b, const struct privacy_event *e);
