#include "common/runtime/host_probe.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { ANSWER_BYTES = 4096, CROWD = 80, HEADER_BYTES = 20000, PIECE_BYTES = 4096 };

static bool not_ready(void *self, struct buf *why)
{
    buf_add_z(why, "not ready: no link\n");
    return *(bool *)self;
}
static void two_metrics(void *self, struct buf *out)
{
    (void)self;
    buf_add_z(out, "a 1\nb 2\n");
}

static struct sockaddr_in free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    (void)close(fd);
    return at;
}

struct place {
    uv_loop_t loop;
    struct sockaddr_in at;
    struct probe *probe;
    bool ready;
};

static void begin(struct place *p)
{
    const struct probe_source source = { &p->ready, not_ready, two_metrics };
    struct why why = { "" };
    p->at = free_port();
    p->ready = false;
    cr_assert(uv_loop_init(&p->loop) == 0);
    cr_assert_eq(probe_open(&p->loop, "127.0.0.1", ntohs(p->at.sin_port), &source, &p->probe, &why), OK, "%s",
                 why.text);
}

static void finish(struct place *p)
{
    probe_close(p->probe);
    (void)uv_run(&p->loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&p->loop), 0, "nothing is left on the loop");
}

static int come(struct place *p)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(fd >= 0 && connect(fd, (struct sockaddr *)&p->at, sizeof p->at) == 0);
    return fd;
}

/* All that is said until the connection is closed; -1: it was broken off. */
static ssize_t hear(struct place *p, int fd, char *out)
{
    size_t n = 0;
    for (;;) {
        ssize_t got = recv(fd, out + n, ANSWER_BYTES - 1 - n, MSG_DONTWAIT);
        if (got > 0) n += (size_t)got;
        out[n] = '\0';
        if (got == 0) break;
        if (got < 0 && errno != EAGAIN) return -1;
        if (got < 0) (void)uv_run(&p->loop, UV_RUN_ONCE);
    }
    (void)close(fd);
    return (ssize_t)n;
}

static void say(int fd, const char *text) { cr_assert(send(fd, text, strlen(text), MSG_NOSIGNAL) > 0); }

Test(host_probe, answers, .timeout = 20)
{
    static const struct {
        const char *request, *status, *body;
    } rows[] = {
        { "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\nok\n" },
        { "GET /readyz HTTP/1.0\r\n\r\n", "HTTP/1.1 503 Service Unavailable\r\n", "\r\n\r\nnot ready: no link\n" },
        { "GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "version=0.0.4" },
        { "GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 8\r\n" },
        { "HEAD /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Connection: close\r\n\r\n" },
        { "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", "try /healthz" },
        { "GET /metricsandmore HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", "try /healthz" },
        { "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 405 Method Not Allowed\r\n", "GET only" },
        { "\x16\x03\x01\x02", "HTTP/1.1 400 Bad Request\r\n", "no HTTP" },
        { "GET /healthz HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\nok\n" },
    };
    struct place p;
    char answer[ANSWER_BYTES];
    begin(&p);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd = come(&p);
        say(fd, rows[i].request);
        cr_assert_gt(hear(&p, fd, answer), 0, "row %zu", i);
        cr_expect(strncmp(answer, rows[i].status, strlen(rows[i].status)) == 0, "row %zu: %s", i, answer);
        cr_expect(strstr(answer, rows[i].body) != NULL, "row %zu: %s", i, answer);
    }
    finish(&p);
}

Test(host_probe, ready_when_it_is, .timeout = 20)
{
    struct place p;
    char answer[ANSWER_BYTES];
    begin(&p);
    p.ready = true;
    int fd = come(&p);
    say(fd, "GET /rea");
    while (uv_run(&p.loop, UV_RUN_NOWAIT) == 0) {} /* in pieces */
    say(fd, "dyz HTTP/1.1\r\n\r\n");
    cr_assert_gt(hear(&p, fd, answer), 0);
    cr_expect(strstr(answer, "\r\n\r\nready\n") != NULL, "%s", answer);
    finish(&p);
}

/* After a read that fills the buffer libuv reads again and tells of nothing: that is not the end. */
Test(host_probe, a_piece_as_long_as_the_buffer, .timeout = 20)
{
    struct place p;
    char answer[ANSWER_BYTES];
    char piece[PIECE_BYTES + 1] = "GET /healthz HTTP/1.1\r\nx: ";
    size_t n = strlen(piece);
    begin(&p);
    memset(piece + n, 'a', PIECE_BYTES - n);
    piece[PIECE_BYTES] = '\0';
    int fd = come(&p);
    say(fd, piece);
    for (int i = 0; i < 3; i++) (void)uv_run(&p.loop, UV_RUN_NOWAIT);
    say(fd, "\r\n\r\n");
    cr_assert_gt(hear(&p, fd, answer), 0);
    cr_expect(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s", answer);
    finish(&p);
}

/* An endless header, and more visitors than there are seats: shown out, and the others are served. */
Test(host_probe, limits, .timeout = 20)
{
    struct place p;
    char answer[ANSWER_BYTES];
    char header[HEADER_BYTES + 1];
    int fds[CROWD];
    begin(&p);
    memset(header, 'a', HEADER_BYTES);
    header[HEADER_BYTES] = '\0';
    int fd = come(&p);
    say(fd, "GET /healthz HTTP/1.1\r\nx: ");
    say(fd, header);
    cr_expect_leq(hear(&p, fd, answer), 0);
    size_t kept = 0;
    for (size_t i = 0; i < CROWD; i++) {
        fds[i] = come(&p);
        (void)uv_run(&p.loop, UV_RUN_NOWAIT);
    }
    for (size_t i = 0; i < CROWD; i++) {
        if (recv(fds[i], answer, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN) kept++;
        (void)close(fds[i]);
    }
    cr_expect_eq(kept, 64);
    for (size_t i = 0; i < CROWD; i++) (void)uv_run(&p.loop, UV_RUN_NOWAIT);
    fd = come(&p);
    say(fd, "GET /healthz HTTP/1.1\r\n\r\n");
    cr_expect_gt(hear(&p, fd, answer), 0);
    finish(&p);
}

Test(host_probe, closed_with_somebody_there, .timeout = 20)
{
    struct place p;
    begin(&p);
    int fd = come(&p);
    say(fd, "GET /metrics HTTP/1.1\r\n");
    (void)uv_run(&p.loop, UV_RUN_NOWAIT);
    finish(&p);
    (void)close(fd);
}

Test(host_probe, cannot_listen)
{
    const struct probe_source source = { NULL, not_ready, two_metrics };
    struct place p;
    struct probe *second = NULL;
    struct why why = { "" };
    begin(&p);
    cr_expect_eq(probe_open(&p.loop, "127.0.0.1", ntohs(p.at.sin_port), &source, &second, &why), ERR_NETWORK);
    cr_expect(strstr(why.text, "probe_port") != NULL);
    cr_expect_eq(probe_open(&p.loop, "::1", 1, &source, &second, &why), ERR_SETTING);
    finish(&p);
}
