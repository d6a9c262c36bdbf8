/*
 * logbook -- a transparency log as a file that anybody can check without the
 * log's keeper, and proofs cut from it.
 *
 *     himas-log/v1
 *     entry 0 <64 hex digits> roster version=7 sha256=...
 *     entry 1 <64 hex digits> permit serial=1 run=r1 ...
 *     checkpoint 7
 *     <7 lines: a signed note (note_checkpoint.h) with its cosignatures>
 *     end 2
 *
 * An entry is one line: a word for its kind, and what there is to say.  The
 * digits are its leaf's hash (merkle.h), so that a changed entry is named; a
 * checkpoint stands behind the last entry it covers, and every entry is under
 * one.  There is one spelling for one log: no byte of the file can be changed
 * without being found.
 *
 * WHO SIGNED.  The log's own key and the witnesses' that are trusted come from
 * outside.  Former witnesses' keys are in the log, as an entry
 *     witness name=hospital-a@himas.local key=<64 hex digits>
 * before their first cosignature: their lines are checked, and not counted.
 *
 * PROOFS are C2SP tlog-proof files, whose "extra" is the entry's text.
 */
#pragma once
#include "common/crypto/note_checkpoint.h"

#define LOGBOOK_HEAD_LINE "himas-log/v1"
enum {
    LOGBOOK_ENTRY_BYTES = 4096, /* of an entry's text */
    LOGBOOK_MAX_BYTES = 1 << 30,
    LOGBOOK_PROOF_MAX_BYTES = NOTE_MAX_BYTES + 16384
};

struct logbook_trust {
    struct note_key log;              /* NOTE_ED25519; its name is the log's origin */
    const struct note_key *witnesses; /* NOTE_COSIGN; no two alike */
    size_t nwitnesses;
};
struct logbook_found {
    uint64_t entries;
    uint64_t covered;   /* entries under the newest checkpoint */
    size_t checkpoints; /* that hold */
    size_t cosigned;    /* of the trusted witnesses, how many signed the newest checkpoint */
    /* After ERR_CRYPTO or ERR_INPUT: the first line that is wrong, and the entries it leaves in doubt. */
    uint64_t line;
    uint64_t bad_first, bad_last; /* the same when the entry is known; bad_last < bad_first: the entries are whole */
};

/* May this be an entry?  One line of UTF-8 without control characters that begins with a lower-case word. */
bool logbook_is_entry(struct str text);

/* The pieces of a file, in order; each appends.  ERR_INPUT for what may not stand there; buf's errors. */
enum err logbook_put_head(struct buf *out) MUST_USE;
enum err logbook_put_entry(uint64_t index, struct str text, struct buf *out) MUST_USE;
enum err logbook_put_checkpoint(struct str note, struct buf *out) MUST_USE;
enum err logbook_put_end(uint64_t entries, struct buf *out) MUST_USE;

/* ERR_INPUT: the file is malformed.  ERR_CRYPTO: it says what was not signed.  Both with line and entries in *out and a
 * sentence; ERR_LIMIT, ERR_MEMORY. */
enum err logbook_check(struct str file, const struct logbook_trust *trust, struct logbook_found *out, struct why *why)
    MUST_USE;

/* Appends the proof that the entry is in the log, under the first checkpoint that covers it.  The file is checked
 * before: logbook_check's errors; ERR_ABSENT: it has no such entry. */
enum err logbook_prove(struct str file, const struct logbook_trust *trust, uint64_t index, struct buf *out,
                       struct why *why) MUST_USE;

/* The same of what is at hand; appends, buf's errors. */
struct logbook_cut {
    uint64_t index;
    struct str entry;
    const struct merkle_proof *proof; /* in the log at the checkpoint */
    struct str note;                  /* the checkpoint */
};
enum err logbook_put_proof(const struct logbook_cut *c, struct buf *out) MUST_USE;

struct logbook_proven {
    uint64_t index, size; /* of the entry; of the log at the checkpoint */
    struct buf entry;     /* to be freed */
    size_t cosigned;      /* trusted witnesses that signed the checkpoint */
};
bool logbook_is_proof(struct str file);
/* ERR_INPUT, ERR_CRYPTO with a sentence; ERR_MEMORY. */
enum err logbook_check_proof(struct str file, const struct logbook_trust *trust, struct logbook_proven *out,
                             struct why *why) MUST_USE;
