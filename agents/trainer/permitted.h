/*
 * permitted -- has the guardian permitted this?  Where the roster has one,
 * nothing is trained or counted without its permit, whatever the coordinator
 * says.
 */
#pragma once
#include "agents/trainer/trainer.h"
#include "common/privacy/permit.h"

/* The wish without what this hospital knows of itself.  ERR_REFUSED, ERR_CRYPTO with a sentence. */
enum err permitted(struct trainer *t, struct str note, const struct permit_wish *wish, struct why *why) MUST_USE;
