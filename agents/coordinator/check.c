#include "agents/coordinator/check.h"
#include "common/learn/safetensors.h"

static const char *const names[] = {
#define REFUSAL_ROW(name, text) [REFUSAL_##name] = text,
    CHECK_REFUSALS(REFUSAL_ROW)
#undef REFUSAL_ROW
};

const char *refusal_name(enum refusal r) { return (unsigned)r < REFUSAL_COUNT ? names[r] : "unknown"; }

static enum err check_architecture(const struct model_spec *spec, const struct tensor_set *got, struct tensor_set **out,
                                   struct why *why)
{
    CLEANUP(tensor_set_drop) struct tensor_set *like = NULL;
    char text[MODEL_TEXT_BYTES];
    TRY(model_init(spec, 0, &like));
    enum err e = tensor_set_arrange(like, got, out);
    if (e == ERR_INPUT)
        return why_say(why, e, "the update's tensors are not those of %s; train the model that was sent",
                       model_text(spec, text));
    return e;
}

static enum err check_content(const struct check_limits *limits, const struct tensor_set *s, enum refusal *out_reason,
                              struct why *why)
{
    if (!tensor_set_finite(s)) {
        *out_reason = REFUSAL_NOT_FINITE;
        return why_say(why, ERR_INPUT, "the update holds numbers that are not finite; lower the learning rate");
    }
    double norm = tensor_set_l2(s);
    if (limits->max_norm > 0 && norm > limits->max_norm) {
        *out_reason = REFUSAL_NORM;
        return why_say(why, ERR_INPUT, "the update's L2 norm is %.6g; the task allows %.6g (rounds.max_update_norm)",
                       norm, limits->max_norm);
    }
    return OK;
}

enum err check_update(const struct check_limits *limits, struct bytes update, struct tensor_set **out,
                      enum refusal *out_reason, struct why *why)
{
    CLEANUP(tensor_set_drop) struct tensor_set *got = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *ordered = NULL;
    enum refusal reason = REFUSAL_UNREADABLE;
    enum err e = safetensors_decode(update, &got, why);
    if (e == OK) {
        reason = REFUSAL_ARCHITECTURE;
        e = check_architecture(limits->spec, got, &ordered, why);
    }
    if (e == OK) e = check_content(limits, ordered, &reason, why);
    if (e != OK) {
        *out_reason = reason;
        return e;
    }
    *out = ordered;
    ordered = NULL;
    return OK;
}
