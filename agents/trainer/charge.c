#include "agents/trainer/charge.h"
#include <inttypes.h>

static enum err event_of(const struct update_cover *cover, struct privacy_event *out, struct why *why)
{
    if (!cover->in_training && !cover->in_sum) return local_event(&cover->rule, out, why);
    *out = unit_rule_event(&cover->unit);
    return OK;
}

/* The run's promise is for so many sums, however many are begun. */
static enum err may_sum(const struct charge *c, const struct work *w, const struct update_cover *cover, struct why *why)
{
    if (cover->sum == 0 || budget_charges_beside(c->budget, w->run, cover->sum) < cover->unit.rounds) return OK;
    return why_say(why, ERR_BUDGET,
                   "the run's noise is reckoned for %" PRIu64
                   " secure sums, and so many were charged; some were given up",
                   cover->unit.rounds);
}

enum err charge_round(const struct charge *c, const struct work *w, struct update_cover *cover, struct why *why)
{
    struct privacy_event event;
    enum budget_grant grant;
    if (!cover->wanted) return OK;
    TRY(event_of(cover, &event, why));
    TRY(may_sum(c, w, cover, why));
    uint64_t round = cover->sum > 0 ? cover->sum : w->round;
    TRY(budget_reserve(c->budget, w->run, round, &event, c->put, c->sink, &grant, why));
    if (grant == BUDGET_COMMITTED)
        return why_say(why, ERR_DUPLICATE, "an update of this round left before; there will be no second one");
    return c->random(c->source, cover->key, sizeof cover->key);
}
