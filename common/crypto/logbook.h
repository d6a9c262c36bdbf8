/*
 * logbook -- a transparency log as a file that anybody can check without the
 * log's keeper, and proofs cut from it.
 *
 *     himas-log/v2
 *     entry 0 <64 hex digits> roster version=7 sha256=...
 *     entry 1 <64 hex digits> permit serial=1 signed=<64 hex digits> run=r1 ...
 *     signed 20
 *     <20 lines: the note (note.h) that the entry before is about>
 *     checkpoint 7
 *     <7 lines: a signed note (note_checkpoint.h) with its cosignatures>
 *     end 2 1
 *
 * An entry is one line: a word for its kind, and what there is to say.  The
 * digits are its leaf's hash (merkle.h), so that a changed entry is named; a
 * checkpoint stands behind the last entry it covers, and every entry is under
 * one.  There is one spelling for one log: no byte of the file can be changed
 * without being found.
 *
 * WHAT WAS SIGNED.  A permit's entry whose third word is signed=<SHA-256> is about a
 * text that the log's keeper signed and gave away; the text stands behind it,
 * with the keeper's signature and no other.  Files of version 1 have neither
 * such entries nor such texts, and `end 2` alone; they are read as ever.
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

#define LOGBOOK_HEAD_LINE "himas-log/v2"
#define LOGBOOK_OLD_LINE "himas-log/v1"
enum {
    LOGBOOK_ENTRY_BYTES = 4096, /* of an entry's text */
    LOGBOOK_MAX_BYTES = 1 << 30,
    LOGBOOK_PROOF_MAX_BYTES = NOTE_MAX_BYTES + 16384
};

/* Does the entry tell of this signed text what is in it?  ERR_CRYPTO when not. */
typedef enum err logbook_says_fn(struct str entry, struct str text);

struct logbook_trust {
    struct note_key log;              /* NOTE_ED25519; its name is the log's origin */
    const struct note_key *witnesses; /* NOTE_COSIGN; no two alike */
    size_t nwitnesses;
    logbook_says_fn *says; /* NULL: signatures and hashes alone are looked at */
};
struct logbook_found {
    uint64_t entries;
    uint64_t texts;     /* signed ones */
    uint64_t covered;   /* entries under the newest checkpoint */
    size_t checkpoints; /* that hold */
    size_t cosigned;    /* of the trusted witnesses, how many signed the newest checkpoint */
    /* After ERR_CRYPTO or ERR_INPUT: the first line that is wrong, and the entries it leaves in doubt. */
    uint64_t line;
    uint64_t bad_first, bad_last; /* the same when the entry is known; bad_last < bad_first: the entries are whole */
};

/* May this be an entry?  One line of UTF-8 without control characters that begins with a lower-case word. */
bool logbook_is_entry(struct str text);
/* The digits of the signed text's hash that the entry names; empty: none. */
struct str logbook_signed_hash(struct str entry);

/* The pieces of a file, in order; each appends.  ERR_INPUT for what may not stand there; buf's errors. */
enum err logbook_put_head(struct buf *out) MUST_USE;
enum err logbook_put_entry(uint64_t index, struct str text, struct buf *out) MUST_USE;
enum err logbook_put_signed(struct str note, struct buf *out) MUST_USE; /* behind its entry */
enum err logbook_put_checkpoint(struct str note, struct buf *out) MUST_USE;
enum err logbook_put_end(uint64_t entries, uint64_t texts, struct buf *out) MUST_USE;

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
