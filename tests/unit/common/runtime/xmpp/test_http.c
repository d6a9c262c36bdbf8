#include "common/runtime/xmpp/http.h"
#include "tests/unit/common/runtime/xmpp/line.h"
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <uv.h>

static void count(void *to, enum err e, struct bytes data)
{
    unsigned *called = to;
    (void)e;
    (void)data;
    (*called)++;
}

static void note(void *to) { *(bool *)to = true; }

/* Has somebody connected?  The connection stays open, and silent. */
static bool took_one(struct line *l)
{
    (void)uv_run(&l->loop, UV_RUN_NOWAIT);
    struct pollfd waiting = { .fd = l->listener, .events = POLLIN };
    return poll(&waiting, 1, 0) == 1 && accept(l->listener, NULL, NULL) >= 0;
}

/* Nothing of this reaches a network: the loop runs only to close. */
Test(http, requests_are_bounded_and_dropped_at_the_end)
{
    uv_loop_t loop;
    struct http *h = NULL;
    unsigned called = 0;
    bool closed = false;
    struct http_request r = { .url = STR("https://127.0.0.1:1/x"), .max_bytes = 1, .done = count, .to = &called };
    cr_assert_eq(uv_loop_init(&loop), 0);
    cr_assert_eq(http_open(&loop, NULL, &h), OK);
    for (int i = 0; i < HTTP_MAX_REQUESTS; i++) cr_assert_eq(http_start(h, &r), OK, "%d", i);
    cr_expect_eq(http_start(h, &r), ERR_LIMIT);
    http_close(h, note, &closed);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect(closed && called == 0, "%u called", called);
    cr_expect_eq(uv_loop_close(&loop), 0);
}

/* Requests beyond them wait for one of these. */
Test(http, connections_are_bounded, .timeout = 60)
{
    struct line l;
    struct http *h = NULL;
    char url[64];
    unsigned called = 0, connections = 0;
    line_open(&l);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/x", l.port);
    struct http_request r = { .url = str_of(url), .max_bytes = 1, .done = count, .to = &called };
    cr_assert_eq(http_open(&l.loop, NULL, &h), OK);
    for (int i = 0; i < 4 * HTTP_MAX_CONNECTIONS; i++) cr_assert_eq(http_start(h, &r), OK, "%d", i);
    while (connections < HTTP_MAX_CONNECTIONS) connections += took_one(&l);
    for (int i = 0; i < 100; i++) connections += took_one(&l);
    cr_expect(connections == HTTP_MAX_CONNECTIONS && called == 0, "%u", connections);
    http_close(h, line_closed, &l);
    line_end(&l);
}

Test(http, only_https)
{
    const struct str rows[] = { STR("http://127.0.0.1/"), STR("file:///etc/passwd"), STR(""), STR("https://a\0b") };
    uv_loop_t loop;
    struct http *h = NULL;
    bool closed = false;
    cr_assert_eq(uv_loop_init(&loop), 0);
    cr_assert_eq(http_open(&loop, NULL, &h), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(http_start(h, &(struct http_request){ .url = rows[i], .done = count }), ERR_INPUT, "row %zu", i);
    http_close(h, note, &closed);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect(closed);
    cr_expect_eq(uv_loop_close(&loop), 0);
}
