#include "tests/sim/rationed.h"
#include "agents/privacy/ledger.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 4 << 20 };

struct looking {
    struct why *why;
    double asked; /* the most of all permits */
    uint64_t charges;
};

static enum err look(void *to, const char *key, struct bytes note)
{
    struct looking *l = to;
    struct why *why = l->why;
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct note parsed;
    struct permit p;
    TRY(note_parse(bytes_str(note), &parsed, why));
    TRY(permit_parse(parsed.text, &arena, &p, why));
    l->asked = fmax(l->asked, permit_asked(&p));
    if (permit_raised(&p) > permit_asked(&p) && p.covered < p.rounds && p.lasts == p.rounds) return OK;
    return why_say(why, ERR_BUG, "%s asks for noise %g, as the task does", key, permit_raised(&p));
}

/* A hospital's own ledger. */
static enum err paid(void *to, const char *key, struct bytes record)
{
    static const char before[] = " noise=";
    struct looking *l = to;
    struct str line = bytes_str(record);
    size_t at = str_find(line, before);
    double noise = 0;
    if (!str_starts(line, "reserve ")) return OK;
    l->charges++;
    if (at == line.n) return ERR_BUG;
    struct str rest = { line.p + at + strlen(before), line.n - at - strlen(before) };
    TRY(str_f64(str_next(&rest, ' '), &noise));
    return noise > l->asked ? OK : why_say(l->why, ERR_BUG, "%s: paid for noise %g", key, noise);
}

static enum err check_hospitals(struct sim *sim, struct looking *l)
{
    char name[40] = "hospital-0";
    struct store *s = sim_store(sim, name);
    for (int i = 1; s != NULL; i++) {
        TRY(store_scan(s, ACCOUNTS_PREFIX, paid, l));
        (void)snprintf(name, sizeof name, "hospital-%d", i);
        s = sim_store(sim, name);
    }
    return l->charges > 0 ? OK : why_say(l->why, ERR_BUG, "no hospital paid");
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
    struct looking looking = { .why = why };
    TRY(store_scan(s, "permit/", look, &looking));
    TRY(check_hospitals(sim, &looking));
    TRY(store_scan(s, "alarm/", alarmed, why));
    TRY(store_scan(s, ACCOUNTS_PREFIX, ledger_load, &l));
    if (l.accounts.count == 0) return why_say(why, ERR_BUG, "nobody was charged");
    for (size_t i = 0; i < l.accounts.count; i++)
        if (budget_spent(&l.accounts.list[i]->site) > RATIONED_EPSILON)
            return why_say(why, ERR_BUG, "%s spent %g", l.accounts.list[i]->holder,
                           budget_spent(&l.accounts.list[i]->site));
    return OK;
}
