#include "common/learn/table.h"
#include "common/base/secret.h"
#include <stdlib.h>

enum err table_init(struct table *t, size_t nrows, size_t ninputs)
{
    if (ninputs > 0 && nrows > TABLE_MAX_VALUES / ninputs) return ERR_LIMIT;
    struct table made = { .nrows = nrows, .ninputs = ninputs };
    made.inputs = calloc(nrows * ninputs + 1, sizeof *made.inputs);
    made.labels = calloc(nrows + 1, sizeof *made.labels);
    if (made.inputs == NULL || made.labels == NULL) {
        table_fini(&made);
        return ERR_MEMORY;
    }
    *t = made;
    return OK;
}

void table_fini(struct table *t)
{
    if (t == NULL) return;
    if (t->inputs) secret_wipe(t->inputs, t->nrows * t->ninputs * sizeof *t->inputs);
    if (t->labels) secret_wipe(t->labels, t->nrows * sizeof *t->labels);
    free(t->inputs);
    free(t->labels);
    *t = (struct table){ 0 };
}
