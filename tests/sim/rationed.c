#include "tests/sim/rationed.h"
#include "agents/privacy/ledger.h"

enum { ARENA_BYTES = 4 << 20 };

static enum err look(void *to, const char *key, struct bytes note)
{
    struct why *why = to;
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct note parsed;
    struct permit p;
    TRY(note_parse(bytes_str(note), &parsed, why));
    TRY(permit_parse(parsed.text, &arena, &p, why));
    if (permit_raised(&p) > permit_asked(&p) && p.covered < p.rounds && p.lasts == p.rounds) return OK;
    return why_say(why, ERR_BUG, "%s asks for noise %g, as the task does", key, permit_raised(&p));
}

static enum err alarmed(void *to, const char *key, struct bytes text)
{
    return why_say(to, ERR_BUG, "%s: " STR_F, key, STR_ARG(bytes_str(text)));
}

enum err rationed_check(struct sim *sim, struct why *why)
{
    struct store *s = sim_store(sim, "guardian");
    struct ledger l CLEANUP(ledger_fini);
    ledger_init(&l, RATIONED_EPSILON, 1e-5, NULL, NULL);
    TRY(store_scan(s, "permit/", look, why));
    TRY(store_scan(s, "alarm/", alarmed, why));
    TRY(store_scan(s, LEDGER_PREFIX, ledger_load, &l));
    if (l.count == 0) return why_say(why, ERR_BUG, "nobody was charged");
    for (size_t i = 0; i < l.count; i++)
        if (budget_spent(&l.accounts[i]->site) > RATIONED_EPSILON)
            return why_say(why, ERR_BUG, "%s spent %g", l.accounts[i]->jid, budget_spent(&l.accounts[i]->site));
    return OK;
}
