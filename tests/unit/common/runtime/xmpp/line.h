/* A connection on a loopback socket whose other end the test holds: without TLS and login, for what comes before and
 * after them. */
#pragma once
#include "common/runtime/xmpp/dial.h"

struct line {
    uv_loop_t loop;
    int listener, peer; /* sockets, or -1 */
    unsigned short port;
    bool closed; /* line_closed was told */
};

void line_open(struct line *l); /* listens; nobody is connected yet */
void line_end(struct line *l);  /* after the connection was closed: nothing is left on the loop */
struct xmpp_config line_config(struct line *l);
void line_closed(void *to); /* for conn_events and xmpp_events; `to` is the line */

/* Instead of dialling: the connection is up, as after a login, and l->peer is the broker's end of it. */
void line_raise(struct line *l, struct conn *c);
/* Runs the loop and reads at the broker's end until n bytes are there. */
void line_read(struct line *l, size_t n, struct buf *out);
void line_run(struct line *l, const struct conn *c, enum conn_state until);
