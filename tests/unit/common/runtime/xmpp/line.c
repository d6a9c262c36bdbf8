#include "tests/unit/common/runtime/xmpp/line.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

void line_open(struct line *l)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    *l = (struct line){ .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .peer = -1 };
    cr_assert(bind(l->listener, (struct sockaddr *)&a, n) == 0 && listen(l->listener, 16) == 0 &&
              getsockname(l->listener, (struct sockaddr *)&a, &n) == 0);
    l->port = ntohs(a.sin_port);
    cr_assert_eq(uv_loop_init(&l->loop), 0);
}

void line_end(struct line *l)
{
    if (l->peer >= 0) (void)close(l->peer);
    if (l->listener >= 0) (void)close(l->listener);
    (void)uv_run(&l->loop, UV_RUN_DEFAULT);
    cr_expect(l->closed);
    cr_expect_eq(uv_loop_close(&l->loop), 0, "nothing is left on the loop");
}

struct xmpp_config line_config(struct line *l)
{
    return (
        struct xmpp_config){ .jid = "a@b", .password = "p", .host = "127.0.0.1", .port = l->port, .loop = &l->loop };
}

void line_closed(void *to) { ((struct line *)to)->closed = true; }

static void on_event(xmpp_conn_t *strophe, xmpp_conn_event_t event, int error, xmpp_stream_error_t *stream, void *to)
{
    (void)strophe;
    (void)stream;
    struct trouble t = trouble_of_socket(error, "broker", 0);
    if (event != XMPP_CONN_RAW_CONNECT) conn_on_down(to, &t);
}

void line_raise(struct line *l, struct conn *c)
{
    (void)uv_timer_stop(&c->retry);
    c->state = CONN_LOGGING_IN;
    cr_assert_eq(xmpp_connect_raw(c->strophe, "127.0.0.1", l->port, on_event, c), XMPP_EOK);
    pump_watch(&c->pump);
    l->peer = accept(l->listener, NULL, NULL);
    cr_assert_geq(l->peer, 0);
    while (!xmpp_conn_is_connected(c->strophe)) (void)uv_run(&l->loop, UV_RUN_ONCE);
    conn_on_up(c);
}

void line_read(struct line *l, size_t n, struct buf *out)
{
    uint8_t some[4096];
    while (out->n < n) {
        ssize_t got = recv(l->peer, some, sizeof some, MSG_DONTWAIT);
        if (got > 0)
            buf_add(out, some, (size_t)got);
        else
            (void)uv_run(&l->loop, UV_RUN_ONCE);
    }
}

/* Not UV_RUN_ONCE, which runs the timers also behind the events: a wait of no time would be over before it was seen. */
void line_run(struct line *l, const struct conn *c, enum conn_state until)
{
    struct pollfd events = { .fd = uv_backend_fd(&l->loop), .events = POLLIN };
    while (c->state != until) {
        (void)poll(&events, 1, uv_backend_timeout(&l->loop));
        (void)uv_run(&l->loop, UV_RUN_NOWAIT);
    }
}
