#include "common/runtime/xmpp/disco.h"
#include "common/wire/schema.h"
#include <stdlib.h>
#include <string.h>

#define NS_INFO "http://jabber.org/protocol/disco#info"
#define NS_ITEMS "http://jabber.org/protocol/disco#items"
#define CAPS_NODE "urn:himas:agent"

/* Sorted by bytes, as XEP-0115 section 5.1 hashes them.  People's own programs have no commands. */
static const struct feature {
    const char *name;
    bool of_commands;
} features[] = {
    { "http://jabber.org/protocol/caps", false },
    { NS_COMMANDS, true },
    { NS_INFO, false },
    { NS_ITEMS, true },
    { "jabber:iq:version", false },
    { NS_DATA, true },
    { SCHEMA_FEATURE "1", true },
    { SCHEMA_FEATURE "2", true },
    { "urn:xmpp:ping", false },
};
_Static_assert(SCHEMA_MIN_VERSION == 1 && SCHEMA_VERSION == 2, "the rows above say which versions are read");
enum { FEATURE_COUNT = sizeof features / sizeof *features };

struct asked {
    struct adhoc *commands;
    const char *at;
    xmpp_stanza_t *iq;
    xmpp_stanza_t *query;
    char from[ROSTER_JID_BYTES];
    uint64_t now_ms;
    struct buf *out;
};

static void open_query(const struct asked *q, const char *ns)
{
    stanza_open_reply(q->out, q->iq);
    buf_addf(q->out, "<query xmlns='%s'", ns);
    xml_attribute_z(q->out, "node", xmpp_stanza_get_attribute(q->query, "node"));
    buf_add_z(q->out, ">");
}

static void close_query(const struct asked *q) { buf_add_z(q->out, "</query></iq>"); }

static void write_features(bool commands, struct buf *out)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (commands || !features[i].of_commands) buf_addf(out, "<feature var='%s'/>", features[i].name);
}

static void answer_ping(const struct asked *q)
{
    stanza_open_reply(q->out, q->iq);
    buf_add_z(q->out, "</iq>");
}

static void answer_version(const struct asked *q)
{
    open_query(q, "jabber:iq:version");
    buf_add_z(q->out, "<name>himas</name><version>" HIMAS_VERSION "</version>");
    close_query(q);
}

/* The identities are registered ones: client/bot for us, and what XEP-0050 section 2 names for its nodes. */
static void answer_info(const struct asked *q)
{
    struct str node = stanza_attribute(q->query, "node");
    const struct command *c = q->commands ? adhoc_command(q->commands, q->from, node) : NULL;
    bool ours = node.n == 0 || str_starts(node, CAPS_NODE "#");
    if (!ours && !c && !(q->commands && str_is(node, NS_COMMANDS))) {
        stanza_write_error(q->out, q->iq, "cancel", "item-not-found", NULL);
        return;
    }
    open_query(q, NS_INFO);
    if (ours) {
        buf_add_z(q->out, "<identity category='client' type='bot' name='himas'/>");
        write_features(q->commands != NULL, q->out);
    } else {
        buf_addf(q->out, "<identity category='automation' type='%s'", c ? "command-node" : "command-list");
        xml_attribute_z(q->out, "name", c ? c->doc : "Commands");
        buf_add_z(q->out, "/><feature var='" NS_COMMANDS "'/><feature var='" NS_DATA "'/>");
    }
    close_query(q);
}

static void answer_items(const struct asked *q)
{
    struct str node = stanza_attribute(q->query, "node");
    open_query(q, NS_ITEMS);
    if (q->commands && node.n == 0) {
        buf_add_z(q->out, "<item node='" NS_COMMANDS "' name='Commands'");
        xml_attribute_z(q->out, "jid", q->at);
        buf_add_z(q->out, "/>");
    }
    if (q->commands && str_is(node, NS_COMMANDS)) adhoc_list(q->commands, q->from, q->at, q->out);
    close_query(q);
}

static void answer_command(const struct asked *q)
{
    if (q->commands)
        adhoc_handle(q->commands, q->iq, q->now_ms, q->out);
    else
        stanza_write_error(q->out, q->iq, "cancel", "service-unavailable", NULL);
}

static const struct route {
    const char *type, *name, *ns;
    void (*answer)(const struct asked *q);
} routes[] = {
    { "get", "ping", "urn:xmpp:ping", answer_ping },   { "get", "query", NS_INFO, answer_info },
    { "get", "query", NS_ITEMS, answer_items },        { "get", "query", "jabber:iq:version", answer_version },
    { "set", "command", NS_COMMANDS, answer_command },
};

void disco_answer(struct adhoc *commands, const char *at, xmpp_stanza_t *iq, uint64_t now_ms, struct buf *out)
{
    struct asked q = { .commands = commands, .at = at, .iq = iq, .now_ms = now_ms, .out = out };
    if (stanza_bare_jid(xmpp_stanza_get_from(iq), q.from) == OK)
        for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
            if (!str_is(stanza_attribute(iq, "type"), routes[i].type)) continue;
            q.query = stanza_child(iq, routes[i].name, routes[i].ns);
            if (q.query) {
                routes[i].answer(&q);
                return;
            }
        }
    stanza_write_error(out, iq, "cancel", "service-unavailable", NULL);
}

/* XEP-0115 section 5.1: SHA-1 over the identity and the sorted features, each followed by '<', in base64. */
void disco_write_caps(bool commands, struct buf *out)
{
    struct buf text CLEANUP(buf_free) = buf_make(4096);
    unsigned char digest[XMPP_SHA1_DIGEST_SIZE];
    buf_add_z(&text, "client/bot//himas<");
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (commands || !features[i].of_commands) buf_addf(&text, "%s<", features[i].name);
    if (buf_err(&text) != OK) return;
    xmpp_sha1_digest(text.p, text.n, digest);
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    char *ver = ctx ? xmpp_base64_encode(ctx, digest, sizeof digest) : NULL;
    if (ver)
        buf_addf(out, "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='" CAPS_NODE "' ver='%s'/>", ver);
    if (ver) xmpp_free(ctx, ver);
    if (ctx) xmpp_ctx_free(ctx);
}
