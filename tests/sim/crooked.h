/*
 * crooked -- a coordinator that leads real hospitals through one secure sum,
 * and cheats at one place of it.
 */
#pragma once
#include "tests/sim/federation.h"

enum { CROOKED_SITES = 4 };
enum mischief {
    HONEST,
    FALSE_IDENTITY, /* the header is among keys that are not the roster's */
    SMALL_COHORT,   /* a sum of two */
    LOW_THRESHOLD,  /* with which two stories can be told */
    ONE_HONEST,     /* all but one are reckoned with as the coordinator's */
    TWO_HEADERS,    /* another header for the same sum, to some */
    SWAPPED_KEY,    /* the last hospital is given another's keys as the coordinator's own */
    SHRUNKEN_LIST,  /* keys of fewer than the header says must be there */
    OTHER_MODEL,    /* the last hospital gets another model */
    BOTH_SHARES,    /* a hospital is said to have survived and to have dropped out */
    SPLIT_VIEW,     /* two are told that the last one dropped out, two that it did not */
    OTHER_HALF,     /* after the answers: now the last one is said to have dropped out */
    REPLAYED_KEYS,  /* the keys of the sum before */
    REPLAYED_SUM,   /* the header of a sum that was answered */
    MISCHIEFS
};

struct crooked_site { /* what the coordinator heard of one hospital */
    unsigned got[MSG_COUNT];
    char code[33];
    char text[401];
    unsigned halves[CROOKED_SITES + 1]; /* of the sum: which half of each member it told, as bits */
    char logged[4000];                  /* its refusals in the guardian's log, a line each */
};
struct crooked_end {
    struct crooked_site sites[CROOKED_SITES];
    unsigned both_halves; /* told by one hospital of one other */
};

/* Holds the sum, with a guardian in the roster that permits whatever the coordinator asks for, or without; ERR_IO and
 * friends with a sentence. */
enum err crooked_run(const struct federation_files *files, enum mischief mischief, bool guarded,
                     struct crooked_end *out, struct why *why) MUST_USE;
