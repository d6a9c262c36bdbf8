/*
 * tlog -- the guardian's transparency log: what it allowed, refused and saw,
 * for ever, in its own store.
 *
 * An entry is written in the same transaction as what it allows is sent, so
 * nothing that left the guardian is missing, and after a crash the log is as
 * some transaction left it.  Entries are lines for people ("permit serial=3
 * run=r1 ...", logbook.h); nothing of a patient's stands in them.
 *
 *   log/size               entries
 *   log/entry/<n>          an entry's text
 *   log/signed/<n>         the key of the row with the signed text that the entry is about
 *   log/node/<level>/<n>   a complete node of the tree (merkle.h)
 *   log/newest             entries at the newest checkpoint
 *   log/point/<n>          a checkpoint over n entries
 *   log/cosign/<n>/<jid>   a witness's line under it
 *   log/keys               digest of the roster that is in the log
 *   log/key/<jid>          a witness's newest key that is in the log
 */
#pragma once
#include "common/crypto/logbook.h"
#include "common/runtime/agent.h"

struct tlog {
    struct agent *agent;
    struct note_key key;
    struct merkle_range range; /* of all entries */
    uint64_t newest;           /* entries at the newest checkpoint; 0: there is none */
    uint64_t time_ms;          /* its time; the next has no earlier one */
};

/* From the store; begins a new log in an empty one.  ERR_STORE with a sentence when what is stored does not fit what
 * was signed. */
enum err tlog_load(struct tlog *l, struct agent *a, struct why *why) MUST_USE;

/* "kind name=value ..." as printf.  Control characters become blanks.  *out_index may be NULL.  ERR_INPUT for what is
 * no entry; the store's errors, after which the log must be loaded again. */
enum err tlog_add(struct tlog *l, uint64_t *out_index, const char *format, ...) PRINTF(3, 4) MUST_USE;

/* An entry that names a signed text's hash (logbook.h): the text, a note, lies in that row, for ever. */
enum err tlog_signed_at(struct tlog *l, uint64_t index, const char *key) MUST_USE;

/* The roster and its witnesses' keys, once for each version. */
enum err tlog_add_roster(struct tlog *l) MUST_USE;

/* Signs a checkpoint over all entries when there are some that none covers; a log without entries has none. */
enum err tlog_sign(struct tlog *l) MUST_USE;

/* All of these append.  ERR_ABSENT: there is no such entry, or checkpoint. */
enum err tlog_entry(const struct tlog *l, uint64_t index, struct buf *out) MUST_USE;
enum err tlog_note(const struct tlog *l, uint64_t size, struct buf *out) MUST_USE;     /* a checkpoint */
enum err tlog_own_note(const struct tlog *l, uint64_t size, struct buf *out) MUST_USE; /* without cosignatures */
/* That the log of `size` entries goes on from that of `from`; nothing for from 0. */
enum err tlog_consistency(const struct tlog *l, uint64_t from, uint64_t size, struct buf *out) MUST_USE;
/* C2SP tlog-proof of an entry, under the checkpoint of that size. */
enum err tlog_proof(const struct tlog *l, uint64_t index, uint64_t size, struct buf *out) MUST_USE;
enum err tlog_export(const struct tlog *l, struct buf *out) MUST_USE; /* logbook.h: all that is under checkpoints */

/* Puts a witness's line under the checkpoint it is for: cosigned is that checkpoint with the log's and its signature.
 * ERR_CRYPTO when it is not; ERR_DUPLICATE, nothing changed, when it is there already. */
enum err tlog_cosigned(struct tlog *l, const struct note_key *witness, struct str cosigned) MUST_USE;
