/*
 * presence -- who is there, by session, so that somebody is away only when the
 * last of their sessions has gone.
 *
 * When our own link drops nobody is said to be away at once: after it is back
 * everybody is expected to show again within PRESENCE_GRACE_MS.
 */
#pragma once
#include "common/runtime/xmpp/stanza.h"

enum { PRESENCE_MAX = 20000, PRESENCE_MAX_A_PEER = 32, PRESENCE_GRACE_MS = 10000 }; /* sessions, in all and of one */

typedef void presence_fn(void *to, const char *bare_jid, bool online);
struct presence_list;

struct presence_list *presence_new(void); /* NULL out of memory */
void presence_free(struct presence_list *p);
uint64_t presence_unlisted(const struct presence_list *p); /* times that there was no room for a session */
/* A <presence/>; available, unavailable and error count, the rest (subscriptions) is ignored.  Calls fn for each
 * available one, as it may be news to the receiver, and for the last that goes. */
void presence_handle(struct presence_list *p, xmpp_stanza_t *s, presence_fn *fn, void *to);
void presence_doubt(struct presence_list *p);                             /* the link went down */
void presence_settle(struct presence_list *p, presence_fn *fn, void *to); /* grace is over: who has not shown is away */
