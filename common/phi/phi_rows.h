/*
 * phi_rows -- the detectors, one row each.
 */
#pragma once
#include "common/phi/phi.h"
#include "common/phi/phi_check.h"

enum { PHI_MAX_ROWS = 96, PHI_WORDS_BEFORE = 48, PHI_WORDS_AFTER = 24 };

enum phi_row_flag {
    PHI_CASED = 1, /* capitals matter */
    PHI_OWN = 2    /* may be a name of the federation's own (struct phi_known) */
};
struct phi_row {
    enum phi_type type;
    char need; /* a text without this sign ('9': without a digit) is not searched; 0: any is */
    unsigned flags;
    const char *pattern; /* of PCRE2, over folded text; no part of it may repeat without bound */
    phi_check_fn *check; /* NULL: the pattern says it all */
    double alone;        /* score when none of the words is near, */
    double near;         /* and when one is; from .5 on it is a hit */
    const char *words;   /* "a|b c", in lower case: within PHI_WORDS_BEFORE bytes before or PHI_WORDS_AFTER behind */
};

extern const struct phi_row phi_rows[]; /* ends with PHI_NONE */
