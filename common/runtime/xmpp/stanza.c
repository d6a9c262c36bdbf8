#include "common/runtime/xmpp/stanza.h"
#include "common/runtime/xmpp/form.h"
#include <string.h>

struct str stanza_attribute(xmpp_stanza_t *s, const char *name) { return str_of(xmpp_stanza_get_attribute(s, name)); }

bool stanza_is(xmpp_stanza_t *s, const char *name, const char *ns)
{
    if (!s || !xmpp_stanza_is_tag(s) || !str_is(str_of(xmpp_stanza_get_name(s)), name)) return false;
    return !ns || str_is(str_of(xmpp_stanza_get_ns(s)), ns);
}

xmpp_stanza_t *stanza_child(xmpp_stanza_t *s, const char *name, const char *ns)
{
    for (xmpp_stanza_t *c = s ? xmpp_stanza_get_children(s) : NULL; c; c = xmpp_stanza_get_next(c))
        if (stanza_is(c, name, ns)) return c;
    return NULL;
}

static struct str piece(xmpp_stanza_t *c)
{
    return xmpp_stanza_is_text(c) ? str_of(xmpp_stanza_get_text_ptr(c)) : (struct str){ 0 };
}

enum err stanza_text(xmpp_stanza_t *s, struct arena *arena, size_t max, struct str *out)
{
    size_t n = 0;
    for (xmpp_stanza_t *c = xmpp_stanza_get_children(s); c; c = xmpp_stanza_get_next(c)) {
        n += piece(c).n;
        if (n > max) return ERR_LIMIT;
    }
    char *text = arena_alloc(arena, n + 1);
    if (!text) return ERR_MEMORY;
    size_t at = 0;
    for (xmpp_stanza_t *c = xmpp_stanza_get_children(s); c; c = xmpp_stanza_get_next(c)) {
        struct str p = piece(c);
        if (p.n) memcpy(text + at, p.p, p.n);
        at += p.n;
    }
    *out = (struct str){ text, n };
    return OK;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

enum err stanza_bare_jid(const char *jid, char out[ROSTER_JID_BYTES])
{
    size_t n = jid ? strcspn(jid, "/") : 0;
    if (n == 0 || n >= ROSTER_JID_BYTES) return ERR_PROTO;
    for (size_t i = 0; i < n; i++) out[i] = lower(jid[i]);
    out[n] = '\0';
    return OK;
}

/* Copies of other sessions' traffic: XEP-0280 carbons, XEP-0313 archives.  Never new to us. */
static bool copied(xmpp_stanza_t *s)
{
    return stanza_child(s, "sent", "urn:xmpp:carbons:2") || stanza_child(s, "received", "urn:xmpp:carbons:2") ||
           stanza_child(s, "result", "urn:xmpp:mam:2");
}

/* SPADE's form may stand among others, with its title first or last. */
static bool has_metadata(xmpp_stanza_t *s, struct arena *arena)
{
    for (xmpp_stanza_t *c = xmpp_stanza_get_children(s); c; c = xmpp_stanza_get_next(c)) {
        xmpp_stanza_t *title = stanza_is(c, "x", NS_DATA) ? stanza_child(c, "title", NULL) : NULL;
        struct str text;
        if (title && stanza_text(title, arena, FORM_MAX_NAME, &text) == OK && str_is(str_trim(text), FORM_SPADE_TITLE))
            return true;
    }
    return false;
}

enum message_kind stanza_read_message(xmpp_stanza_t *s, struct arena *arena, struct message *out)
{
    struct str type = stanza_attribute(s, "type");
    if (stanza_bare_jid(xmpp_stanza_get_from(s), out->peer) != OK) return MESSAGE_MALFORMED;
    if (str_is(type, "error")) return MESSAGE_BOUNCE;
    xmpp_stanza_t *body = stanza_child(s, "body", NULL);
    if (!body || str_is(type, "groupchat") || copied(s)) return MESSAGE_IGNORED;
    struct str text;
    enum err e = stanza_text(body, arena, MSG_MAX_BYTES, &text);
    if (e != OK) return e == ERR_LIMIT ? MESSAGE_OVERSIZE : MESSAGE_MALFORMED;
    if (text.n == 0) return MESSAGE_IGNORED;
    enum packet_kind kind = has_metadata(s, arena) ? PACKET_MESSAGE : PACKET_CHAT;
    out->packet = (struct packet){ .kind = kind, .peer = out->peer, .body = text };
    return MESSAGE_PACKET;
}

void stanza_write_message(struct buf *out, const struct packet *p, const char *id)
{
    buf_add_z(out, "<message type='chat'");
    xml_attribute_z(out, "to", p->peer);
    xml_attribute_z(out, "id", id);
    buf_add_z(out, ">");
    xml_element(out, "body", p->body);
    if (p->kind == PACKET_MESSAGE) {
        form_write_metadata(out, p->performative, p->thread);
        buf_add_z(out,
                  "<no-store xmlns='" NS_HINTS "'/>"); /* XEP-0334: else the broker looks up two archives each time */
    }
    buf_add_z(out, "</message>");
}

static void open_as(struct buf *out, xmpp_stanza_t *s, const char *type)
{
    buf_addf(out, "<%s type='%s'", stanza_is(s, "iq", NULL) ? "iq" : "message", type);
    xml_attribute_z(out, "to", xmpp_stanza_get_from(s));
    xml_attribute_z(out, "id", xmpp_stanza_get_id(s));
    buf_add_z(out, ">");
}

void stanza_open_reply(struct buf *out, xmpp_stanza_t *s) { open_as(out, s, "result"); }

void stanza_write_error(struct buf *out, xmpp_stanza_t *s, const char *type, const char *condition, const char *extra)
{
    open_as(out, s, "error");
    buf_addf(out, "<error type='%s'><%s xmlns='" NS_STANZAS "'/>%s</error></%s>", type, condition, extra ? extra : "",
             stanza_is(s, "iq", NULL) ? "iq" : "message");
}
