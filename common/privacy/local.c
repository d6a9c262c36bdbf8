#include "common/privacy/local.h"
#include "common/privacy/clip.h"
#include "common/privacy/gaussian.h"
#include <math.h>

typedef enum err clip_fn(float *v, size_t n, double bound, double *out_norm);
typedef enum err noise_fn(const struct local_rule *rule, double *out, struct why *why);

static enum err gaussian_noise(const struct local_rule *rule, double *out, struct why *why)
{
    if (!(rule->delta > 0 && rule->delta < 1))
        return why_say(why, ERR_INPUT, "delta must lie between 0 and 1, and is %g", rule->delta);
    if ((1 + exp(rule->epsilon)) * NOISE_DISTANCE > rule->delta * NOISE_DELTA_SHARE)
        return why_say(why, ERR_INPUT, "epsilon %g is too large for delta %g", rule->epsilon, rule->delta);
    *out = gaussian_sigma(rule->epsilon, rule->delta * (1 - NOISE_DELTA_SHARE));
    return OK;
}

static enum err laplace_noise(const struct local_rule *rule, double *out, struct why *why)
{
    (void)why;
    *out = 1 / rule->epsilon;
    return OK;
}

static const struct mechanism {
    noise_fn *noise; /* scale over sensitivity */
    clip_fn *clip;
    double deviation; /* over scale */
} mechanisms[PRIVACY_MECHANISMS] = {
    [PRIVACY_GAUSSIAN] = { gaussian_noise, clip_l2, 1 },
    [PRIVACY_LAPLACE] = { laplace_noise, clip_l1, M_SQRT2 },
};

enum err local_noise_scale(const struct local_rule *rule, double *out, struct why *why)
{
    double noise = 0;
    if (rule->mechanism >= PRIVACY_MECHANISMS || !mechanisms[rule->mechanism].noise)
        return why_say(why, ERR_INPUT, "no such mechanism");
    if (!(isfinite(rule->epsilon) && rule->epsilon > 0))
        return why_say(why, ERR_INPUT, "epsilon must be above 0, and is %g", rule->epsilon);
    if (!(isfinite(rule->clip) && rule->clip > 0))
        return why_say(why, ERR_INPUT, "the clip bound must be above 0, and is %g", rule->clip);
    TRY(mechanisms[rule->mechanism].noise(rule, &noise, why));
    /* The last factor keeps the accountant's rounded-up answer at or below the rule's epsilon. */
    double scale = LOCAL_SENSITIVITY * rule->clip * fmax(noise * (1 + 1e-9), rule->least);
    if (!(scale >= NOISE_SCALE_MIN && scale <= NOISE_SCALE_MAX && rule->clip <= NOISE_RATIO_MAX * scale))
        return why_say(why, ERR_INPUT, "epsilon %g with clip %g needs noise of scale %g: out of range", rule->epsilon,
                       rule->clip, scale);
    *out = scale;
    return OK;
}

double local_deviation(enum privacy_mechanism mechanism, double scale)
{
    return mechanism < PRIVACY_MECHANISMS ? scale * mechanisms[mechanism].deviation : 0;
}

enum err local_event(const struct local_rule *rule, struct privacy_event *out, struct why *why)
{
    double scale = 0;
    TRY(local_noise_scale(rule, &scale, why));
    *out = (struct privacy_event){
        .mechanism = rule->mechanism,
        .noise = scale / (LOCAL_SENSITIVITY * rule->clip),
        .steps = 1,
        .clip = rule->clip,
        .epsilon = rule->epsilon,
        .delta = rule->mechanism == PRIVACY_GAUSSIAN ? rule->delta : 0,
    };
    return OK;
}

enum err local_privatise(const struct local_rule *rule, float *v, size_t n, random_fn *random, void *self,
                         double *out_scale, struct why *why)
{
    double scale = 0;
    double norm = 0;
    TRY(local_noise_scale(rule, &scale, why));
    if (mechanisms[rule->mechanism].clip(v, n, rule->clip, &norm) != OK)
        return why_say(why, ERR_INPUT, "the update has a number that is not finite");
    TRY(noise_add(rule->mechanism, scale, v, n, random, self));
    *out_scale = scale;
    return OK;
}
