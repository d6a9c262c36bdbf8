#include "agents/privacy/ledger.h"
#include "common/privacy/ration.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ledger_init(struct ledger *l, double epsilon_max, double delta, budget_put_fn *put, void *sink)
{
    *l = (struct ledger){ .epsilon_max = epsilon_max, .delta = delta, .put = put, .sink = sink };
}

void ledger_fini(struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++) {
        budget_fini(&l->accounts[i]->site);
        budget_fini(&l->accounts[i]->patients);
        free(l->accounts[i]);
    }
    free(l->accounts);
    *l = (struct ledger){ .count = 0 };
}

struct ledger_account *ledger_account(struct ledger *l, const char *jid, const char *data)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->accounts[i]->jid, jid) == 0 && strcmp(l->accounts[i]->data, data) == 0) return l->accounts[i];
    return NULL;
}

static enum err open_account(struct ledger *l, const char *jid, const char *data, struct ledger_account **out)
{
    *out = ledger_account(l, jid, data);
    if (*out) return OK;
    if (l->count == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 8;
        struct ledger_account **grown = realloc(l->accounts, cap * sizeof *grown);
        if (grown == NULL) return ERR_MEMORY;
        l->accounts = grown;
        l->cap = cap;
    }
    struct ledger_account *a = calloc(1, sizeof *a);
    if (a == NULL) return ERR_MEMORY;
    (void)snprintf(a->jid, sizeof a->jid, "%s", jid);
    (void)snprintf(a->data, sizeof a->data, "%s", data);
    budget_init(&a->site, l->epsilon_max, l->delta);
    budget_init_units(&a->patients, l->epsilon_max, l->delta);
    l->accounts[l->count++] = *out = a;
    return OK;
}

static struct budget *budget_of(struct ledger_account *a, const struct permit *p)
{
    return p->patients ? &a->patients : &a->site;
}

/* Each secure sum is charged, also one that is begun anew in the same round. */
static uint64_t charge_number(const struct permit *p) { return p->sum ? p->sum : p->round; }

/* ---- keeping ---- */

struct page {
    struct ledger *ledger;
    const struct permit_site *site;
};

static enum err put_page(void *to, const char *key, struct bytes record)
{
    const struct page *p = to;
    char whole[LEDGER_KEY_BYTES];
    (void)snprintf(whole, sizeof whole, LEDGER_PREFIX "%s/%s/%s", p->site->jid, p->site->data, key);
    return p->ledger->put(p->ledger->sink, whole, record);
}

enum err ledger_load(void *self, const char *key, struct bytes record)
{
    struct ledger *l = self;
    struct str rest = str_of(key + strlen(LEDGER_PREFIX));
    char jid[PERMIT_JID_BYTES];
    char data[PERMIT_NAME_BYTES];
    struct ledger_account *a;
    if (str_copy(str_next(&rest, '/'), jid, sizeof jid) != OK) return OK; /* no member has such a name */
    if (str_copy(str_next(&rest, '/'), data, sizeof data) != OK) return OK;
    TRY(open_account(l, jid, data, &a));
    enum err e = budget_load(str_starts(rest, BUDGET_PREFIX) ? &a->site : &a->patients, rest.p, record);
    return e == ERR_STORE ? OK : e;
}

/* ---- rationing ---- */

static uint64_t less(uint64_t a, uint64_t b) { return a < b ? a : b; }

static enum err ration(struct ledger *l, double noise_max, struct permit *p, struct permit_site *s, struct why *why)
{
    struct ledger_account *a;
    const struct privacy_event e = permit_event(p, s);
    const double most = fmax(noise_max, s->noise);
    struct ration r = { .noise = most };
    TRY(open_account(l, s->jid, s->data, &a));
    enum err err = ration_find(budget_of(a, p), &e, p->rounds, most, &r, why);
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
    struct ledger_account *a;
    const struct privacy_event e = permit_event(p, s);
    TRY(open_account(l, s->jid, s->data, &a));
    const struct budget *b = budget_of(a, p);
    if (b->trouble.text[0])
        return why_say(why, ERR_BUDGET, "the guardian's ledger of %.200s is broken: %.150s", s->jid, b->trouble.text);
    if (budget_affords(b, &e, 1)) return OK;
    return why_say(why, ERR_BUDGET, "%.200s has spent epsilon %.4f of %g; another round like this does not fit%s",
                   s->jid, budget_spent(b), l->epsilon_max, s->noise > s->asked ? ", even with the most noise" : "");
}

static enum err reserve(struct ledger *l, const struct permit *p, const struct permit_site *s, struct why *why)
{
    struct ledger_account *a;
    enum budget_grant grant;
    const struct privacy_event e = permit_event(p, s);
    struct page page = { l, s };
    TRY(open_account(l, s->jid, s->data, &a));
    return budget_reserve(budget_of(a, p), p->run, charge_number(p), &e, put_page, &page, &grant, why);
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
    struct ledger_account *a = s ? ledger_account(l, jid, s->data) : NULL;
    struct page page = { l, s };
    if (!p->noised) return OK;
    if (a == NULL) return why_say(why, ERR_ABSENT, "%.200s was never charged", jid);
    return budget_commit(budget_of(a, p), p->run, charge_number(p), put_page, &page, why);
}

uint64_t ledger_forecast(struct ledger *l, const struct permit *p, const struct permit_site *s)
{
    struct ledger_account *a = ledger_account(l, s->jid, s->data);
    const struct privacy_event e = permit_event(p, s);
    return a && p->noised ? budget_forecast(budget_of(a, p), &e) : 0;
}
