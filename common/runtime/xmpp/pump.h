/*
 * pump -- libstrophe inside libuv.
 *
 * libstrophe owns a select() of its own and shows no descriptor, reads 4 KiB
 * and writes one TLS record a call, and keeps decrypted bytes where neither
 * poll nor the library tells of them.  The pump knows; nobody else may.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <strophe.h>
#include <uv.h>

struct pump {
    uv_loop_t *loop;
    xmpp_ctx_t *ctx;   /* borrowed; one connection per context, as libstrophe walks all of them at every call */
    xmpp_conn_t *conn; /* borrowed */
    int fd;            /* our duplicate of the socket, or -1 */
    uv_poll_t *poll;   /* on fd, or NULL */
    int watched;       /* events asked of poll */
    size_t need;       /* calls still needed to write what was queued */
    bool running;      /* inside libstrophe: never re-enter */
};

/* libstrophe's socket callback gives us each new socket before it connects.  0, or -1 to refuse it. */
int pump_adopt(struct pump *p, int socket);
void pump_watch(struct pump *p);               /* begins to poll the adopted socket */
void pump_release(struct pump *p);             /* the socket is gone: closes our duplicate */
void pump_run(struct pump *p);                 /* reads, handles and writes what there is; from events and the tick */
void pump_wrote(struct pump *p, size_t bytes); /* queued by xmpp_send_raw; written when the loop runs */
void pump_cut(struct pump *p); /* ends the connection from our side at once; the library notices at the next run */
