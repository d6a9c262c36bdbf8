/*
 * vandal -- a hospital that lets no secure sum come about: the real trainer but for one stage, at which it
 *
 *   QUITS         says that it will not go on
 *   QUITS_LATE    the same, when the vectors have left
 *   SMALL_ORDER   sends a key with which nothing secret can be agreed on
 *   FALSE_SHARES  sends the others shares that none of them can open
 */
#pragma once
#include "common/runtime/agent.h"

enum vandalism { VANDAL_QUITS = 1, VANDAL_QUITS_LATE, VANDAL_SMALL_ORDER, VANDAL_FALSE_SHARES };
enum { VANDAL_MAX_HANDLERS = 32 };
struct vandal {
    struct agent_def def; /* of the agent; not to be moved */
    struct agent_handler handlers[VANDAL_MAX_HANDLERS];
};

void vandal_make(struct vandal *v, enum vandalism what);
