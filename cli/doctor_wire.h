/*
 * doctor_wire -- the first words with whatever listens on the broker's port,
 * before any TLS: is it an XMPP server at all, and for our domain?
 */
#pragma once
#include "common/base/buf.h"

enum { WIRE_CONNECT_MS = 5000, WIRE_HEAR_MS = 5000, WIRE_MAX_BYTES = 16 * 1024 };

/* ERR_NETWORK: the name is not known. */
enum err wire_resolve(const char *host, struct why *why) MUST_USE;
/* Tries every address of the name.  ERR_NETWORK, with the last one's reason; ERR_TIMEOUT: nothing comes back. */
enum err wire_connect(const char *host, unsigned port, int *out_fd, struct why *why) MUST_USE;
/* Whether more may come; the time was over; the other side closed. */
enum wire_end { WIRE_OPEN, WIRE_LATE, WIRE_CLOSED };
/* Says hello as an XMPP client does, and appends what is said, until it can be judged or the time is over.  *out_end
 * is never WIRE_OPEN. */
enum err wire_greet(int fd, const char *domain, struct buf *heard, enum wire_end *out_end) MUST_USE;

/* What was heard means: code OK for an XMPP server that offers TLS. */
struct wire_verdict {
    enum err code;
    const char *words, *remedy;
};
/* NULL: more must be heard first. */
const struct wire_verdict *wire_judge(struct str heard, enum wire_end end);
