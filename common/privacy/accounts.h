/*
 * accounts -- the ledgers of data sets: of each, a budget (budget.h) of what
 * hides the whole hospital and one of what hides each patient in it.  Tasks
 * over the same data set spend the same budgets, whatever they are called.
 *
 *   ledger/<data set>/budget/<number>                 a hospital's own
 *   ledger/<data set>/budget-patients/<number>
 *   ledger/<hospital's JID>/<data set>/budget/...     the guardian's, of each hospital
 *
 * BEFORE.  A hospital's ledger once was one for all of its data sets, under
 * budget/<number> and budget-patients/<number>.  Which data set was meant
 * nobody knows any more, so what stands there is spent of each of them: every
 * account begins with it, and goes on counting where it ends.  It is to be
 * loaded before the accounts.
 */
#pragma once
#include "common/privacy/budget.h"

#define ACCOUNTS_PREFIX "ledger/"
enum { ACCOUNT_HOLDER_BYTES = 256, ACCOUNT_DATA_BYTES = 64, ACCOUNT_KEY_BYTES = 400 };

struct account {
    char holder[ACCOUNT_HOLDER_BYTES]; /* the hospital's JID; "" at the hospital itself */
    char data[ACCOUNT_DATA_BYTES];
    struct budget site, patients;
};
struct accounts {
    double epsilon_max, delta; /* of each budget */
    bool held;                 /* by several hospitals, who stand in the keys */
    struct account before;     /* what was charged before there were data sets */
    struct account **list;     /* owned, as what they point to */
    size_t count, cap;
};

void accounts_init(struct accounts *a, bool held, double epsilon_max, double delta);
void accounts_fini(struct accounts *a);

/* Takes one kept record; for each in the order of the keys (a store_scan_fn), those of budget.h's own prefixes first.
 * A broken one spends that budget for good; ERR_MEMORY. */
enum err accounts_load(void *self, const char *key, struct bytes record) MUST_USE;

struct account *accounts_find(const struct accounts *a, const char *holder, const char *data); /* or NULL */
/* Makes it where there is none; it lives as long as the accounts.  ERR_MEMORY. */
enum err accounts_open(struct accounts *a, const char *holder, const char *data, struct account **out) MUST_USE;
struct budget *account_budget(struct account *a, bool patients);

/* Where an account's records go: a budget_put_fn whose sink is a struct account_page. */
struct account_page {
    const struct account *account;
    budget_put_fn *put;
    void *sink;
};
enum err account_put(void *page, const char *key, struct bytes record) MUST_USE;
