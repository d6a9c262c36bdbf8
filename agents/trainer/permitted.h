/*
 * permitted -- has the guardian permitted this?  Where the roster has one,
 * nothing is trained or counted without its permit, and the proof that this
 * permit, with the model's hash in it, is in the guardian's log; whatever the
 * coordinator says.
 */
#pragma once
#include "agents/trainer/trainer.h"
#include "common/crypto/logbook.h"
#include "common/privacy/permit.h"

/* The wish without what this hospital knows of itself.  *out_noise (it may be NULL) is what it is to add at least; 0:
 * none, or there is no guardian.  ERR_REFUSED, ERR_STATE, ERR_CRYPTO with a sentence. */
struct permitted_by {
    struct str note, proof;
};
enum err permitted(struct trainer *t, const struct permitted_by *by, const struct permit_wish *wish, double *out_noise,
                   struct why *why) MUST_USE;

/* handlers_log.c: is the checkpoint the one that was signed here, when they are of the same length?  Both are kept as
 * evidence when they are not.  ERR_CRYPTO with a sentence. */
enum err trainer_compare_log(struct trainer *t, const struct note_key *log, struct str proof, struct why *why) MUST_USE;
