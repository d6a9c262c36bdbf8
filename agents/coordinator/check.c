#include "agents/coordinator/check.h"
#include "agents/coordinator/weights.h"
#include <math.h>
#include <stdlib.h>

static const char *const names[] = {
#define REFUSAL_ROW(name, text) [REFUSAL_##name] = text,
    CHECK_REFUSALS(REFUSAL_ROW)
#undef REFUSAL_ROW
};

const char *refusal_name(enum refusal r) { return (unsigned)r < REFUSAL_COUNT ? names[r] : "unknown"; }

struct sums {
    bool finite;
    double squares; /* in double, in the model's order: see tensor.h */
};

static void free_numbers(float **p) { free(*p); }

static enum err add_up(struct agent *a, const struct blob *b, const struct weights *w, struct sums *out)
{
    size_t most = w->total < WEIGHTS_WINDOW ? w->total : WEIGHTS_WINDOW;
    CLEANUP(free_numbers) float *window = malloc((most ? most : 1) * sizeof *window);
    struct sums s = { .finite = true };
    if (window == NULL) return ERR_MEMORY;
    for (size_t at = 0; at < w->total && s.finite; at += most) {
        size_t n = w->total - at < most ? w->total - at : most;
        TRY(weights_read(a, b, w, at, n, window));
        s.finite = floats_finite(window, n);
        for (size_t i = 0; i < n; i++) s.squares += (double)window[i] * (double)window[i];
    }
    *out = s;
    return OK;
}

static enum err check_content(const struct check_limits *limits, const struct sums *s, enum refusal *out_reason,
                              struct why *why)
{
    if (!s->finite) {
        *out_reason = REFUSAL_NOT_FINITE;
        return why_say(why, ERR_INPUT, "the update holds numbers that are not finite; lower the learning rate");
    }
    double norm = sqrt(s->squares);
    if (limits->norm) *limits->norm = norm;
    if (limits->max_norm > 0 && norm > limits->max_norm) {
        *out_reason = REFUSAL_NORM;
        return why_say(why, ERR_INPUT, "the update's L2 norm is %.6g; the task allows %.6g (rounds.max_update_norm)",
                       norm, limits->max_norm);
    }
    return OK;
}

enum err check_update(struct agent *a, const struct check_limits *limits, const struct blob *update,
                      enum refusal *out_reason, struct why *why)
{
    static const enum refusal reasons[] = {
        [WEIGHTS_UNREADABLE] = REFUSAL_UNREADABLE, [WEIGHTS_OTHER_MODEL] = REFUSAL_ARCHITECTURE
    };
    enum weights_defect defect;
    struct weights w;
    struct sums sums;
    enum err e = weights_of_update(a, update, limits->spec, &w, &defect, why);
    if (e != OK) *out_reason = reasons[defect];
    TRY(e);
    TRY(add_up(a, update, &w, &sums));
    return check_content(limits, &sums, out_reason, why);
}
