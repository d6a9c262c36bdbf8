#include "tests/unit/common/runtime/xmpp/line.h"
#include <criterion/criterion.h>
#include <string.h>
#include <uv.h>

Test(conn, backoff_is_jittered_doubled_and_bounded)
{
    static const struct {
        unsigned failures;
        bool reached;
        uint64_t bound_ms;
    } rows[] = {
        { 0, true, 500 },
        { 1, true, 1000 },
        { 2, true, 2000 },
        { 5, true, 16000 },
        { 6, true, 30000 },
        { 7, true, 30000 },
        { 0, false, 500 },
        { 2, false, 2000 },
        { 3, false, 3000 },
        { 9, false, 3000 },
        { 4000000000u, true, 30000 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned n = rows[i].failures;
        bool reached = rows[i].reached;
        uint64_t bound = rows[i].bound_ms;
        cr_expect_eq(conn_backoff_ms(n, reached, 0), 0, "%u", n);
        cr_expect_eq(conn_backoff_ms(n, reached, bound - 1), bound - 1, "%u", n);
        cr_expect_lt(conn_backoff_ms(n, reached, UINT64_MAX), bound, "%u", n);
    }
}

Test(conn, a_refused_account_waits_long_but_not_at_first)
{
    static const struct {
        unsigned refusals;
        uint64_t random, wait_ms;
    } rows[] = {
        { 0, 7, 0 },
        { XMPP_REFUSED_TRIES - 1, 7, 0 },
        { XMPP_REFUSED_TRIES, 0, XMPP_BACKOFF_REFUSED_MS / 2 },
        { XMPP_REFUSED_TRIES, 7, XMPP_BACKOFF_REFUSED_MS / 2 + 7 },
        { XMPP_REFUSED_TRIES, XMPP_BACKOFF_REFUSED_MS / 2 - 1, XMPP_BACKOFF_REFUSED_MS - 1 },
        { 4000000000u, XMPP_BACKOFF_REFUSED_MS / 2, XMPP_BACKOFF_REFUSED_MS / 2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(conn_refused_ms(rows[i].refusals, rows[i].random), rows[i].wait_ms, "row %zu", i);
}

Test(conn, a_wrong_config_is_refused_in_words)
{
    static const struct {
        const char *name, *jid, *password, *ca_file, *words;
    } rows[] = {
        { "no jid", NULL, "p", NULL, "bare JID" },      { "no domain", "a@", "p", NULL, "bare JID" },
        { "no name", "@b", "p", NULL, "bare JID" },     { "full", "a@b/c", "p", NULL, "bare JID" },
        { "no password", "a@b", "", NULL, "password" }, { "no file", "a@b", "p", "/nonexistent/ca", "/nonexistent/ca" },
    };
    uv_loop_t loop;
    cr_assert_eq(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conn *c = NULL;
        struct why why = { "" };
        struct xmpp_config k = {
            .jid = rows[i].jid, .password = rows[i].password, .ca_file = rows[i].ca_file, .loop = &loop
        };
        cr_expect_eq(conn_open(&k, &(struct conn_events){ 0 }, (struct log){ 0 }, &c, &why), ERR_SETTING, "%s",
                     rows[i].name);
        cr_expect(strstr(why.text, rows[i].words), "%s: %s", rows[i].name, why.text);
    }
    cr_expect_eq(uv_loop_close(&loop), 0, "nothing is left on the loop");
}

/* Refused again and again with the old password: the new one is tried at once. */
Test(conn, a_new_password_is_tried_at_once, .timeout = 60)
{
    uv_loop_t loop;
    struct conn *c = NULL;
    struct xmpp_config k = { .jid = "a@b", .password = "old", .host = "127.0.0.1", .port = 1, .loop = &loop };
    cr_assert_eq(uv_loop_init(&loop), 0);
    cr_assert_eq(conn_open(&k, &(struct conn_events){ 0 }, (struct log){ 0 }, &c, NULL), OK);
    while (conn_failures(c) < 3) (void)uv_run(&loop, UV_RUN_ONCE);
    uint64_t tries = conn_counts(c).attempts;
    cr_assert_eq(conn_set_password(c, "new"), OK);
    cr_expect_eq(conn_failures(c), 0);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    cr_expect_eq(conn_counts(c).attempts, tries + 1);
    conn_close(c);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&loop), 0, "nothing is left on the loop");
}

static void on_closed(void *to) { *(bool *)to = true; }

Test(conn, closes_before_it_ever_was_up, .timeout = 60)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost" };
    for (size_t i = 0; i < 2; i++) {
        uv_loop_t loop;
        bool closed = false;
        struct conn *c = NULL;
        struct xmpp_config k = { .jid = "a@b", .password = "p", .host = hosts[i], .port = 1, .loop = &loop };
        struct conn_events events = { .to = &closed, .closed = on_closed };
        cr_assert_eq(uv_loop_init(&loop), 0);
        cr_assert_eq(conn_open(&k, &events, (struct log){ 0 }, &c, NULL), OK);
        struct buf stanza CLEANUP(buf_free) = buf_make(16);
        buf_add_z(&stanza, "<iq/>");
        cr_expect_eq(conn_send(c, &stanza), ERR_NETWORK);
        while (conn_counts(c).attempts < 2) (void)uv_run(&loop, UV_RUN_ONCE);
        conn_close(c);
        conn_close(c);
        (void)uv_run(&loop, UV_RUN_DEFAULT);
        cr_expect(closed, "%s", hosts[i]);
        cr_expect_eq(uv_loop_close(&loop), 0, "%s: nothing is left on the loop", hosts[i]);
    }
}

/* One more than may wait is refused and counted, and those that wait arrive, in order; then there is room again. */
Test(conn, stanzas_that_wait_are_bounded, .timeout = 60)
{
    struct line l;
    struct conn *c = NULL;
    struct buf sent CLEANUP(buf_free) = buf_make(1 << 20);
    struct buf got CLEANUP(buf_free) = buf_make(1 << 20);
    line_open(&l);
    struct xmpp_config k = line_config(&l);
    cr_assert_eq(conn_open(&k, &(struct conn_events){ .to = &l, .closed = line_closed }, (struct log){ 0 }, &c, NULL),
                 OK);
    line_raise(&l, c);
    for (int i = 0; i <= CONN_MAX_QUEUE; i++) {
        struct buf stanza CLEANUP(buf_free) = buf_make(64);
        buf_addf(&stanza, "<iq id='%d'/>", i);
        enum err e = conn_send(c, &stanza);
        cr_assert_eq(e, i < CONN_MAX_QUEUE ? OK : ERR_LIMIT, "%d", i);
        if (e == OK) buf_add_str(&sent, buf_str(&stanza));
    }
    cr_expect(conn_counts(c).unqueued == 1 && conn_counts(c).out == CONN_MAX_QUEUE);
    line_read(&l, sent.n, &got);
    cr_expect(str_eq(buf_str(&got), buf_str(&sent)));
    buf_clear(&got);
    cr_assert_eq(conn_send(c, &(struct buf){ .p = (uint8_t *)"<iq/>", .n = 5 }), OK, "there is room again");
    line_read(&l, 5, &got);
    cr_expect(conn_counts(c).unqueued == 1 && str_is(buf_str(&got), "<iq/>"));
    conn_close(c);
    line_end(&l);
}
