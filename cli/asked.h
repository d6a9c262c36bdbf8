/*
 * asked -- words people say to himas that an agent would understand.
 *
 * The command line does not know the agents; the words and who has them are
 * here for the hint alone (docs/COMMANDS.md has all of them).
 */
#pragma once
#include "common/base/str.h"

struct asked {
    const char *word;  /* the first of the command's name */
    const char *whose; /* who has it, for people */
    const char *agent; /* whom to ask, as `himas ask` takes it */
};

extern const struct asked asked_rows[];          /* ends with a NULL word */
const struct asked *asked_find(struct str word); /* NULL: nobody's */
