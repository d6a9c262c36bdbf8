#include "common/runtime/xmpp/http.h"
#include "common/runtime/xmpp/curl_door.h"
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct transfer {
    const struct curl_door *curl; /* the http's */
    CURL *easy;
    struct curl_slist *headers;
    struct bytes put; /* the caller's */
    size_t put_at;
    struct buf got;
    http_done_fn *done;
    void *to;
    struct transfer *next;
};
struct http {
    uv_loop_t *loop;
    struct curl_door curl; /* opened with the first transfer, and multi with it */
    CURLM *multi;
    uv_timer_t timer;
    char *ca_file;
    struct transfer *transfers;
    size_t ntransfers, sockets; /* sockets: poll handles not yet closed */
    bool closing, timer_closed;
    void (*closed)(void *to);
    void *to;
};
struct socket_poll {
    uv_poll_t poll;
    curl_socket_t fd;
    struct http *http;
};

/* ---- one transfer ---- */

static void free_transfer(struct transfer *t)
{
    if (t->easy) t->curl->easy_cleanup(t->easy);
    t->curl->slist_free_all(t->headers);
    buf_free(&t->got);
    free(t);
}

static size_t on_read(char *to, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t k = size * n < t->put.n - t->put_at ? size * n : t->put.n - t->put_at;
    memcpy(to, t->put.p + t->put_at, k);
    t->put_at += k;
    return k;
}

/* A connection that was kept may prove dead after we began to send: curl then asks to begin again. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct transfer *t = arg;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->put.n) return CURL_SEEKFUNC_FAIL;
    t->put_at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_write(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    buf_add(&t->got, p, size * n);
    return buf_err(&t->got) == OK ? size * n : 0;
}

static enum err outcome(struct transfer *t, CURLcode code)
{
    static const struct {
        long status;
        enum err e;
    } statuses[] = { { 404, ERR_ABSENT }, { 410, ERR_ABSENT }, { 413, ERR_LIMIT }, { 507, ERR_LIMIT } };
    long status = 0;
    (void)t->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) return OK;
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) return ERR_TLS;
    if (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED) return ERR_LIMIT;
    for (size_t i = 0; code == CURLE_HTTP_RETURNED_ERROR && i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status) return statuses[i].e;
    return code == CURLE_OUT_OF_MEMORY ? ERR_MEMORY : ERR_NETWORK;
}

static void unlink_transfer(struct http *h, struct transfer *t)
{
    struct transfer **at = &h->transfers;
    while (*at && *at != t) at = &(*at)->next;
    if (*at) *at = t->next;
    h->ntransfers--;
    (void)h->curl.multi_remove_handle(h->multi, t->easy);
}

static void collect(struct http *h)
{
    int left = 0;
    for (CURLMsg *m = h->curl.multi_info_read(h->multi, &left); m; m = h->curl.multi_info_read(h->multi, &left)) {
        char *mine = NULL;
        if (m->msg != CURLMSG_DONE) continue;
        CURLcode code = m->data.result;
        (void)h->curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &mine);
        struct transfer *t = (struct transfer *)(void *)mine;
        enum err e = outcome(t, code);
        unlink_transfer(h, t);
        t->done(t->to, e, e == OK ? buf_bytes(&t->got) : (struct bytes){ 0 });
        free_transfer(t);
        if (h->closing) return;
    }
}

/* ---- curl on uv: curl says which sockets and when, uv says that it happened (curl_multi_socket_action(3)) ---- */

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct socket_poll *s = handle->data;
    struct http *h = s->http;
    int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    int running = 0;
    if (status < 0) flags = CURL_CSELECT_ERR;
    (void)h->curl.multi_socket_action(h->multi, s->fd, flags, &running);
    if (!h->closing) collect(h);
}

static void on_timer(uv_timer_t *timer)
{
    struct http *h = timer->data;
    int running = 0;
    (void)h->curl.multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    if (!h->closing) collect(h);
}

static int want_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct http *h = arg;
    (void)multi;
    if (h->closing) return 0;
    if (timeout_ms < 0)
        (void)uv_timer_stop(&h->timer);
    else
        (void)uv_timer_start(&h->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static void free_http(struct http *h)
{
    if (!h->closing || !h->timer_closed || h->sockets) return;
    void (*closed)(void *) = h->closed;
    void *to = h->to;
    curl_door_close(&h->curl);
    free(h->ca_file);
    free(h);
    if (closed) closed(to);
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct socket_poll *s = handle->data;
    struct http *h = s->http;
    h->sockets--;
    free(s);
    free_http(h);
}

static struct socket_poll *new_socket(struct http *h, curl_socket_t fd)
{
    struct socket_poll *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->fd = fd;
    s->http = h;
    s->poll.data = s;
    if (uv_poll_init_socket(h->loop, &s->poll, fd) != 0) {
        free(s);
        return NULL;
    }
    h->sockets++;
    (void)h->curl.multi_assign(h->multi, fd, s);
    return s;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *mine)
{
    struct http *h = arg;
    struct socket_poll *s = mine;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s) uv_close((uv_handle_t *)&s->poll, on_socket_closed);
        (void)h->curl.multi_assign(h->multi, fd, NULL);
        return 0;
    }
    if (!s) s = new_socket(h, fd);
    if (!s) return -1;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    (void)uv_poll_start(&s->poll, events, on_poll);
    return 0;
}

