#include "common/runtime/xmpp/disco.h"
#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <string.h>

#define INFO "http://jabber.org/protocol/disco#info"
#define ITEMS "http://jabber.org/protocol/disco#items"

Test(disco, answers)
{
    static const struct {
        const char *name, *from, *type, *inside, *with, *without;
    } rows[] = {
        { "ping", "op@h/x", "get", "<ping xmlns='urn:xmpp:ping'/>", "<iq type='result' to='op@h/x' id='1'></iq>",
          "error" },
        { "version", "op@h/x", "get", "<query xmlns='jabber:iq:version'/>", "<name>himas</name>", "error" },
        { "info", "op@h/x", "get", "<query xmlns='" INFO "'/>", "<feature var='" NS_COMMANDS "'/>", "automation" },
        { "info of the capabilities' node", "op@h/x", "get", "<query xmlns='" INFO "' node='urn:himas:agent#x'/>",
          "<identity category='client' type='bot'", "error" },
        { "info of the list", "op@h/x", "get", "<query xmlns='" INFO "' node='" NS_COMMANDS "'/>", "command-list",
          "error" },
        { "info of a command", "op@h/x", "get", "<query xmlns='" INFO "' node='add'/>", "command-node", "error" },
        { "info of another's command", "op@h/x", "get", "<query xmlns='" INFO "' node='audit'/>", "item-not-found",
          "node=" },
        { "items", "op@h/x", "get", "<query xmlns='" ITEMS "'/>", "node='" NS_COMMANDS "'", "error" },
        { "commands of an operator", "op@h/x", "get", "<query xmlns='" ITEMS "' node='" NS_COMMANDS "'/>",
          "<item jid='me@h/agent' node='add' name='add: adds apples'/>", "audit" },
        { "commands of the officer", "officer@h/x", "get", "<query xmlns='" ITEMS "' node='" NS_COMMANDS "'/>", "audit",
          "add" },
        { "unknown", "op@h/x", "get", "<query xmlns='unknown'/>", "service-unavailable", "result" },
        { "unknown set", "op@h/x", "set", "<query xmlns='" INFO "'/>", "service-unavailable", "result" },
        { "empty", "op@h/x", "get", "", "service-unavailable", "result" },
    };
    struct toy toy;
    struct adhoc *a = toy_commands(&toy);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(4096), out CLEANUP(buf_free) = buf_make(1 << 16);
        buf_addf(&text, "<iq from='%s' type='%s' id='1'>%s</iq>", rows[i].from, rows[i].type, rows[i].inside);
        struct reading r CLEANUP(reading_end) = reading_of((const char *)text.p);
        disco_answer(a, "me@h/agent", r.stanza, 0, &out);
        cr_expect(strstr((const char *)out.p, rows[i].with), "%s: " STR_F, rows[i].name, STR_ARG(buf_str(&out)));
        cr_expect(!strstr((const char *)out.p, rows[i].without), "%s: " STR_F, rows[i].name, STR_ARG(buf_str(&out)));
    }
    adhoc_free(a);
}

Test(disco, a_person_has_no_commands)
{
    struct reading r CLEANUP(reading_end) =
        reading_of("<iq from='a@b' type='set' id='1'><command xmlns='" NS_COMMANDS "' node='add'/></iq>");
    struct buf out CLEANUP(buf_free) = buf_make(4096);
    disco_answer(NULL, "me@h/visit", r.stanza, 0, &out);
    cr_expect(strstr((const char *)out.p, "service-unavailable"));
}

/* The hashes: printf '%s' 'client/bot//himas<...<' | openssl dgst -sha1 -binary | base64 */
Test(disco, capabilities)
{
    static const struct {
        bool commands;
        const char *ver;
    } rows[] = { { true, "eFeUleS+O4zJk/L9lPInqlp+36g=" }, { false, "uDcAQDXsg8fohOSXldenRHSsVXQ=" } };
    for (size_t i = 0; i < 2; i++) {
        struct buf out CLEANUP(buf_free) = buf_make(4096);
        disco_write_caps(rows[i].commands, &out);
        cr_expect(strstr((const char *)out.p, rows[i].ver), STR_F, STR_ARG(buf_str(&out)));
    }
}
