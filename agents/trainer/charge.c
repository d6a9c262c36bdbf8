#include "agents/trainer/charge.h"

static enum err event_of(const struct update_cover *cover, struct privacy_event *out, struct why *why)
{
    if (!cover->in_training && !cover->in_sum) return local_event(&cover->rule, out, why);
    *out = unit_rule_event(&cover->unit);
    return OK;
}

enum err charge_round(const struct charge *c, const struct work *w, struct update_cover *cover, struct why *why)
{
    struct privacy_event event;
    enum budget_grant grant;
    if (!cover->wanted) return OK;
    TRY(event_of(cover, &event, why));
    uint64_t round = cover->in_sum ? cover->sum : w->round;
    TRY(budget_reserve(c->budget, w->run, round, &event, c->put, c->sink, &grant, why));
    if (grant == BUDGET_COMMITTED)
        return why_say(why, ERR_DUPLICATE, "an update of this round left before; there will be no second one");
    return c->random(c->source, cover->key, sizeof cover->key);
}
