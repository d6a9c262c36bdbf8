#include "agents/privacy/ledger.h"
#include "common/privacy/ration.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

void ledger_init(struct ledger *l, double epsilon_max, double delta, budget_put_fn *put, void *sink)
{
    *l = (struct ledger){ .put = put, .sink = sink };
    accounts_init(&l->accounts, true, epsilon_max, delta);
}

void ledger_fini(struct ledger *l) { accounts_fini(&l->accounts); }

enum err ledger_load(void *self, const char *key, struct bytes record)
{
    return accounts_load(&((struct ledger *)self)->accounts, key, record);
}

static enum err open_account(struct ledger *l, const struct permit_site *s, struct account **out)
{
    return accounts_open(&l->accounts, s->jid, s->data, out);
}

/* Each secure sum is charged, also one that is begun anew in the same round. */
static uint64_t charge_number(const struct permit *p) { return p->sum ? p->sum : p->round; }

/* ---- rationing ---- */

static uint64_t less(uint64_t a, uint64_t b) { return a < b ? a : b; }

static enum err ration(struct ledger *l, double noise_max, struct permit *p, struct permit_site *s, struct why *why)
{
    struct account *a;
    const struct privacy_event e = permit_event(p, s);
    const double most = fmax(noise_max, s->noise);
    struct ration r = { .noise = most };
    TRY(open_account(l, s, &a));
    enum err err = ration_find(account_budget(a, p->patients), &e, p->rounds, most, &r, why);
    if (err != OK && err != ERR_BUDGET) return err;
    s->noise = r.noise;
    p->covered = less(p->covered, r.covered);
    p->lasts = less(p->lasts, r.lasts);
    return OK;
}

enum err ledger_ration(struct ledger *l, double noise_max, struct permit *p, struct permit_site *sites, struct why *why)
{
    p->sites = sites;
    p->covered = p->lasts = p->rounds;
    for (size_t i = 0; p->noised && i < p->nsites; i++) TRY(ration(l, noise_max, p, &sites[i], why));
    const double most = permit_raised(p);
    for (size_t i = 0; p->mechanism == PRIVACY_DISTRIBUTED && i < p->nsites; i++) sites[i].noise = most;
    return OK;
}

/* ---- charging ---- */

static enum err affords(struct ledger *l, const struct permit *p, const struct permit_site *s, struct why *why)
{
    char of[BUDGET_OF_BYTES];
    struct account *a;
    const struct privacy_event e = permit_event(p, s);
    TRY(open_account(l, s, &a));
    const struct budget *b = account_budget(a, p->patients);
    if (b->trouble.text[0])
        return why_say(why, ERR_BUDGET, "the guardian's ledger of %.200s is broken: %.150s", s->jid, b->trouble.text);
    if (budget_affords(b, &e, 1)) return OK;
    return why_say(why, ERR_BUDGET, "%.140s has spent epsilon %.4f of %g (%s); another round like this does not fit%s",
                   s->jid, budget_spent(b), b->filter.epsilon_max, budget_of(b, of),
                   s->noise > s->asked ? ", even with the most noise" : "");
}

static enum err reserve(struct ledger *l, const struct permit *p, const struct permit_site *s, struct why *why)
{
    struct account *a;
    enum budget_grant grant;
    const struct privacy_event e = permit_event(p, s);
    TRY(open_account(l, s, &a));
    struct account_page page = { a, l->put, l->sink };
    return budget_reserve(account_budget(a, p->patients), p->run, charge_number(p), &e, account_put, &page, &grant,
                          why);
}

enum err ledger_reserve(struct ledger *l, const struct permit *p, struct why *why)
{
    for (size_t i = 0; p->noised && i < p->nsites; i++) TRY(affords(l, p, &p->sites[i], why));
    for (size_t i = 0; p->noised && i < p->nsites; i++) {
        enum err e = reserve(l, p, &p->sites[i], why);
        if (e != OK) return i == 0 ? e : ERR_STORE;
    }
    return OK;
}

enum err ledger_commit(struct ledger *l, const struct permit *p, const char *jid, struct why *why)
{
    const struct permit_site *s = permit_site(p, str_of(jid));
    struct account *a = s ? accounts_find(&l->accounts, jid, s->data) : NULL;
    struct account_page page = { a, l->put, l->sink };
    if (!p->noised) return OK;
    if (a == NULL) return why_say(why, ERR_ABSENT, "%.200s was never charged", jid);
    return budget_commit(account_budget(a, p->patients), p->run, charge_number(p), account_put, &page, why);
}

uint64_t ledger_forecast(struct ledger *l, const struct permit *p, const struct permit_site *s)
{
    struct account *a = accounts_find(&l->accounts, s->jid, s->data);
    const struct privacy_event e = permit_event(p, s);
    return a && p->noised ? budget_forecast(account_budget(a, p->patients), &e) : 0;
}
