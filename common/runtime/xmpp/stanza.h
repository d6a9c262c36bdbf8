/*
 * stanza -- reading stanzas, and the frame of those we write.
 *
 * Private to the transport.  Anything in a stanza came from outside and may be
 * missing, huge or nested at will.
 */
#pragma once
#include "common/base/arena.h"
#include "common/runtime/roster.h"
#include "common/runtime/transport.h"
#include "common/runtime/xmpp/xml.h"
#include <strophe.h>

enum {
    STANZA_MAX_JID = 512,             /* a full JID with its NUL; RFC 7622 allows more, nobody needs it */
    STANZA_MAX_ID = 128,              /* an id attribute with its NUL */
    STANZA_MAX_OUT_BYTES = 500 * 1024 /* the broker ends streams above 512 KiB */
};

#define NS_CLIENT "jabber:client"
#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_DATA "jabber:x:data"
#define NS_HINTS "urn:xmpp:hints"
#define NS_COMMANDS "http://jabber.org/protocol/commands"

struct str stanza_attribute(xmpp_stanza_t *s, const char *name);    /* empty when absent; lives as long as s */
bool stanza_is(xmpp_stanza_t *s, const char *name, const char *ns); /* ns may be NULL: any */
xmpp_stanza_t *stanza_child(xmpp_stanza_t *s, const char *name, const char *ns); /* NULL when absent */
/* Its text, NUL-terminated, in the arena.  ERR_LIMIT above max bytes, ERR_MEMORY. */
enum err stanza_text(xmpp_stanza_t *s, struct arena *arena, size_t max, struct str *out) MUST_USE;

/* The JID without its resource, in lower case.  ERR_PROTO when it is none or too long. */
enum err stanza_bare_jid(const char *jid, char out[ROSTER_JID_BYTES]) MUST_USE;

/* What a <message> is to us.  MESSAGE_IGNORED: nothing to do (no body, carbon, archive, group chat). */
enum message_kind {
    MESSAGE_IGNORED,
    MESSAGE_PACKET,
    MESSAGE_BOUNCE,
    MESSAGE_OVERSIZE,
    MESSAGE_MALFORMED,
    MESSAGE_KIND_COUNT
};
struct message {
    char peer[ROSTER_JID_BYTES];
    struct packet packet; /* peer points into this struct; the body lives in the arena */
};
enum message_kind stanza_read_message(xmpp_stanza_t *s, struct arena *arena, struct message *out);
/* Appends the stanza for a packet: type chat, a body and, for schema messages, SPADE's metadata form. */
void stanza_write_message(struct buf *out, const struct packet *p, const char *id);

/* Opens "<iq type= to= id=" as the answer to s, closed by the caller's content and "</iq>". */
void stanza_open_reply(struct buf *out, xmpp_stanza_t *s);
/* A whole error answer to an IQ or message: type is cancel, modify, auth or wait; condition as RFC 6120 8.3.3 lists;
 * extra (may be NULL) is XML of our own, the application's condition. */
void stanza_write_error(struct buf *out, xmpp_stanza_t *s, const char *type, const char *condition, const char *extra);
