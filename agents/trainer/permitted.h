/*
 * permitted -- has the guardian permitted this?  Where the roster has one,
 * nothing is trained or counted without its permit, whatever the coordinator
 * says.
 */
#pragma once
#include "agents/trainer/trainer.h"
#include "common/privacy/permit.h"

/* The wish without what this hospital knows of itself.  *out_noise (it may be NULL) is what it is to add at least; 0:
 * none, or there is no guardian.  ERR_REFUSED, ERR_STATE, ERR_CRYPTO with a sentence. */
enum err permitted(struct trainer *t, struct str note, const struct permit_wish *wish, double *out_noise,
                   struct why *why) MUST_USE;
