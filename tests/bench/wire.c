#include "tests/bench/wire.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

enum { TICK_MS = 1000, RECORD = 16384, MOST_RUNS = 64, READ_BYTES = 4096, RESIDUE_RUNS = 3 };

struct wire {
    xmpp_mem_t mem;
    xmpp_ctx_t *ctx;
    xmpp_conn_t *conn;
    uv_loop_t *loop;
    uv_poll_t *poll;
    uv_timer_t tick;
    int fd;
    size_t need;
    bool running, up;
    wire_stanza_fn *fn;
    void *to;
};

/* The socket callback brings no pointer; but all memory of the library is ours, and begins with one. */
union owner {
    struct wire *wire;
    max_align_t align;
};
static void *owned(union owner *o, struct wire *w)
{
    if (o == NULL) return NULL;
    o->wire = w;
    return o + 1;
}
static void *mem_alloc(size_t n, void *w) { return owned(malloc(sizeof(union owner) + n), w); }
static void *mem_realloc(void *p, size_t n, void *w)
{
    return owned(realloc(p ? (union owner *)p - 1 : NULL, sizeof(union owner) + n), w);
}
static void mem_free(void *p, void *w)
{
    (void)w;
    free(p ? (union owner *)p - 1 : NULL);
}

static int on_socket(xmpp_conn_t *conn, void *socket)
{
    struct wire *w = ((const union owner *)(const void *)conn - 1)->wire;
    int on = 1;
    int fd = *(int *)socket;
    if (fd >= FD_SETSIZE) return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    w->fd = fcntl(fd, F_DUPFD_CLOEXEC, FD_SETSIZE);
    return w->fd < 0 ? -1 : 0;
}

static void run(struct wire *w)
{
    w->running = true;
    xmpp_run_once(w->ctx, 0);
    w->running = false;
}

static int unread(const struct wire *w)
{
    int n = 0;
    return ioctl(w->fd, FIONREAD, &n) == 0 ? n : 0;
}

static bool writable(const struct wire *w)
{
    struct pollfd p = { .fd = w->fd, .events = POLLOUT };
    return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

static void pump(struct wire *w);
static void on_poll(uv_poll_t *p, int status, int events)
{
    (void)status;
    (void)events;
    pump(p->data);
}

static void interest(struct wire *w)
{
    bool more = !w->up || w->need > 0 || xmpp_conn_send_queue_len(w->conn) > 0;
    (void)uv_poll_start(w->poll, UV_READABLE | (more ? UV_WRITABLE : 0), on_poll);
}

void wire_flush(struct wire *w)
{
    while (w->need > 0 && writable(w)) {
        w->need--;
        run(w);
    }
    interest(w);
}

/* libstrophe reads 4 KiB a call, and the rest of a TLS record lies unseen in OpenSSL. */
static void pump(struct wire *w)
{
    if (w->running) return;
    int guard = MOST_RUNS;
    do {
        bool residue = unread(w) > READ_BYTES;
        run(w);
        for (int i = 0; residue && i < RESIDUE_RUNS; i++) run(w);
    } while (unread(w) > 0 && --guard);
    if (w->need == 0) run(w);
    wire_flush(w);
}

static void on_tick(uv_timer_t *t) { pump(t->data); }

static int on_stanza(xmpp_conn_t *conn, xmpp_stanza_t *s, void *to)
{
    struct wire *w = to;
    (void)conn;
    w->fn(w->to, w, s);
    return 1;
}

static void on_event(xmpp_conn_t *conn, xmpp_conn_event_t event, int error, xmpp_stream_error_t *e, void *to)
{
    struct wire *w = to;
    if (event != XMPP_CONN_CONNECT)
        report_die("the yardstick lost its link (%d) %s", error, e && e->text ? e->text : "");
    xmpp_handler_add(conn, on_stanza, NULL, NULL, NULL, w);
    w->up = true;
    wire_send(w, "<presence/>", strlen("<presence/>"));
}

void wire_send(struct wire *w, const char *text, size_t n)
{
    xmpp_send_raw(w->conn, text, n);
    w->need += 1 + n / RECORD;
}

bool wire_up(const struct wire *w) { return w->up; }

struct wire *wire_open(uv_loop_t *loop, const struct place *p, const char *jid, bool sm, wire_stanza_fn *fn, void *to)
{
    struct wire *w = calloc(1, sizeof *w);
    char full[ROSTER_JID_BYTES + 16];
    if (w == NULL) report_die("memory");
    *w = (struct wire){ .loop = loop, .fd = -1, .fn = fn, .to = to };
    (void)setenv("SSL_CERT_FILE", p->ca, 1);
    (void)setenv("SSL_CERT_DIR", "/nonexistent", 1);
    (void)snprintf(full, sizeof full, "%s/agent", jid);
    w->mem = (xmpp_mem_t){ .alloc = mem_alloc, .free = mem_free, .realloc = mem_realloc, .userdata = w };
    xmpp_initialize();
    w->ctx = xmpp_ctx_new(&w->mem, NULL);
    w->conn = w->ctx ? xmpp_conn_new(w->ctx) : NULL;
    w->poll = calloc(1, sizeof *w->poll);
    if (w->conn == NULL || w->poll == NULL) report_die("memory");
    (void)xmpp_conn_set_flags(w->conn, (long)XMPP_CONN_FLAG_MANDATORY_TLS | (sm ? 0 : (long)XMPP_CONN_FLAG_DISABLE_SM));
    xmpp_conn_set_jid(w->conn, full);
    xmpp_conn_set_pass(w->conn, p->secret);
    xmpp_conn_set_cafile(w->conn, p->ca);
    xmpp_conn_set_sockopt_callback(w->conn, on_socket);
    if (xmpp_connect_client(w->conn, "127.0.0.1", (unsigned short)p->port, on_event, w) != XMPP_EOK || w->fd < 0)
        report_die("%s does not connect", jid);
    (void)uv_poll_init(loop, w->poll, w->fd);
    (void)uv_timer_init(loop, &w->tick);
    w->poll->data = w->tick.data = w;
    (void)uv_timer_start(&w->tick, on_tick, TICK_MS, TICK_MS);
    interest(w);
    return w;
}
