/*
 * count -- how many patients of this hospital fall into each cell of a table,
 * by one or two columns of a task's data contract (axis.h).
 *
 * A patient counts once, with the first of its records; without a patient
 * column each record does.
 */
#pragma once
#include "agents/trainer/dataset.h"
#include "common/privacy/cells.h"
#include "common/wire/axis.h"

/* Fills the table; nothing is hidden yet.  ERR_INPUT with a sentence when it is too large, ERR_MEMORY. */
enum err count_fill(const struct dataset *d, const struct contract *c, const struct axis *rows,
                    const struct axis *columns, struct cells *out, struct why *why) MUST_USE;
