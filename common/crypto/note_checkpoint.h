/*
 * note_checkpoint -- the text of a log's signed notes (C2SP tlog-checkpoint):
 * which log, how long, and its root.
 *
 *     origin
 *     size in decimal digits
 *     root in base64
 *     extension lines, none or more, none of them empty
 *
 * A log never signs two checkpoints that do not follow one another; a witness
 * cosigns only what follows the last one it saw.
 */
#pragma once
#include "common/crypto/merkle.h"
#include "common/crypto/note.h"

struct note_checkpoint {
    struct str origin;     /* views into what was parsed, or the caller's */
    struct str extensions; /* whole lines; empty when there are none */
    uint64_t size;
    struct merkle_hash root;
};

/* ERR_INPUT with the line that is wrong. */
enum err note_checkpoint_parse(struct str text, struct note_checkpoint *out, struct why *why) MUST_USE;

/* Appends the text.  ERR_INPUT when origin or extensions are not as above; buf's errors. */
enum err note_checkpoint_print(const struct note_checkpoint *c, struct buf *out) MUST_USE;

/* An extension of ours: "time <ms>", when the log signed it, never earlier than before; 0 when there is none. */
uint64_t note_checkpoint_time_ms(const struct note_checkpoint *c);

/* Does `next` follow `last`: same origin, not shorter, and the proof shows that nothing was changed?  `last` of size 0
 * is followed by anything of that origin, with an empty proof.  ERR_CRYPTO with a sentence when not: evidence to keep.
 */
enum err note_checkpoint_follows(const struct note_checkpoint *last, const struct note_checkpoint *next,
                                 const struct merkle_proof *proof, struct why *why) MUST_USE;
