/* Stanzas from text, and a toy's commands, for the transport's tests. */
#pragma once
#include "common/runtime/xmpp/adhoc.h"

struct reading {
    xmpp_ctx_t *ctx;
    xmpp_stanza_t *stanza;
};
struct reading reading_of(const char *text); /* asserts that it parses */
void reading_end(struct reading *r);         /* for CLEANUP() */

/* Commands for everybody ("ping" without, "add" with arguments a and b) and for the officer ("audit"); an officer is
 * whose JID begins with "officer@".  Calls are written into the toy. */
struct toy {
    uint64_t call_id;
    char from[ROSTER_JID_BYTES];
    char said[512]; /* command(a=1,b=2) */
    unsigned calls;
};
struct adhoc *toy_commands(struct toy *t);
