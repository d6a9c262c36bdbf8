#include "common/privacy/ration.h"
#include <inttypes.h>
#include <math.h>

static bool fits(const struct budget *b, const struct privacy_event *asked, uint64_t rounds, double noise)
{
    struct privacy_event one = *asked;
    one.noise = noise;
    return budget_affords(b, &one, rounds);
}

static enum err judge(const struct budget *b, const struct privacy_event *asked, uint64_t rounds, double noise_max,
                      struct why *why)
{
    if (b->trouble.text[0]) return why_say(why, ERR_BUDGET, "%s", b->trouble.text);
    if (!accountant_is_release(asked)) return why_say(why, ERR_INPUT, "this is no release");
    if (rounds == 0 || rounds > RATION_ROUNDS_MAX || asked->steps > ACCOUNTANT_STEPS_MAX / RATION_ROUNDS_MAX)
        return why_say(why, ERR_INPUT, "a forecast is over 1 to %d rounds", RATION_ROUNDS_MAX);
    if (!isfinite(noise_max) || noise_max < asked->noise)
        return why_say(why, ERR_INPUT, "the noise asked for, %g, is above the most allowed, %g", asked->noise,
                       noise_max);
    return OK;
}

/* The least noise that fits, from above: more noise never costs more. */
static double least(const struct budget *b, const struct privacy_event *asked, uint64_t rounds, double noise_max)
{
    double low = asked->noise;
    double high = noise_max;
    while (high > low * (1 + RATION_CLOSE)) {
        double middle = low + (high - low) / 2;
        if (fits(b, asked, rounds, middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}

static enum err spent(const struct budget *b, double noise_max, struct why *why)
{
    char of[BUDGET_OF_BYTES];
    return why_say(
        why, ERR_BUDGET,
        "%s: epsilon %.4f of %g is spent (delta %g); another round like this does not fit, even with noise %g",
        budget_of(b, of), budget_spent(b), b->filter.epsilon_max, b->filter.delta, noise_max);
}

enum err ration_find(const struct budget *b, const struct privacy_event *asked, uint64_t rounds, double noise_max,
                     struct ration *out, struct why *why)
{
    struct privacy_event most = *asked;
    TRY(judge(b, asked, rounds, noise_max, why));
    most.noise = noise_max;
    struct ration r = { .noise = asked->noise, .covered = budget_covers(b, asked, rounds) };
    r.lasts = r.covered == rounds ? rounds : budget_covers(b, &most, rounds);
    if (r.lasts == 0) return spent(b, noise_max, why);
    if (r.covered < rounds) r.noise = r.lasts == rounds ? least(b, asked, rounds, noise_max) : noise_max;
    r.raised = r.noise > asked->noise;
    *out = r;
    return OK;
}
