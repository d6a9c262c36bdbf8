#include "common/runtime/xmpp/session.h"
#include "tests/unit/common/runtime/xmpp/line.h"
#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct heard {
    unsigned answers, failures;
};

static void on_answer(void *to, enum err e, xmpp_stanza_t *answer)
{
    struct heard *h = to;
    cr_expect_eq(e == OK, answer != NULL);
    h->answers += e == OK;
    h->failures += e == ERR_NETWORK;
}

static struct conn *inside(struct session *s) { return (struct conn *)session_conn(s); }

static void answer(struct session *s, const char *from, int number)
{
    char text[128];
    (void)snprintf(text, sizeof text, "<iq type='result' id='q%d' from='%s'/>", number, from);
    struct reading r CLEANUP(reading_end) = reading_of(text);
    conn_on_stanza(inside(s), r.stanza);
}

static bool metric(const struct session *s, const char *line)
{
    struct buf out CLEANUP(buf_free) = buf_make(1 << 16);
    session_metrics(s, &out);
    return strstr((const char *)out.p, line) != NULL;
}

/* One more than there is room for is refused and told so; an answer makes room; each that was asked hears once. */
Test(session, questions_are_bounded, .timeout = 60)
{
    struct line l;
    struct session *s = NULL;
    struct heard h = { 0 };
    struct question q = { .type = "get", .to = "b", .content = STR("<x/>"), .fn = on_answer, .arg = &h };
    line_open(&l);
    struct xmpp_config k = line_config(&l);
    struct xmpp_events events = { .to = &l, .closed = line_closed };
    cr_assert_eq(session_open(&k, &events, NULL, (struct log){ 0 }, &s, NULL), OK);
    cr_expect_eq(session_ask(s, &q), ERR_NETWORK, "not up yet");
    line_raise(&l, inside(s));
    for (int i = 0; i < SESSION_MAX_ASKS; i++) cr_assert_eq(session_ask(s, &q), OK, "%d", i);
    cr_expect_eq(session_ask(s, &q), ERR_LIMIT);
    cr_expect(metric(s, "himas_xmpp_refused_total{reason=\"questions\"} 1\n"));
    answer(s, "mallory", 2);
    cr_expect_eq(h.answers, 0, "another than was asked");
    answer(s, "b", 2);
    answer(s, "b", 2);
    cr_expect_eq(h.answers, 1);
    cr_expect_eq(session_ask(s, &q), OK, "there is room again");
    cr_expect_eq(session_ask(s, &q), ERR_LIMIT);
    conn_on_down(inside(s), &(struct trouble){ .code = ERR_NETWORK });
    cr_expect(h.answers == 1 && h.failures == SESSION_MAX_ASKS, "%u", h.failures);
    session_close(s);
    line_end(&l);
}
