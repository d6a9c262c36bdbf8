/*
 * logbook_read -- a log file (logbook.h), one piece after the other.
 *
 * Says only whether the pieces are spelled as they must be, and what the
 * entries' hashes are; what they have to do with each other is logbook_check's.
 */
#pragma once
#include "common/crypto/logbook.h"

enum logbook_kind { LOGBOOK_HEAD, LOGBOOK_ENTRY, LOGBOOK_SIGNED, LOGBOOK_CHECKPOINT, LOGBOOK_END, LOGBOOK_KINDS };

struct logbook_item {
    enum logbook_kind kind;
    uint64_t number; /* an entry's; of END, the entries; of SIGNED and CHECKPOINT, their lines */
    uint64_t texts;  /* of END, the signed ones */
    struct str text; /* an entry's; a SIGNED's or checkpoint's note; a view into the file */
    struct merkle_hash claimed;
    struct merkle_hash leaf; /* of the text as it is */
};
struct logbook_read {
    struct str rest;
    uint64_t line; /* of the last piece, its last line */
    bool begun;
    bool old;              /* version 1 */
    const char *complaint; /* after ERR_INPUT */
};

struct logbook_read logbook_read_make(struct str file);
/* The first piece is HEAD, nothing comes before it.  ERR_INPUT: complaint says what; ERR_MEMORY. */
enum err logbook_read_next(struct logbook_read *r, struct logbook_item *out) MUST_USE;
