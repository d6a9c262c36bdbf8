/*
 * check -- what an update must be before it may touch the model.
 *
 * The sender is authenticated and its round looked up before (updates.c); here
 * the content: exactly the model's tensors, finite, and not longer than the
 * task allows.  Every refusal has a name, which is counted, and a sentence,
 * which goes back to the hospital.
 */
#pragma once
#include "common/base/str.h"
#include "common/learn/model.h"
#include "common/runtime/agent.h"

#define CHECK_REFUSALS(R)                                                                                              \
    R(NONE, "none")                                                                                                    \
    R(STRANGER, "not-invited") /* not a hospital of this run, or it never accepted */                                  \
    R(NO_RUN, "no-such-run")                                                                                           \
    R(FUTURE, "future-round")       /* a round that has not begun */                                                   \
    R(EQUIVOCATION, "equivocation") /* the same round again with other bytes */                                        \
    R(UNREADABLE, "unreadable")     /* no safetensors */                                                               \
    R(ARCHITECTURE, "architecture") /* names or shapes are not the model's */                                          \
    R(NOT_FINITE, "not-finite")                                                                                        \
    R(NORM, "norm")                                                                                                    \
    R(SECURE, "secure-sum")   /* not of the secure sum, or does not hold */                                            \
    R(NUMBERS, "numbers")     /* moments or counts that cannot be */                                                   \
    R(SIGNATURE, "signature") /* of the log's checkpoint, that does not hold */

enum refusal {
#define REFUSAL_ROW(name, text) REFUSAL_##name,
    CHECK_REFUSALS(REFUSAL_ROW)
#undef REFUSAL_ROW
        REFUSAL_COUNT
};
const char *refusal_name(enum refusal r);

struct check_limits {
    const struct model_spec *spec;
    double max_norm; /* L2 over all weights; 0: no bound */
    double *norm;    /* where it is noted; NULL: nowhere */
};

/* Reads the update by windows.  On refusal ERR_INPUT or ERR_LIMIT, *out_reason and the sentence say why; else the
 * store's errors and ERR_MEMORY.  a may be NULL for bytes in memory. */
enum err check_update(struct agent *a, const struct check_limits *limits, const struct blob *update,
                      enum refusal *out_reason, struct why *why) MUST_USE;
