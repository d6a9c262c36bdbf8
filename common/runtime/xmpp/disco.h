/*
 * disco -- what a client may ask of any of us: XEP-0030 service discovery,
 * XEP-0115 capabilities, XEP-0199 ping, XEP-0092 version; and the way to
 * XEP-0050 commands.
 */
#pragma once
#include "common/runtime/xmpp/adhoc.h"

/* Answers one <iq type='get'|'set'>: appends the answer to *out, or nothing when it comes later.  What is not
 * understood is refused, so every request is answered.  `at` is our own full JID; commands may be NULL. */
void disco_answer(struct adhoc *commands, const char *at, xmpp_stanza_t *iq, uint64_t now_ms, struct buf *out);

/* Appends our <c/> for presence. */
void disco_write_caps(bool commands, struct buf *out);
