#include "agents/trainer/unit_rule.h"
#include "agents/trainer/engines/dpsgd.h"
#include "common/privacy/search.h"
#include "common/privacy/secure_plan.h"
#include <inttypes.h>
#include <math.h>

/* The rounds' sums are rounded up one by one: what was found for all of them at once must leave room for it. */
#define ROUNDING (1 - 0x1p-30)

static enum err search(struct unit_rule *r, struct why *why)
{
    struct search_found found;
    struct search_goal goal = { .epsilon = r->epsilon * ROUNDING,
                                .delta = r->delta,
                                .rate = r->rate,
                                .steps = r->steps * r->rounds,
                                .distributed = r->summed };
    if (search_noise_renyi(&goal, &found) != OK)
        return why_say(why, ERR_REFUSED, "no noise keeps epsilon %g at delta %g over %" PRIu64 " steps", r->epsilon,
                       r->delta, goal.steps);
    r->noise = fmax(found.noise, DPSGD_NOISE_MIN);
    return OK;
}

/* The task names its noise: then it must be enough. */
static enum err check(const struct unit_rule *r, struct why *why)
{
    double cost = unit_rule_cost(r, r->rounds, r->delta);
    if (cost <= r->epsilon) return OK;
    return why_say(why, ERR_REFUSED,
                   "the task's `noise_multiplier` %g gives epsilon %.4f with the %" PRIu64
                   " patients or records here; it promises %g",
                   r->noise, cost, r->units, r->epsilon);
}

/* A round is one sum of all hospitals. */
static void fill_summed(const struct task *t, struct unit_rule *r)
{
    r->site = t->privacy.unit == UNIT_SITE;
    r->rate = r->site ? 1 : t->privacy.rate;
    r->steps = 1;
}

/* Once over all of them, whatever their number: where that is to stay untold, rate and steps are the task's. */
static void fill_steps(const struct task *t, struct unit_rule *r)
{
    uint64_t batch = t->train.batch < r->units ? t->train.batch : r->units;
    bool told = t->privacy.rate > 0;
    r->rate = told ? t->privacy.rate : (double)batch / (double)r->units;
    r->steps = t->train.epochs * (told ? (uint64_t)ceil(1 / r->rate) : (r->units + batch - 1) / batch);
}

enum err unit_rule_make(const struct plan *plan, uint64_t units, struct unit_rule *out, struct why *why)
{
    const struct task *t = &plan->task;
    struct unit_rule r = { .epsilon = t->privacy.epsilon,
                           .delta = t->privacy.delta,
                           .clip = t->privacy.clip,
                           .units = units,
                           .noise = t->privacy.noise_multiplier,
                           .rounds = t->aggregation.secure ? secure_plan_sums(t->rounds.count) : t->rounds.count,
                           .summed = plan_is_summed(plan) };
    if (r.summed && units > t->rounds.max_samples)
        return why_say(why, ERR_REFUSED,
                       "%" PRIu64
                       " patients or records are trained on here; the task's `rounds.max_samples` is %" PRIu64,
                       units, t->rounds.max_samples);
    if (units > 0) {
        (r.summed ? fill_summed : fill_steps)(t, &r);
        TRY(r.noise > 0 ? check(&r, why) : search(&r, why));
    }
    *out = r;
    return OK;
}

struct privacy_event unit_rule_event(const struct unit_rule *r)
{
    return (struct privacy_event){ .mechanism = r->summed ? PRIVACY_DISTRIBUTED : PRIVACY_SUBSAMPLED_GAUSSIAN,
                                   .noise = r->noise,
                                   .steps = r->steps,
                                   .clip = r->clip,
                                   .epsilon = r->epsilon,
                                   .delta = r->delta,
                                   .rate = r->rate };
}

double unit_rule_cost(const struct unit_rule *r, uint64_t rounds, double delta)
{
    struct accountant a = accountant_make();
    struct privacy_event e = unit_rule_event(r);
    e.steps *= rounds;
    return accountant_add(&a, &e) == OK ? accountant_epsilon(&a, delta) : INFINITY;
}
