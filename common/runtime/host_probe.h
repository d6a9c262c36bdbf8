/*
 * host_probe -- what a supervisor and a monitor ask over HTTP: /healthz (the
 * loop turns), /readyz (connected and able to work, else 503 and why),
 * /metrics (Prometheus text 0.0.4).  Requests are read by http_parser, on the
 * agent's own loop; each connection serves one.
 */
#pragma once
#include "common/base/buf.h"

struct uv_loop_s;
struct probe;
struct probe_source {
    void *self;
    bool (*ready)(void *self, struct buf *why); /* appends a line about why not */
    void (*metrics)(void *self, struct buf *out);
};

/* Listens on host (an IPv4 address) and port.  ERR_NETWORK when the port is taken. */
enum err probe_open(struct uv_loop_s *loop, const char *host, uint16_t port, const struct probe_source *source,
                    struct probe **out, struct why *why) MUST_USE;
void probe_close(struct probe *p); /* its handles close as the loop runs; NULL is fine */
