#include "common/runtime/xmpp/http.h"
#include <criterion/criterion.h>
#include <uv.h>

static void count(void *to, enum err e, struct bytes data)
{
    unsigned *called = to;
    (void)e;
    (void)data;
    (*called)++;
}

static void note(void *to) { *(bool *)to = true; }

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
