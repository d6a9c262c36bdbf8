/*
 * adhoc -- XEP-0050: an agent's commands, offered to any XMPP client.
 *
 * Stages: `execute` without a form runs a command that has no arguments, and
 * answers with a form to fill in for one that has; `execute` or `complete`
 * with a submitted form runs it.  Answers may come later.  Knows no
 * connection: stanzas come in, text goes out.
 */
#pragma once
#include "common/runtime/xmpp/form.h"

enum {
    ADHOC_MAX_SESSIONS = 256,       /* forms being filled in; the oldest makes room */
    ADHOC_MAX_SESSIONS_A_PEER = 16, /* of these, one account's; its oldest makes room */
    ADHOC_MAX_CALLS = 256,          /* calls being answered */
    ADHOC_MAX_CALLS_A_PEER = 32,    /* of these, one account's */
    ADHOC_SESSION_MS = 15 * 60 * 1000,
    ADHOC_CALL_MS = 10 * 60 * 1000
};

/* Whose commands these are. */
struct adhoc_agent {
    void *self;
    const struct command *commands; /* ends with a NULL name; NULL for none */
    unsigned (*role_of)(void *self, const char *bare_jid);
    /* The answer comes by adhoc_answer, at once or later. */
    void (*invoke)(void *self, uint64_t call_id, const char *from, struct str command, const struct arg_pair *pairs,
                   size_t n);
};
struct adhoc;

enum err adhoc_new(const struct adhoc_agent *agent, struct adhoc **out) MUST_USE;
void adhoc_free(struct adhoc *a);

/* Handles <iq type='set'><command/></iq>: appends the answer to *out, or nothing when it comes later. */
void adhoc_handle(struct adhoc *a, xmpp_stanza_t *iq, uint64_t now_ms, struct buf *out);
/* The answer to a call: appends the stanza; nothing when the call is unknown or too old. */
void adhoc_answer(struct adhoc *a, uint64_t call_id, const struct result *r, struct buf *out);
/* <item/>s of the commands this JID may run, for disco#items; `at` is our own full JID. */
void adhoc_list(const struct adhoc *a, const char *bare_jid, const char *at, struct buf *out);
/* The command of that node, when this JID may run it; NULL otherwise. */
const struct command *adhoc_command(const struct adhoc *a, const char *bare_jid, struct str node);
