#include "common/runtime/relay.h"
#include <stdlib.h>

/* What the runtime owns: once the work was handed on, an empty shell. */
struct leg {
    const struct relay *how;
    void *work;
};

static void leg_run(void *job)
{
    struct leg *l = job;
    l->how->piece(l->work);
}

static void leg_release(void *job)
{
    struct leg *l = job;
    if (l->work != NULL) l->how->free(l->work);
    free(l);
}

static enum err leg_done(struct agent *a, void *self, void *job)
{
    struct leg *l = job;
    bool more = false;
    TRY(l->how->keep(a, self, l->work, &more));
    if (!more) return OK;
    void *work = l->work;
    l->work = NULL;
    return relay_begin(a, l->how, work);
}

enum err relay_begin(struct agent *a, const struct relay *how, void *work)
{
    struct leg *l = calloc(1, sizeof *l);
    if (l == NULL) {
        how->free(work);
        return ERR_MEMORY;
    }
    *l = (struct leg){ how, work };
    return agent_offload(a, (struct agent_job){ leg_run, leg_done, leg_release, l });
}
