/*
 * card -- a model's card: what it was made of and how good it is, as JSON.
 */
#pragma once
#include "agents/coordinator/registry.h"

/* Appends the card of the version; r is the run it came from. */
void card_write(const struct run *r, const struct version_row *v, struct buf *out);
