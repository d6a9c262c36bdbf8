#include "agents/trainer/update.h"
#include "common/learn/safetensors.h"

static const enum privacy_mechanism mechanisms[] = {
    [NOISE_GAUSSIAN] = PRIVACY_GAUSSIAN,
    [NOISE_LAPLACE] = PRIVACY_LAPLACE,
};

struct update_cover update_cover_of(const struct plan *plan)
{
    struct update_cover c = { .wanted = plan_is_private(plan), .in_sum = plan_is_summed(plan) };
    c.in_training = plan_has_unit(plan) && !c.in_sum;
    if (!c.wanted || plan_has_unit(plan)) return c;
    c.rule.mechanism = mechanisms[plan->task.privacy.mechanism];
    c.rule.epsilon = plan->task.privacy.epsilon;
    c.rule.delta = plan->task.privacy.delta;
    c.rule.clip = plan->task.privacy.clip;
    return c;
}

static enum err from_stream(void *self, void *out, size_t n)
{
    struct stream *s = self;
    return stream_read(s, out, n);
}

static enum err protect(struct tensor_set *delta, const struct update_cover *cover, double *out_noise, struct why *why)
{
    CLEANUP(stream_drop) struct stream *stream = NULL;
    double scale = 0;
    TRY(stream_new(cover->key, &stream));
    TRY(local_privatise(&cover->rule, delta->flat, delta->nelements, from_stream, stream, &scale, why));
    *out_noise = local_deviation(cover->rule.mechanism, scale);
    return OK;
}

double update_training_noise(const struct update_cover *cover)
{
    return cover->in_training ? cover->unit.noise * cover->unit.clip : 0;
}

enum err update_write(struct tensor_set *delta, const struct update_cover *cover, struct buf *out, double *out_noise,
                      struct why *why)
{
    if (cover->in_sum) return why_say(why, ERR_BUG, "an update with a share of the noise is not to leave by itself");
    double noise = update_training_noise(cover);
    if (cover->wanted && !cover->in_training) TRY(protect(delta, cover, &noise, why));
    TRY(safetensors_encode(delta, NULL, 0, out));
    *out_noise = noise;
    return OK;
}
