#include "agents/trainer/admit.h"
#include "agents/trainer/update.h"
#include <inttypes.h>

static enum err admit(const struct policy *p, const struct plan *plan, const struct unit_rule *unit, struct why *why)
{
    char model[MODEL_TEXT_BYTES];
    struct update_cover cover = update_cover_of(plan);
    struct proposal proposal = {
        .task = str_of(plan->task.name),
        .digest = str_of(plan->digest),
        .model = str_of(model_text(&plan->spec, model)),
        .purpose = plan->task.purpose,
        .rounds = plan->task.rounds.count,
        .secure = plan->task.aggregation.secure,
        .statistics = plan->task.scale == SCALE_MOMENTS,
        .noise = cover.wanted && !plan_has_unit(plan) ? &cover.rule : NULL,
        .unit = unit,
    };
    if (!p->set) return why_say(why, ERR_POLICY, "this hospital has no site policy; without one nothing leaves");
    return policy_check(p, &proposal, why);
}

enum err admit_task(const struct policy *p, const struct plan *plan, struct why *why)
{
    struct unit_rule unit;
    if (!plan_has_unit(plan)) return admit(p, plan, NULL, why);
    TRY(unit_rule_make(plan, 0, &unit, why));
    return admit(p, plan, &unit, why);
}

enum err admit_units(const struct policy *p, const struct plan *plan, uint64_t units, struct unit_rule *out,
                     struct why *why)
{
    struct unit_rule unit;
    TRY(unit_rule_make(plan, units, &unit, why));
    TRY(admit(p, plan, &unit, why));
    *out = unit;
    return OK;
}

/* Exact means and variances would undo what the noise on the updates protects. */
static enum err admit_moments(const struct policy *p, const struct plan *plan, struct why *why)
{
    if (plan_is_private(plan))
        return why_say(why, ERR_REFUSED, "the task asks for noise, and moments would leave without any");
    if (!p->statistics) return why_say(why, ERR_REFUSED, "the site's policy says `statistics: no`");
    return OK;
}

enum err admit_work(const struct policy *p, const struct plan *plan, const struct work *w, struct why *why)
{
    TRY(admit_task(p, plan, why));
    if (w->kind == WORK_STATS) return admit_moments(p, plan, why);
    if (w->kind == WORK_TRAIN && (w->round == 0 || w->round > plan->task.rounds.count))
        return why_say(why, ERR_STATE, "round %" PRIu64 " is not one of the %" PRIu64 " the task has", w->round,
                       plan->task.rounds.count);
    return OK;
}
