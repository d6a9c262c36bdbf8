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

struct permitted_by {
    struct str note, proof;
};
struct permitted_as {
    double noise;   /* what this hospital is to add at least; 0: none, or there is no guardian */
    uint64_t point; /* nothing is to be done before trainer_log_shown says yes to it; 0: at once */
};
/* The wish without what this hospital knows of itself.  ERR_REFUSED, ERR_STATE, ERR_CRYPTO with a sentence. */
enum err permitted(struct trainer *t, const struct permitted_by *by, const struct permit_wish *wish,
                   struct permitted_as *out, struct why *why) MUST_USE;

/* handlers_log.c */
enum { LOG_KEY_BYTES = 64 };
/* "log/<key>/what": another guardian keeps another log. */
const char *trainer_log_key(char out[LOG_KEY_BYTES], const char *what, const struct note_key *log);
enum err trainer_guardian_key(const struct trainer *t, struct note_key *out)
    MUST_USE; /* ERR_ABSENT: the roster has none */
/* Two checkpoints that cannot both be true; t->log_alarm says so, and is kept, too. */
enum err trainer_keep_evidence(struct trainer *t, const struct note_key *log, struct str kept, struct str shown)
    MUST_USE;

/* handlers_proof.c: is the checkpoint (its note) in one log with the one that is kept here?  *out_point: its length,
 * when that is still to be shown, and the guardian was asked; 0: it is.  ERR_CRYPTO with a sentence when it cannot be;
 * both are then kept as evidence. */
enum { LOG_PROOF_MS = 60000 }; /* question or answer may be lost a few times: they go again within 30 s at the latest */
enum err trainer_compare_log(struct trainer *t, const struct note_key *log, struct str note, uint64_t *out_point,
                             struct why *why) MUST_USE;
enum err trainer_log_moved(struct trainer *t, const struct note_key *log) MUST_USE; /* another one is kept now */
enum err trainer_ask_again(struct trainer *t, const struct note_key *log) MUST_USE; /* after a restart */
