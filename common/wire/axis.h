/*
 * axis -- a column of a data contract as one side of a table of counts.
 *
 * What has a list of classes can be counted by: the label, a category, a
 * sensitive category.  Missing values are a class of their own, "unknown", so
 * that every table of the same records has the same total.
 */
#pragma once
#include "common/wire/contract.h"

struct axis {
    const struct column *of; /* in the contract; NULL: no column, everything is in one class */
    size_t classes;          /* "unknown" among them, as the last; the label has none */
    size_t place;            /* its first input, or its number among the sensitive columns */
};

/* "" is no column.  ERR_INPUT with a sentence for what cannot be counted by. */
enum err axis_find(const struct contract *c, struct str column, struct axis *out, struct why *why) MUST_USE;
char *axis_class(const struct axis *a, size_t at, char out[CONTRACT_NAME_BYTES]); /* its name; "all" without a column */
