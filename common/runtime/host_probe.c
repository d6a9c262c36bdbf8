#include "common/runtime/host_probe.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { PROBE_CONNECTIONS = 64, PROBE_TIMEOUT_S = 10, PROBE_MAX_BYTES = 4 << 20 };

struct probe {
    struct MHD_Daemon *daemon;
    struct probe_source source;
    uv_poll_t poll;
    uv_timer_t timer;
    int open_handles;
};

/* One page of text; libmicrohttpd frees the copy. */
static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, struct str text, const char *type)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(text.n, (void *)(uintptr_t)text.p, MHD_RESPMEM_MUST_COPY);
    if (r == NULL) return MHD_NO;
    (void)MHD_add_response_header(r, "Content-Type", type);
    (void)MHD_add_response_header(r, "Cache-Control", "no-store");
    enum MHD_Result queued = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return queued;
}

static enum MHD_Result healthz(struct probe *p, struct MHD_Connection *c)
{
    (void)p;
    return answer(c, MHD_HTTP_OK, STR("ok\n"), "text/plain; charset=utf-8");
}

static enum MHD_Result readyz(struct probe *p, struct MHD_Connection *c)
{
    struct buf why CLEANUP(buf_free) = buf_make(PROBE_MAX_BYTES);
    bool ready = p->source.ready(p->source.self, &why);
    return answer(c, ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, ready ? STR("ready\n") : buf_str(&why),
                  "text/plain; charset=utf-8");
}

static enum MHD_Result metrics(struct probe *p, struct MHD_Connection *c)
{
    struct buf text CLEANUP(buf_free) = buf_make(PROBE_MAX_BYTES);
    p->source.metrics(p->source.self, &text);
    return answer(c, buf_err(&text) == OK ? MHD_HTTP_OK : MHD_HTTP_INTERNAL_SERVER_ERROR, buf_str(&text),
                  "text/plain; version=0.0.4; charset=utf-8");
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
    static const struct {
        const char *url;
        enum MHD_Result (*page)(struct probe *, struct MHD_Connection *);
    } pages[] = { { "/healthz", healthz }, { "/readyz", readyz }, { "/metrics", metrics } };
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED, STR("GET only\n"), "text/plain; charset=utf-8");
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (strcmp(url, pages[i].url) == 0) return pages[i].page(self, c);
    return answer(c, MHD_HTTP_NOT_FOUND, STR("try /healthz, /readyz, /metrics\n"), "text/plain; charset=utf-8");
}

static void turn(struct probe *p);
static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    turn(poll->data);
}
static void on_time(uv_timer_t *timer) { turn(timer->data); }

/* epoll inside is edge-triggered: after every turn the timer takes libmicrohttpd's own word, 0 included. */
static void turn(struct probe *p)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    (void)MHD_run(p->daemon);
    if (MHD_get_timeout(p->daemon, &wait_ms) == MHD_YES) (void)uv_timer_start(&p->timer, on_time, wait_ms, 0);
}

static void on_closed(uv_handle_t *handle)
{
    struct probe *p = handle->data;
    if (--p->open_handles > 0) return;
    if (p->daemon) MHD_stop_daemon(p->daemon);
    free(p);
}

void probe_close(struct probe *p)
{
    if (p == NULL) return;
    if (p->open_handles == 0) {
        if (p->daemon) MHD_stop_daemon(p->daemon);
        free(p);
        return;
    }
    uv_close((uv_handle_t *)&p->poll, on_closed);
    uv_close((uv_handle_t *)&p->timer, on_closed);
}

static enum err watch(struct probe *p, uv_loop_t *loop)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL || uv_poll_init(loop, &p->poll, info->epoll_fd) != 0) return ERR_NETWORK;
    p->poll.data = p->timer.data = p;
    p->open_handles = 2;
    (void)uv_timer_init(loop, &p->timer);
    return uv_poll_start(&p->poll, UV_READABLE, on_readable) == 0 ? OK : ERR_NETWORK;
}

enum err probe_open(uv_loop_t *loop, const char *host, uint16_t port, const struct probe_source *source,
                    struct probe **out, struct why *why)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1)
        return why_say(why, ERR_SETTING, "probe_host: %s is not an IPv4 address", host);
    struct probe *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_MEMORY;
    p->source = *source;
    p->daemon = MHD_start_daemon(MHD_USE_EPOLL, port, NULL, NULL, on_request, p, MHD_OPTION_SOCK_ADDR,
                                 (struct sockaddr *)&at, MHD_OPTION_CONNECTION_LIMIT, (unsigned)PROBE_CONNECTIONS,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PROBE_TIMEOUT_S, MHD_OPTION_END);
    enum err e = p->daemon ? watch(p, loop) : ERR_NETWORK;
    if (e == OK) {
        *out = p;
        return OK;
    }
    probe_close(p);
    return why_say(why, e, "probe_port: cannot listen on %s:%u; choose another port, or 0 for none", host,
                   (unsigned)port);
}
