/*
 * witness -- what a hospital makes of the checkpoints that the guardian's log
 * shows it (C2SP tlog-witness).
 *
 * It keeps the newest checkpoint it has signed, and signs another only when
 * that one follows it: nothing that was in the log is changed or gone.  So a
 * log that shows two hospitals different pasts finds no quorum for both, and
 * what it signed for them is the proof.
 *
 * Here it is only judged; handlers_log.c keeps and says.
 */
#pragma once
#include "common/crypto/note_checkpoint.h"
#include "common/wire/msg.h"

enum witness_verdict {
    WITNESS_SIGNS,    /* it follows what is kept, or is the same */
    WITNESS_BEHIND,   /* the proof begins elsewhere: the log does not know what is kept here */
    WITNESS_OLD,      /* signed before what is kept: it came late */
    WITNESS_SPLIT,    /* two pasts, both signed by the log */
    WITNESS_ROLLBACK, /* the log became shorter */
    WITNESS_FALSE,    /* no checkpoint, or not signed by the log */
    WITNESS_VERDICTS
};
/* Are both checkpoints kept as evidence, and is nothing more of this log signed? */
bool witness_is_fraud(enum witness_verdict v);

struct witness_case {
    struct str kept; /* the note that was signed last; empty: none yet */
    const struct note_key *log;
    const struct msg_log_checkpoint *shown;
};
struct witness_found {
    enum witness_verdict verdict;
    struct str text;    /* the checkpoint's, to be signed; a view into the message */
    uint64_t kept_size; /* entries at the kept checkpoint */
    uint64_t size;
    struct why why; /* a sentence for all but WITNESS_SIGNS */
};
/* ERR_MEMORY; ERR_STORE when what is kept is none. */
enum err witness_judge(const struct witness_case *c, struct witness_found *out) MUST_USE;
