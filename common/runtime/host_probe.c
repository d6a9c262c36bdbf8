#include "common/runtime/host_probe.h"
#include <arpa/inet.h>
#include <http_parser.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    PROBE_VISITS = 64,
    PROBE_TIMEOUT_MS = 10000,
    PROBE_MAX_BYTES = 4 << 20,
    REQUEST_MAX_BYTES = 16 << 10,
    REQUEST_PIECE_BYTES = 4096,
    PATH_BYTES = 64
};

/* One connection, for one request: read, answered, closed. */
struct visit {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    struct probe *probe;
    struct visit *next, *previous;
    http_parser parser;
    char path[PATH_BYTES]; /* a longer one is none of ours */
    size_t path_n, got;
    char piece[REQUEST_PIECE_BYTES];
    struct buf answer;
    int open_handles;
};
struct probe {
    uv_tcp_t listener;
    struct probe_source source;
    struct visit *visits;
    size_t nvisits;
    bool closed; /* the listener is */
};

static void free_probe(struct probe *p)
{
    if (p->closed && p->visits == NULL) free(p);
}

/* ---- ending ---- */

static void on_visit_closed(uv_handle_t *handle)
{
    struct visit *v = handle->data;
    struct probe *p = v->probe;
    if (--v->open_handles > 0) return;
    *(v->previous ? &v->previous->next : &p->visits) = v->next;
    if (v->next) v->next->previous = v->previous;
    p->nvisits--;
    buf_free(&v->answer);
    free(v);
    free_probe(p);
}

static void end(struct visit *v)
{
    if (uv_is_closing((uv_handle_t *)&v->tcp)) return;
    uv_close((uv_handle_t *)&v->tcp, on_visit_closed);
    uv_close((uv_handle_t *)&v->timer, on_visit_closed);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    end(write->data);
}
static void on_time(uv_timer_t *timer) { end(timer->data); }

/* ---- answering ---- */

static enum http_status healthz(struct probe *p, struct buf *out)
{
    (void)p;
    buf_add_z(out, "ok\n");
    return HTTP_STATUS_OK;
}

static enum http_status readyz(struct probe *p, struct buf *out)
{
    if (!p->source.ready(p->source.self, out)) return HTTP_STATUS_SERVICE_UNAVAILABLE;
    buf_clear(out);
    buf_add_z(out, "ready\n");
    return HTTP_STATUS_OK;
}

static enum http_status metrics(struct probe *p, struct buf *out)
{
    p->source.metrics(p->source.self, out);
    return buf_err(out) == OK ? HTTP_STATUS_OK : HTTP_STATUS_INTERNAL_SERVER_ERROR;
}

