#include "tests/sim/paid.h"
#include "agents/privacy/ledger.h"
#include "common/privacy/secure_plan.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void paid_fini(struct paid *p)
{
    free(p->seen);
    *p = (struct paid){ .n = 0 };
}

enum err paid_see(struct paid *p, const char *from, const struct msg *m)
{
    struct paid_vector v = { .sum = m->secure_input.sum };
    struct str jid = str_of(m->type == MSG_SECURE_INPUT ? from : "");
    bool told = m->type == MSG_SECURE_INPUT || (m->type == MSG_SECURE_HEADER && m->secure_header.scores);
    if (!told) return OK;
    if (p->seen == NULL) p->seen = calloc(PAID_MAX, sizeof *p->seen);
    if (p->seen == NULL) return ERR_MEMORY;
    TRY(str_copy(str_next(&jid, '@'), v.hospital, sizeof v.hospital));
    memcpy(v.run, m->run, sizeof v.run);
    for (size_t i = 0; i < p->n; i++)
        if (memcmp(&p->seen[i], &v, sizeof v) == 0) return OK;
    if (p->n < PAID_MAX) p->seen[p->n++] = v;
    return OK;
}

/* What the ledger says of one vector, and of its run. */
struct entry {
    char reserve[BUDGET_RECORD_BYTES], commit[BUDGET_RECORD_BYTES], any[BUDGET_RECORD_BYTES];
    bool reserved, committed;
    uint64_t charges;
};

static enum err look(void *to, const char *key, struct bytes record)
{
    struct entry *e = to;
    struct str line = bytes_str(record);
    (void)key;
    e->reserved |= str_starts(line, e->reserve);
    e->committed |= str_is(line, e->commit);
    e->charges += str_starts(line, e->any);
    return OK;
}

static bool is_of_scores(const struct paid *p, const struct paid_vector *v)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct paid_vector *s = &p->seen[i];
        if (s->hospital[0] == '\0' && s->sum == v->sum && strcmp(s->run, v->run) == 0) return true;
    }
    return false;
}

static enum err check_one(const struct paid_vector *v, struct store *s, uint64_t rounds, struct why *why)
{
    struct entry e = { .charges = 0 };
    (void)snprintf(e.any, sizeof e.any, "reserve run=%s ", v->run);
    (void)snprintf(e.reserve, sizeof e.reserve, "reserve run=%s round=%" PRIu64 " ", v->run, v->sum);
    (void)snprintf(e.commit, sizeof e.commit, "commit run=%s round=%" PRIu64, v->run, v->sum);
    TRY(store_scan(s, ACCOUNTS_PREFIX, look, &e));
    if (!e.reserved || !e.committed)
        return why_say(why, ERR_BUG, "%s put a vector into sum %" PRIu64 " that its ledger %s", v->hospital, v->sum,
                       e.reserved ? "does not know to have left" : "was not charged for");
    if (e.charges <= secure_plan_sums(rounds)) return OK;
    return why_say(why, ERR_BUG, "%s was charged for %" PRIu64 " sums of a run of %" PRIu64 " rounds", v->hospital,
                   e.charges, rounds);
}

static enum err check_guardian(const struct paid_vector *v, struct store *s, struct why *why)
{
    struct entry e = { .charges = 0 };
    char prefix[STORE_MAX_KEY];
    (void)snprintf(prefix, sizeof prefix, ACCOUNTS_PREFIX "%s@", v->hospital);
    (void)snprintf(e.reserve, sizeof e.reserve, "reserve run=%s round=%" PRIu64 " ", v->run, v->sum);
    TRY(store_scan(s, prefix, look, &e));
    if (e.reserved) return OK;
    return why_say(why, ERR_BUG, "%s put a vector into sum %" PRIu64 " that the guardian did not charge it for",
                   v->hospital, v->sum);
}

enum err paid_check(const struct paid *p, struct sim *sim, const struct plan *plan, struct why *why)
{
    bool guarded = plan->guardian >= PLAN_GUARDIAN;
    for (size_t i = 0; i < p->n; i++) {
        if (is_of_scores(p, &p->seen[i])) continue;
        struct store *s = sim_store(sim, p->seen[i].hospital);
        if (s == NULL) return why_say(why, ERR_BUG, "%s has no store", p->seen[i].hospital);
        TRY(check_one(&p->seen[i], s, plan->rounds, why));
        if (guarded) TRY(check_guardian(&p->seen[i], sim_store(sim, "guardian"), why));
    }
    return OK;
}
