#include "common/base/purpose.h"

const char *const purpose_names[] = { "research", "quality", "public-health", "operations", NULL };

const char *purpose_name(enum purpose p) { return p < PURPOSES ? purpose_names[p] : "unknown"; }

enum err purpose_parse(struct str text, enum purpose *out)
{
    for (size_t i = 0; i < PURPOSES; i++) {
        if (!str_is(text, purpose_names[i])) continue;
        *out = (enum purpose)i;
        return OK;
    }
    return ERR_INPUT;
}
