/*
 * logbooks -- log files to try things on: keys from fixed secrets, entries of
 * several kinds, a cosigned checkpoint after every few.
 */
#pragma once
#include "common/crypto/logbook.h"

enum { LOGBOOKS_WITNESSES = 3, LOGBOOKS_MAX_BYTES = 1 << 22 };

struct logbooks {
    struct note_key log, witness[LOGBOOKS_WITNESSES];
    struct sign_key log_secret, witness_secret[LOGBOOKS_WITNESSES];
    struct logbook_trust trust; /* of all of them; points into this: do not move */
};
struct logbooks_plan {
    size_t entries;
    size_t every;     /* a checkpoint behind so many entries, and behind the last */
    size_t witnesses; /* so many cosign */
    bool texts;       /* the permits' signed texts stand behind them */
};

void logbooks_init(struct logbooks *l);
void logbooks_entry(size_t number, struct buf *out);  /* the text that stands at this place */
void logbooks_permit(size_t number, struct buf *out); /* the text that is signed, */
/* and the same signed, with the entry that names its hash. */
void logbooks_signed(const struct logbooks *l, size_t number, struct buf *entry, struct buf *note);
/* Appends a checkpoint over these leaves' range, signed by the log and so many witnesses. */
void logbooks_note(const struct logbooks *l, const struct merkle_range *range, size_t witnesses, struct buf *out);
void logbooks_write(const struct logbooks *l, const struct logbooks_plan *plan, struct buf *out);
