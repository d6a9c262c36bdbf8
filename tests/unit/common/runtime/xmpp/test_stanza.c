#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORM(inside) "<x xmlns='jabber:x:data' type='form'>" inside "</x>"
#define TITLE "<title>spade:x:metadata</title>"
#define FIELD "<field var='performative' type='text-single'><value>request</value></field>"

Test(stanza, messages)
{
    static const struct {
        const char *name, *text;
        enum message_kind kind;
        enum packet_kind packet;
        const char *peer, *body;
    } rows[] = {
        { "chat", "<message from='Op@Himas.Local/Phone' type='chat'><body>hello</body></message>", MESSAGE_PACKET,
          PACKET_CHAT, "op@himas.local", "hello" },
        { "schema, title first", "<message from='t@h/agent'><body>{}</body>" FORM(TITLE FIELD) "</message>",
          MESSAGE_PACKET, PACKET_MESSAGE, "t@h", "{}" },
        { "schema, title last", "<message from='t@h/agent'>" FORM(FIELD TITLE) "<body>{}</body></message>",
          MESSAGE_PACKET, PACKET_MESSAGE, "t@h", "{}" },
        { "schema, second form",
          "<message from='t@h'>" FORM("<title>x</title>") FORM(TITLE) "<body>{}</body></message>", MESSAGE_PACKET,
          PACKET_MESSAGE, "t@h", "{}" },
        { "another form", "<message from='t@h'>" FORM("<title>x</title>") "<body>b</body></message>", MESSAGE_PACKET,
          PACKET_CHAT, "t@h", "b" },
        { "error", "<message from='t@h/a' type='error'><body>b</body></message>", MESSAGE_BOUNCE, 0, "t@h", NULL },
        { "no body", "<message from='t@h/a'><active xmlns='x'/></message>", MESSAGE_IGNORED, 0, "t@h", NULL },
        { "empty body", "<message from='t@h/a'><body/></message>", MESSAGE_IGNORED, 0, "t@h", NULL },
        { "room", "<message from='r@h/a' type='groupchat'><body>b</body></message>", MESSAGE_IGNORED, 0, "r@h", NULL },
        { "carbon", "<message from='t@h'><sent xmlns='urn:xmpp:carbons:2'/><body>b</body></message>", MESSAGE_IGNORED,
          0, "t@h", NULL },
        { "archive", "<message from='t@h'><result xmlns='urn:xmpp:mam:2'/><body>b</body></message>", MESSAGE_IGNORED, 0,
          "t@h", NULL },
        { "nobody", "<message><body>b</body></message>", MESSAGE_MALFORMED, 0, "", NULL },
        { "entities", "<message from='t@h'><body>&lt;a&gt; &amp; b</body></message>", MESSAGE_PACKET, PACKET_CHAT,
          "t@h", "<a> & b" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading r CLEANUP(reading_end) = reading_of(rows[i].text);
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct message m = { .peer = "" };
        enum message_kind kind = stanza_read_message(r.stanza, &arena, &m);
        cr_expect_eq(kind, rows[i].kind, "%s: kind %d", rows[i].name, (int)kind);
        cr_expect_str_eq(m.peer, rows[i].peer, "%s: %s", rows[i].name, m.peer);
        if (kind != MESSAGE_PACKET) continue;
        cr_expect_eq(m.packet.kind, rows[i].packet, "%s", rows[i].name);
        cr_expect(str_is(m.packet.body, rows[i].body), "%s: " STR_F, rows[i].name, STR_ARG(m.packet.body));
    }
}

Test(stanza, oversize)
{
    static const struct {
        size_t n;
        enum message_kind kind;
    } rows[] = { { MSG_MAX_BYTES, MESSAGE_PACKET }, { MSG_MAX_BYTES + 1, MESSAGE_OVERSIZE } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct message m;
        buf_add_z(&text, "<message from='a@b'><body>");
        memset(buf_grow(&text, rows[i].n), 'x', rows[i].n);
        buf_add_z(&text, "</body></message>");
        struct reading r CLEANUP(reading_end) = reading_of((const char *)text.p);
        cr_expect_eq(stanza_read_message(r.stanza, &arena, &m), rows[i].kind, "%zu bytes", rows[i].n);
    }
}

Test(stanza, bare_jid)
{
    static const struct {
        const char *jid;
        enum err e;
        const char *expected;
    } rows[] = {
        { "A@B.C/D", OK, "a@b.c" }, { "a@b", OK, "a@b" },    { "b.c", OK, "b.c" },
        { "", ERR_PROTO, "" },      { "/x", ERR_PROTO, "" }, { NULL, ERR_PROTO, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[ROSTER_JID_BYTES] = "";
        cr_expect_eq(stanza_bare_jid(rows[i].jid, out), rows[i].e, "%s", rows[i].jid ? rows[i].jid : "NULL");
        cr_expect_str_eq(out, rows[i].expected);
    }
    char out[ROSTER_JID_BYTES], jid[ROSTER_JID_BYTES + 1];
    memset(jid, 'x', sizeof jid);
    jid[ROSTER_JID_BYTES] = '\0';
    cr_expect_eq(stanza_bare_jid(jid, out), ERR_PROTO, "too long");
}

Test(stanza, written_messages_are_read_again)
{
    static const enum packet_kind kinds[] = { PACKET_CHAT, PACKET_MESSAGE };
    for (size_t i = 0; i < 2; i++) {
        struct packet p = { .kind = kinds[i],
                            .peer = "a@b",
                            .body = STR("{\"x\":\"<&>'\"}"),
                            .performative = "request",
                            .thread = "run-1" };
        struct buf out CLEANUP(buf_free) = buf_make(4096);
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct message m;
        stanza_write_message(&out, &p, "m1");
        struct reading r CLEANUP(reading_end) = reading_of((const char *)out.p);
        xmpp_stanza_set_from(r.stanza, "c@d/e");
        cr_assert_eq(stanza_read_message(r.stanza, &arena, &m), MESSAGE_PACKET);
        cr_expect_eq(m.packet.kind, kinds[i]);
        cr_expect(str_eq(m.packet.body, p.body));
        cr_expect(str_is(stanza_attribute(r.stanza, "to"), "a@b") && str_is(stanza_attribute(r.stanza, "id"), "m1"));
        cr_expect((strstr((const char *)out.p, "<field var='_thread_node' type='text-single'><value>run-1</value>") !=
                   NULL) == (kinds[i] == PACKET_MESSAGE));
        cr_expect((stanza_child(r.stanza, "no-store", NS_HINTS) != NULL) == (kinds[i] == PACKET_MESSAGE),
                  "an archive is for what people say");
    }
}

Test(stanza, errors)
{
    struct reading r CLEANUP(reading_end) = reading_of("<iq from='a&amp;@b' id='&apos;1'/>");
    struct buf out CLEANUP(buf_free) = buf_make(4096);
    stanza_write_error(&out, r.stanza, "cancel", "item-not-found", "<mine/>");
    cr_expect_str_eq((const char *)out.p,
                     "<iq type='error' to='a&amp;@b' id='&apos;1'><error type='cancel'><item-not-found "
                     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><mine/></error></iq>");
}
