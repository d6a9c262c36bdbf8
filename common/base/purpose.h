/*
 * purpose -- what a task, or a question, is for, in one of four words: the
 * guardian's policy and each hospital's say which they allow (45 CFR 164.501,
 * 164.512: each use of records has its purpose).
 */
#pragma once
#include "common/base/str.h"

enum purpose { PURPOSE_RESEARCH, PURPOSE_QUALITY, PURPOSE_PUBLIC_HEALTH, PURPOSE_OPERATIONS, PURPOSES };

extern const char *const purpose_names[];                            /* ends with NULL */
const char *purpose_name(enum purpose p);                            /* "public-health" */
enum err purpose_parse(struct str text, enum purpose *out) MUST_USE; /* ERR_INPUT */
