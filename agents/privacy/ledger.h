/*
 * ledger -- what each hospital has spent, kept by the guardian: two budgets
 * for each data set of each (common/privacy/accounts.h).
 *
 * A round's cost, or a secure sum's, is reserved, in the transaction in which its permit leaves,
 * for every hospital of the cohort; committed for those whose update was
 * added up; never given back.
 */
#pragma once
#include "common/privacy/accounts.h"
#include "common/privacy/permit.h"

struct ledger {
    struct accounts accounts;
    budget_put_fn *put; /* into the agent's transaction */
    void *sink;
};

void ledger_init(struct ledger *l, double epsilon_max, double delta, budget_put_fn *put, void *sink);
void ledger_fini(struct ledger *l);
/* Takes one kept record; for each in the order of the keys (a store_scan_fn).  A broken one spends that hospital's
 * budget for good; ERR_MEMORY. */
enum err ledger_load(void *self, const char *key, struct bytes record) MUST_USE;

/* Raises what the sites are to add, up to noise_max (common/privacy/ration.h), where the budget does not last for the
 * rounds still to come, and fills in what it covers; a sum has one noise, the most of all.  Where not one round fits it
 * is left to ledger_reserve to say so.  ERR_INPUT with a sentence for what cannot be reckoned with. */
enum err ledger_ration(struct ledger *l, double noise_max, struct permit *p, struct permit_site *sites, struct why *why)
    MUST_USE;
/* Charges the permit's round to each of its sites, or to none: ERR_BUDGET names the hospital and what is left there.
 * Without noise nothing is charged.  A failure of `put` after the first charge is ERR_STORE. */
enum err ledger_reserve(struct ledger *l, const struct permit *p, struct why *why) MUST_USE;
/* An update was added up; ERR_ABSENT when nothing was reserved. */
enum err ledger_commit(struct ledger *l, const struct permit *p, const char *jid, struct why *why) MUST_USE;

/* Rounds like the last permit's that the hospital can still afford. */
uint64_t ledger_forecast(struct ledger *l, const struct permit *p, const struct permit_site *s);
