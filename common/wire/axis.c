#include "common/wire/axis.h"
#include "common/base/text.h"
#include <stdio.h>

/* Inputs and sensitive columns are numbered in the contract's order; a category has an input for each class. */
static size_t place_of(const struct contract *c, const struct column *of)
{
    size_t place = 0;
    for (const struct column *k = c->columns; k < of; k++)
        if (k->role == of->role) place += of->role == COLUMN_FEATURE && k->kind == COLUMN_CATEGORY ? k->nclasses : 1;
    return place;
}

static bool has_classes(const struct column *k)
{
    bool looked_at = k->role == COLUMN_FEATURE || k->role == COLUMN_SENSITIVE;
    return k->role == COLUMN_LABEL || (looked_at && k->kind == COLUMN_CATEGORY);
}

enum err axis_find(const struct contract *c, struct str column, struct axis *out, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    const struct column *of = NULL;
    if (column.n == 0) return *out = (struct axis){ .classes = 1 }, OK;
    for (size_t i = 0; i < c->count; i++)
        if (str_is(column, c->columns[i].name)) of = &c->columns[i];
    text_show(column, shown, sizeof shown);
    if (of == NULL) return why_say(why, ERR_INPUT, "the task's data have no column %s", shown);
    if (!has_classes(of))
        return why_say(why, ERR_INPUT, "%s has no classes to count by; the label and categories have", shown);
    bool label = of->role == COLUMN_LABEL;
    *out = (struct axis){ .of = of, .classes = label ? c->nclasses : of->nclasses + 1, .place = place_of(c, of) };
    return OK;
}

char *axis_class(const struct axis *a, size_t at, char out[CONTRACT_NAME_BYTES])
{
    if (a->of == NULL)
        (void)snprintf(out, CONTRACT_NAME_BYTES, "all");
    else if (at >= a->of->nclasses && a->of->role != COLUMN_LABEL)
        (void)snprintf(out, CONTRACT_NAME_BYTES, "unknown");
    else if (a->of->classes)
        (void)snprintf(out, CONTRACT_NAME_BYTES, "%s", a->of->classes[at]);
    else
        (void)snprintf(out, CONTRACT_NAME_BYTES, "%zu", at);
    return out;
}
