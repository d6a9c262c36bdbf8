#include "tests/bench/fan.h"
#include "tests/bench/place.h"
#include <string.h>

#define SERVICE "pubsub." PLACE_DOMAIN
#define NS "http://jabber.org/protocol/pubsub"
#define OPEN_IQ "<iq type='set' id='%s' to='" SERVICE "'><pubsub xmlns='" NS "'>"
#define CLOSE_IQ "</pubsub></iq>"
#define NODE "rounds"

void fan_allow(const char *dir, const char *prefix)
{
    place_shell("sed -i 's/admins = { \"coordinator@\"/admins = { \"%sc0@\"/' %s/prosody.cfg.lua", prefix, dir);
}

void fan_publish(struct buf *out, struct str message, const char *id)
{
    static const char head[] = "<message";
    buf_addf(out, OPEN_IQ "<publish node='" NODE "'><item id='%s'>", "fan-publish", id);
    buf_add_z(out, "<message xmlns='jabber:client'");
    buf_add_str(out, (struct str){ message.p + strlen(head), message.n - strlen(head) });
    buf_add_z(out, "</item></publish>" CLOSE_IQ);
}

/* XEP-0060, 6.1: Prosody lets the service's administrators subscribe others. */
void fan_subscribe(struct buf *out, const char *full_jid)
{
    buf_addf(out, OPEN_IQ "<subscribe node='" NODE "' jid='%s'/>" CLOSE_IQ, "fan-subscribe", full_jid);
}

const char *fan_item(xmpp_stanza_t *s)
{
    xmpp_stanza_t *event = xmpp_stanza_get_child_by_ns(s, NS "#event");
    xmpp_stanza_t *items = event ? xmpp_stanza_get_child_by_name(event, "items") : NULL;
    xmpp_stanza_t *item = items ? xmpp_stanza_get_child_by_name(items, "item") : NULL;
    return item ? xmpp_stanza_get_id(item) : NULL;
}

bool fan_answered(xmpp_stanza_t *s)
{
    const char *id = xmpp_stanza_get_id(s);
    const char *type = xmpp_stanza_get_type(s);
    if (!id || strncmp(id, "fan-", 4) != 0 || strcmp(xmpp_stanza_get_name(s), "iq") != 0) return false;
    if (!type || strcmp(type, "result") != 0) report_die("the publish-subscribe service refused %s", id);
    return true;
}
