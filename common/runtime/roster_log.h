/*
 * roster_log -- who of a roster may sign what of the transparency log (logbook.h).
 *
 * The log is the guardian's: its JID is the log's name, and its key signs checkpoints.  Every trainer is a witness.
 */
#pragma once
#include "common/crypto/logbook.h"
#include "common/runtime/roster.h"

struct roster_log {
    struct logbook_trust trust; /* its witnesses are those below */
    struct note_key *witnesses; /* owned */
};

/* The one guardian of a roster; NULL when there is none, or several. */
const struct member *roster_log_keeper(const struct roster *r);

bool roster_log_guarded(const struct roster *r); /* it has a guardian, or several */

/* ERR_ABSENT when the member has no `sign` key; ERR_MEMORY. */
enum err roster_log_key(const struct member *guardian, struct note_key *out) MUST_USE;
enum err roster_log_witness_key(const struct member *trainer, struct note_key *out) MUST_USE;

/* How many entries a checkpoint covers that the guardian signed just now (a note in base64, as its command `health`
 * says it).  ERR_CRYPTO: not with the roster's key; ERR_ABSENT: the roster has none; ERR_MEMORY. */
enum err roster_log_covered(const struct member *guardian, struct str base64, uint64_t *out_entries) MUST_USE;

/* ERR_ABSENT, with a sentence, when there is no guardian whose key is known.  Trainers without a key are left out. */
enum err roster_log_trust(const struct roster *r, struct roster_log *out, struct why *why) MUST_USE;
void roster_log_free(struct roster_log *t); /* for CLEANUP() */
