/*
 * patients -- sentences about patients that do not exist, from a seed.
 *
 * One thing of a class is made up (with right check digits, by formulas of this
 * file's own), put into a sentence as people write them, and sometimes wrapped:
 * in digits of another script, with invisible characters or look-alike letters,
 * or encoded.
 */
#pragma once
#include "common/base/buf.h"
#include "common/base/rng.h"
#include "common/phi/phi.h"

enum patients_wrap {
    PATIENTS_PLAIN,
    PATIENTS_WIDE,      /* full-width forms */
    PATIENTS_ARABIC,    /* Arabic-Indic digits */
    PATIENTS_INVISIBLE, /* zero-width spaces between the signs */
    PATIENTS_ALIKE,     /* Cyrillic letters that look the same */
    PATIENTS_BASE64,    /* this and the following: the whole sentence */
    PATIENTS_HEX,
    PATIENTS_PERCENT,
    PATIENTS_JSON,
    PATIENTS_WRAPS
};

bool patients_checksummed(enum phi_type type);
/* Replaces *text.  PHI_UNSCANNED has no sentences. */
void patients_say(struct rng *r, enum phi_type type, enum patients_wrap wrap, struct buf *text);
