/*
 * records_contract -- a task's columns laid over the hospital's own file.
 *
 * The task says which columns it needs and what they may hold; the hospital's
 * declaration says how its file is written: header, skipped lines, spellings
 * of a missing value, order of columns, and who is the same patient.
 */
#pragma once
#include "common/wire/contract.h"

/* The contract to read the file with; its columns are in the arena or are those of the arguments.  have may be NULL:
 * the file is then written as the task's contract says.  ERR_DATA with a sentence when the file cannot serve the task;
 * ERR_MEMORY. */
enum err records_contract(const struct contract *have, const struct contract *need, struct arena *arena,
                          struct contract *out, struct why *why) MUST_USE;
