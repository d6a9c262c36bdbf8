/*
 * fan -- one stanza to many by the broker's publish-subscribe service
 * (XEP-0060), for comparing it with a stanza to each.
 */
#pragma once
#include "common/base/buf.h"
#include <strophe.h>

/* Lets the coordinator of the accounts "<prefix>c0" make nodes; before the broker starts. */
void fan_allow(const char *dir, const char *prefix);

/* Whole stanzas, appended.  message is one of the yardstick's, and travels inside an item of that id. */
void fan_publish(struct buf *out, struct str message, const char *id);
void fan_subscribe(struct buf *out, const char *full_jid); /* on behalf of that one; answered by an IQ */

const char *fan_item(xmpp_stanza_t *s); /* the id of the item that a stanza brings; NULL when it brings none */
bool fan_answered(xmpp_stanza_t *s);    /* the service's answer to an IQ; dies when that is an error */
