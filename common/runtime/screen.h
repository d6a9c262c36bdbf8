/*
 * screen -- free text is looked at before it leaves an agent or is logged.
 *
 * What may identify a patient (common/phi) does not leave: the text is
 * withheld, a word about its kind stands in its place, it is counted, and the
 * log gets kind and place, never the text.  Names of the federation's own (its
 * members' addresses, its broker) are nobody's and pass.
 *
 * Only what is free text is looked at: fields of kind `text` in the schema,
 * what is said to people, and L_STR values of log lines.
 */
#pragma once
#include "common/base/log.h"
#include "common/phi/phi.h"
#include "common/runtime/roster.h"
#include "common/wire/msg.h"
#include "common/wire/result.h"

struct screen {
    struct phi *phi;             /* borrowed; NULL: no text passes */
    const struct roster *roster; /* borrowed; may be NULL */
    const char *host;            /* the broker's; may be NULL */
    const struct log *log;       /* may be NULL */
    uint64_t scanned;
    uint64_t withheld[PHI_COUNT];
};

/* The text, or what stands in its place, which lives for ever.  where: for the log. */
struct str screen_text(struct screen *s, const char *where, struct str text);
/* The message's fields of kind text. */
void screen_message(struct screen *s, struct msg *m);
/* r itself when it may be said; else *clean, made of it line by line and cell by cell, which the caller frees whatever
 * is returned. */
const struct result *screen_result(struct screen *s, const struct result *r, struct result *clean);
struct str screen_log(void *screen, struct str text); /* a log_screen_fn */
void screen_metrics(const struct screen *s, struct buf *out);
