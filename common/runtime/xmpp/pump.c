#include "common/runtime/xmpp/pump.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PUMP_RECORD = 16384, /* a TLS record: what one call writes */
    PUMP_QUIET = 4,      /* calls that empty a decrypted record, 4 KiB each, after the socket fell silent */
    PUMP_MAX_RUNS = 256  /* then the loop gets its turn */
};

/* The duplicate keeps libuv's view of the descriptor valid when libstrophe closes and reopens its own; it is numbered
 * above FD_SETSIZE to leave the low numbers to libstrophe, whose select() aborts on others. */
int pump_adopt(struct pump *p, int socket)
{
    int on = 1;
    int again = 1; /* SYN: given up after 3 s, not 127, and tried anew from outside */
    if (socket < 0 || socket >= FD_SETSIZE) return -1;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_SYNCNT, &again, sizeof again);
    pump_release(p);
    p->fd = fcntl(socket, F_DUPFD_CLOEXEC, FD_SETSIZE);
    return p->fd < 0 ? -1 : 0;
}

static void free_handle(uv_handle_t *h) { free(h); }

void pump_release(struct pump *p)
{
    if (p->poll) uv_close((uv_handle_t *)p->poll, free_handle);
    p->poll = NULL;
    if (p->fd >= 0) (void)close(p->fd);
    p->fd = -1;
    p->watched = 0;
    p->need = 0;
}

static void once(struct pump *p)
{
    p->running = true;
    xmpp_run_once(p->ctx, 0);
    p->running = false;
}

static int unread(const struct pump *p)
{
    int n = 0;
    if (p->fd >= 0 && ioctl(p->fd, FIONREAD, &n) != 0) n = 0;
    return n;
}

static bool writable(const struct pump *p)
{
    struct pollfd f = { .fd = p->fd, .events = POLLOUT };
    return p->fd >= 0 && poll(&f, 1, 0) == 1 && (f.revents & POLLOUT);
}

/* xmpp_conn_send_queue_len leaves out the library's own stanzas and a half-written one: hence our own count. */
static void write_all(struct pump *p)
{
    while (p->need > 0 && writable(p)) {
        p->need--;
        once(p);
    }
}

static void on_ready(uv_poll_t *h, int status, int events)
{
    (void)status;
    (void)events;
    pump_run(h->data);
}

static void interest(struct pump *p)
{
    bool more = xmpp_conn_is_connecting(p->conn) || p->need > 0 || xmpp_conn_send_queue_len(p->conn) > 0;
    int events = UV_READABLE | (more ? UV_WRITABLE : 0);
    if (!p->poll || events == p->watched) return;
    p->watched = events;
    (void)uv_poll_start(p->poll, events, on_ready);
}

void pump_watch(struct pump *p)
{
    if (p->fd < 0 || p->poll) return;
    uv_poll_t *poll = calloc(1, sizeof *poll);
    if (!poll || uv_poll_init(p->loop, poll, p->fd) != 0) {
        free(poll); /* the tick still pumps, only slower */
        return;
    }
    poll->data = p;
    p->poll = poll;
    interest(p);
}

/* Reads until the socket was found empty PUMP_QUIET times in a row: a record is at most four reads long, and its rest
 * lies in OpenSSL while the socket is silent. */
void pump_run(struct pump *p)
{
    if (p->running) return;
    int quiet = 0;
    for (int runs = 0; p->fd >= 0 && quiet < PUMP_QUIET && runs < PUMP_MAX_RUNS; runs++) {
        quiet = unread(p) > 0 ? 0 : quiet + 1;
        once(p);
    }
    if (p->fd < 0) return;
    write_all(p);
    if (p->fd < 0) return;
    if (xmpp_conn_send_queue_len(p->conn) > 0 && p->need == 0) p->need = 1;
    pump_watch(p);
    interest(p);
}

/* Not written here: a call into libstrophe also reads, and who sends must not be handed a stanza meanwhile. */
void pump_wrote(struct pump *p, size_t bytes)
{
    p->need += 1 + bytes / PUMP_RECORD;
    if (!p->running && p->fd >= 0) interest(p);
}

void pump_cut(struct pump *p)
{
    if (p->fd >= 0) (void)shutdown(p->fd, SHUT_RDWR);
}