static const char plain[] = "text/plain; charset=utf-8";
static const struct page {
    const char *path, *type;
    enum http_status (*fill)(struct probe *p, struct buf *out);
} pages[] = { { "/healthz", plain, healthz },
              { "/readyz", plain, readyz },
              { "/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics } };

static const struct page *page_of(const struct visit *v)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (v->path_n == strlen(pages[i].path) && memcmp(v->path, pages[i].path, v->path_n) == 0) return &pages[i];
    return NULL;
}

/* RFC 9110 and 9112: a status line, what the content is, and that this was all. */
static void send_answer(struct visit *v, enum http_status status, const char *type, struct str text)
{
    struct buf *out = &v->answer;
    buf_addf(out,
             "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
             "Connection: close\r\n\r\n",
             (int)status, http_status_str(status), type, text.n);
    if (v->parser.method != HTTP_HEAD) buf_add(out, text.p, text.n);
    uv_buf_t all = { .base = (char *)out->p, .len = out->n };
    v->write.data = v;
    (void)uv_read_stop((uv_stream_t *)&v->tcp);
    if (buf_err(out) != OK || uv_write(&v->write, (uv_stream_t *)&v->tcp, &all, 1, on_written) != 0) end(v);
}

static int on_complete(http_parser *parser)
{
    struct visit *v = parser->data;
    struct buf text CLEANUP(buf_free) = buf_make(PROBE_MAX_BYTES);
    const struct page *page = page_of(v);
    enum http_status status = HTTP_STATUS_NOT_FOUND;
    http_parser_pause(parser, 1); /* one request */
    if (parser->method != HTTP_GET && parser->method != HTTP_HEAD) {
        send_answer(v, HTTP_STATUS_METHOD_NOT_ALLOWED, plain, STR("GET only\n"));
        return 0;
    }
    if (page)
        status = page->fill(v->probe, &text);
    else
        buf_add_z(&text, "try /healthz, /readyz, /metrics\n");
    send_answer(v, status, page ? page->type : plain, buf_str(&text));
    return 0;
}

/* ---- reading ---- */

static int on_url(http_parser *parser, const char *at, size_t n)
{
    struct visit *v = parser->data;
    for (size_t i = 0; i < n; i++, v->path_n++)
        if (v->path_n < PATH_BYTES) v->path[v->path_n] = at[i];
    return 0;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct visit *v = handle->data;
    (void)suggested;
    *out = (uv_buf_t){ .base = v->piece, .len = sizeof v->piece };
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece)
{
    static const http_parser_settings settings = { .on_url = on_url, .on_message_complete = on_complete };
    struct visit *v = stream->data;
    if (n == 0) return; /* nothing yet; for the parser no bytes would be the end */
    v->got += n > 0 ? (size_t)n : 0;
    if (n < 0 || v->got > REQUEST_MAX_BYTES) {
        end(v);
        return;
    }
    (void)http_parser_execute(&v->parser, &settings, piece->base, (size_t)n);
    enum http_errno defect = HTTP_PARSER_ERRNO(&v->parser);
    if (defect != HPE_OK && defect != HPE_PAUSED)
        send_answer(v, HTTP_STATUS_BAD_REQUEST, plain, STR("this is no HTTP request\n"));
}

static struct visit *new_visit(struct probe *p)
{
    struct visit *v = calloc(1, sizeof *v);
    if (v == NULL) return NULL;
    v->probe = p;
    v->answer = buf_make(PROBE_MAX_BYTES + REQUEST_PIECE_BYTES);
    v->next = p->visits;
    if (p->visits) p->visits->previous = v;
    p->visits = v;
    p->nvisits++;
    http_parser_init(&v->parser, HTTP_REQUEST);
    (void)uv_tcp_init(p->listener.loop, &v->tcp);
    (void)uv_timer_init(p->listener.loop, &v->timer);
    v->tcp.data = v->timer.data = v->parser.data = v;
    v->open_handles = 2;
    return v;
}

/* Who comes when there are too many is let in and shown out. */
static void on_connection(uv_stream_t *listener, int status)
{
    struct probe *p = listener->data;
    struct visit *v = status == 0 ? new_visit(p) : NULL;
    if (v == NULL) return;
    if (uv_accept(listener, (uv_stream_t *)&v->tcp) != 0 || p->nvisits > PROBE_VISITS ||
        uv_timer_start(&v->timer, on_time, PROBE_TIMEOUT_MS, 0) != 0 ||
        uv_read_start((uv_stream_t *)&v->tcp, on_room, on_read) != 0)
        end(v);
}

/* ---- life ---- */

static void on_listener_closed(uv_handle_t *handle)
{
    struct probe *p = handle->data;
    p->closed = true;
    free_probe(p);
}

void probe_close(struct probe *p)
{
    if (p == NULL) return;
    for (struct visit *v = p->visits; v; v = v->next) end(v);
    uv_close((uv_handle_t *)&p->listener, on_listener_closed);
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
    (void)uv_tcp_init(loop, &p->listener);
    p->listener.data = p;
    if (uv_tcp_bind(&p->listener, (const struct sockaddr *)&at, 0) == 0 &&
        uv_listen((uv_stream_t *)&p->listener, PROBE_VISITS, on_connection) == 0) {
        *out = p;
        return OK;
    }
    probe_close(p);
    return why_say(why, ERR_NETWORK, "probe_port: cannot listen on %s:%u; choose another port, or 0 for none", host,
                   (unsigned)port);
}