/* ---- starting ---- */

static void set_put(struct transfer *t, const struct http_request *r)
{
    t->put = r->put;
    (void)t->curl->easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    (void)t->curl->easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->put.n);
    (void)t->curl->easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read);
    (void)t->curl->easy_setopt(t->easy, CURLOPT_READDATA, (void *)t);
    (void)t->curl->easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_seek);
    (void)t->curl->easy_setopt(t->easy, CURLOPT_SEEKDATA, (void *)t);
}

/* "Expect:" empty: a broker that does not answer 100-continue costs a second a chunk. */
static enum err set_headers(struct transfer *t, const struct http_request *r)
{
    t->headers = t->curl->slist_append(NULL, "Expect:");
    for (size_t i = 0; t->headers && i < HTTP_MAX_HEADERS && r->headers[i]; i++) {
        struct curl_slist *longer = t->curl->slist_append(t->headers, r->headers[i]);
        if (!longer) return ERR_MEMORY;
        t->headers = longer;
    }
    (void)t->curl->easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return t->headers ? OK : ERR_MEMORY;
}

static enum err set_up(const struct http *h, struct transfer *t, const struct http_request *r, const char *url)
{
    const struct curl_door *curl = t->curl;
    CURL *easy = t->easy = curl->easy_init();
    if (!easy) return ERR_MEMORY;
    t->got = buf_make(r->max_bytes);
    if (curl->easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK) return ERR_MEMORY;
    (void)curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    (void)curl->easy_setopt(easy, CURLOPT_PROXY, ""); /* the environment's would be told what we fetch */
    (void)curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl->easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    (void)curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
    (void)curl->easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl->easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)HTTP_STALL_S);
    (void)curl->easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)r->max_bytes);
    (void)curl->easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
    (void)curl->easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    (void)curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    (void)curl->easy_setopt(easy, CURLOPT_WRITEDATA, (void *)t);
    (void)curl->easy_setopt(easy, CURLOPT_PRIVATE, (void *)t);
    if (h->ca_file) (void)curl->easy_setopt(easy, CURLOPT_CAINFO, h->ca_file);
    if (h->ca_file) (void)curl->easy_setopt(easy, CURLOPT_CAPATH, NULL);
    (void)curl->easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L); /* else a changed file counts after a day */
    if (r->put.p) set_put(t, r);
    return set_headers(t, r);
}

static enum err open_curl(struct http *h)
{
    if (h->multi) return OK;
    if (!h->curl.library) TRY(curl_door_open(CURL_DOOR_FILE, &h->curl));
    h->multi = h->curl.multi_init();
    if (!h->multi) return ERR_MEMORY;
    (void)h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    (void)h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETDATA, (void *)h);
    (void)h->curl.multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    (void)h->curl.multi_setopt(h->multi, CURLMOPT_TIMERDATA, (void *)h);
    (void)h->curl.multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_MAX_CONNECTIONS);
    return OK;
}

enum err http_start(struct http *h, const struct http_request *request)
{
    if (!str_starts(request->url, "https://") || memchr(request->url.p, '\0', request->url.n)) return ERR_INPUT;
    if (h->closing || h->ntransfers == HTTP_MAX_REQUESTS) return ERR_LIMIT;
    TRY(open_curl(h));
    char *url = strndup(request->url.p, request->url.n);
    struct transfer *t = calloc(1, sizeof *t);
    if (t) t->curl = &h->curl;
    enum err e = url && t ? set_up(h, t, request, url) : ERR_MEMORY;
    free(url);
    if (e != OK) {
        if (t) free_transfer(t);
        return e;
    }
    t->done = request->done;
    t->to = request->to;
    t->next = h->transfers;
    h->transfers = t;
    h->ntransfers++;
    if (h->curl.multi_add_handle(h->multi, t->easy) == CURLM_OK) return OK;
    unlink_transfer(h, t);
    free_transfer(t);
    return ERR_MEMORY;
}

/* ---- life ---- */

enum err http_open(struct uv_loop_s *loop, const char *ca_file, struct http **out)
{
    struct http *h = calloc(1, sizeof *h);
    char *copy = ca_file ? strdup(ca_file) : NULL;
    if (!h || (ca_file && !copy)) {
        free(h);
        free(copy);
        return ERR_MEMORY;
    }
    h->loop = loop;
    h->ca_file = copy;
    (void)uv_timer_init(loop, &h->timer);
    h->timer.data = h;
    *out = h;
    return OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct http *h = handle->data;
    h->timer_closed = true;
    free_http(h);
}

void http_close(struct http *h, void (*closed)(void *to), void *to)
{
    h->closing = true;
    h->closed = closed;
    h->to = to;
    while (h->transfers) {
        struct transfer *t = h->transfers;
        unlink_transfer(h, t);
        free_transfer(t);
    }
    if (h->multi) (void)h->curl.multi_cleanup(h->multi); /* gives its sockets back through want_socket */
    h->multi = NULL;
    uv_close((uv_handle_t *)&h->timer, on_timer_closed);
}
