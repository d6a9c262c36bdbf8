#include "agents/trainer/engines/engine.h"
#include "agents/trainer/engines/dpsgd.h"
#include "agents/trainer/engines/net.h"
#include <float.h>

static const struct engine *const engines[] = { &net_engine };

const struct engine *engine_find(struct str name)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (str_is(name, engines[i]->name)) return engines[i];
    return NULL;
}

#define CLIP_MIN 1e-12
#define CLIP_MAX 1e9
#define NOISE_MAX 1e12
#define STEPS_MAX 1e12

struct range {
    const char *name;
    double value, min, max;
};

static enum err check_ranges(const struct range *ranges, size_t n, struct why *why)
{
    for (size_t i = 0; i < n; i++)
        if (!(ranges[i].value >= ranges[i].min && ranges[i].value <= ranges[i].max))
            return why_say(why, ERR_SETTING, "the %s is %g; it must be from %g to %g", ranges[i].name, ranges[i].value,
                           ranges[i].min, ranges[i].max);
    return OK;
}

enum err training_check_privacy(const struct training_privacy *p, struct why *why)
{
    const struct range ranges[] = {
        { "clip bound", p->clip, CLIP_MIN, CLIP_MAX },
        { "noise multiplier", p->noise, DPSGD_NOISE_MIN, NOISE_MAX },
        { "sampling rate", p->rate, DBL_MIN, 1 },
        { "number of steps", (double)p->steps, 1, STEPS_MAX },
    };
    return check_ranges(ranges, sizeof ranges / sizeof *ranges, why);
}

enum err training_check_units(const struct training_privacy *p, size_t nrows, struct why *why)
{
    bool fits = p->nunits >= 1 && p->nunits <= nrows && p->starts[0] == 0 && p->starts[p->nunits] == nrows;
    for (size_t i = 0; fits && i < p->nunits; i++) fits = p->starts[i] < p->starts[i + 1];
    return fits ? OK : why_say(why, ERR_INPUT, "the units are not those of the rows");
}

enum err training_check(const struct training *how, struct why *why)
{
    const struct range ranges[] = {
        { "learning rate", how->learning_rate, 1e-9, 1e3 },
        { "weight decay", how->weight_decay, 0, 1e3 },
        { "proximal mu", how->proximal_mu, 0, 1e3 },
        { "number of epochs", (double)how->epochs, 1, TRAINING_MAX_EPOCHS },
        { "batch", (double)how->batch, 1, TRAINING_MAX_BATCH },
    };
    TRY(check_ranges(ranges, sizeof ranges / sizeof *ranges, why));
    return how->privacy ? training_check_privacy(how->privacy, why) : OK;
}
