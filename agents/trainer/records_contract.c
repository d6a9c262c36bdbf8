#include "agents/trainer/records_contract.h"
#include <string.h>

static size_t column_named(const struct contract *c, const char *name)
{
    size_t i = 0;
    while (i < c->count && strcmp(c->columns[i].name, name) != 0) i++;
    return i;
}

static size_t patient_column(const struct contract *c)
{
    size_t i = 0;
    while (i < c->count && c->columns[i].role != COLUMN_PATIENT) i++;
    return i;
}

/* With a header the names tell the columns apart: the task's, and the hospital's patient column when the task names
 * none, so that one patient's records still stay on one side of the split. */
static enum err by_header(const struct contract *have, const struct contract *need, struct contract *c)
{
    size_t patient = patient_column(have);
    memcpy(c->columns, need->columns, need->count * sizeof *c->columns);
    c->count = need->count;
    if (patient_column(need) == need->count && patient < have->count &&
        column_named(need, have->columns[patient].name) == need->count)
        c->columns[c->count++] = have->columns[patient];
    return OK;
}

/* Without one the order is all there is: the inputs must come in the task's. */
static enum err by_order(const struct contract *have, const struct contract *need, struct contract *c, struct why *why)
{
    size_t last = 0;
    bool names_patient = patient_column(need) < need->count;
    for (size_t i = 0; i < have->count; i++) {
        size_t at = column_named(need, have->columns[i].name);
        c->columns[i] = at < need->count ? need->columns[at] : have->columns[i];
        if (at == need->count && (names_patient || have->columns[i].role != COLUMN_PATIENT))
            c->columns[i].role = COLUMN_IGNORED;
        if (at == need->count || need->columns[at].role != COLUMN_FEATURE) continue;
        if (at < last)
            return why_say(why, ERR_DATA,
                           "without a header line the columns must be in the task's order; \"%s\" is not",
                           have->columns[i].name);
        last = at;
    }
    c->count = have->count;
    return OK;
}

enum err records_contract(const struct contract *have, const struct contract *need, struct arena *arena,
                          struct contract *out, struct why *why)
{
    struct contract c = *need;
    if (have != NULL) {
        TRY(contract_fits(have, need, why));
        c = *have;
        c.nfeatures = need->nfeatures;
        c.ninputs = need->ninputs;
        c.nclasses = need->nclasses;
        c.columns = arena_array(arena, have->count + need->count, sizeof *c.columns);
        if (c.columns == NULL) return ERR_MEMORY;
        TRY(have->header ? by_header(have, need, &c) : by_order(have, need, &c, why));
        c.label = column_named(&c, need->columns[need->label].name);
    }
    *out = c;
    return OK;
}
