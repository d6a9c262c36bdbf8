#include "agents/trainer/engines/engine.h"
#include "agents/trainer/engines/net.h"

static const struct engine *const engines[] = { &net_engine };

const struct engine *engine_find(struct str name)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (str_is(name, engines[i]->name)) return engines[i];
    return NULL;
}

enum err training_check(const struct training *how, struct why *why)
{
    const struct {
        const char *name;
        double value, min, max;
    } ranges[] = {
        { "learning rate", how->learning_rate, 1e-9, 1e3 },
        { "weight decay", how->weight_decay, 0, 1e3 },
        { "proximal mu", how->proximal_mu, 0, 1e3 },
        { "number of epochs", (double)how->epochs, 1, TRAINING_MAX_EPOCHS },
        { "batch", (double)how->batch, 1, TRAINING_MAX_BATCH },
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (!(ranges[i].value >= ranges[i].min && ranges[i].value <= ranges[i].max))
            return why_say(why, ERR_SETTING, "the %s is %g; it must be from %g to %g", ranges[i].name, ranges[i].value,
                           ranges[i].min, ranges[i].max);
    return OK;
}
