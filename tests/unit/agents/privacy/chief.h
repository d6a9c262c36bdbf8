/*
 * chief -- a coordinator that says to a real guardian what the officer paul
 * tells it to, and notes what it hears: send WHAT ROUND NOISE [ROUNDS NORM ...].
 */
#pragma once
#include "agents/privacy/guardian.h"
#include "common/runtime/sim.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_HEX "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
enum { CHIEF_TEXT_BYTES = 2000 };
struct chief {
    char heard[CHIEF_TEXT_BYTES];
    char note[CHIEF_TEXT_BYTES];
    char revoked[CHIEF_TEXT_BYTES];
    char proof[CHIEF_TEXT_BYTES];
    unsigned same; /* notes alike, one after the other */
};

/* With a guardian of this policy, whose file is at path and is to be removed, one hospital, the operator olga and the
 * scientist sam. */
struct sim *chief_house(const char *policy, char path[64]);
/* Says it to the agent, for paul; is the part in the answer? */
bool chief_hears(struct sim *s, const char *agent, const char *words, const char *part);
const struct chief *chief_of(struct sim *s);
const struct tlog *chief_log(struct sim *s);
