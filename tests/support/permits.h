/*
 * permits -- a permit to try things on: for round 3 of the run toy-1, signed
 * as number 7, good from 1000 to 2000 ms.
 */
#pragma once
#include "common/privacy/permit.h"

#define PERMIT_SAMPLE_HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* sites: borrowed. */
struct permit permit_sample(const struct permit_site *sites, size_t nsites);
