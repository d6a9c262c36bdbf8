#include "tests/unit/common/runtime/xmpp/line.h"
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD                                                                                                           \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "       \
    "id='1' from='b' version='1.0'>"
#define SASL(what) HEAD "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" what "/></failure>"

/* The broker takes the connection, says its words and hangs up. */
static void answer_with(struct line *l, const struct conn *c, const char *words)
{
    line_run(l, c, CONN_LOGGING_IN);
    l->peer = accept(l->listener, NULL, NULL);
    cr_assert(l->peer >= 0 && send(l->peer, words, strlen(words), 0) == (ssize_t)strlen(words));
    (void)shutdown(l->peer, SHUT_WR);
    line_run(l, c, CONN_WAITING);
    (void)close(l->peer);
    l->peer = -1;
}

/* Refused as often as that already, an account waits long; and a broker that spoke waits for longer than one that is
 * not there, but only while it is this try it spoke to. */
Test(dial, what_a_broker_says_decides_how_long_to_wait, .timeout = 60)
{
    static const struct {
        const char *name, *words;
        enum err code;
        bool reached, refused;
    } rows[] = {
        { "not a word", "", ERR_NETWORK, false, false },
        { "a greeting", HEAD, ERR_NETWORK, true, false },
        { "no TLS", HEAD "<stream:features/>", ERR_TLS, true, false },
        { "another domain's",
          HEAD "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", ERR_AUTH,
          true, false },
        { "a wrong password", SASL("not-authorized"), ERR_AUTH, true, true },
        { "no account", SASL("account-disabled"), ERR_AUTH, true, true },
        { "no passwords at hand", SASL("temporary-auth-failure"), ERR_AUTH, true, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct line l;
        struct conn *c = NULL;
        line_open(&l);
        struct xmpp_config k = line_config(&l);
        cr_assert_eq(
            conn_open(&k, &(struct conn_events){ .to = &l, .closed = line_closed }, (struct log){ 0 }, &c, NULL), OK);
        c->refusals = XMPP_REFUSED_TRIES - 1;
        answer_with(&l, c, rows[i].words);
        cr_expect_eq(c->trouble.code, rows[i].code, "%s: %s", rows[i].name, c->trouble.why.text);
        cr_expect_eq(c->reached, rows[i].reached, "%s", rows[i].name);
        cr_expect_eq(c->refusals, rows[i].refused ? XMPP_REFUSED_TRIES : 0, "%s", rows[i].name);
        uint64_t wait_ms = uv_timer_get_due_in(&c->retry);
        cr_expect_eq(wait_ms > XMPP_BACKOFF_MAX_MS, rows[i].refused, "%s: %d ms", rows[i].name, (int)wait_ms);
        (void)close(l.listener);
        l.listener = -1;
        cr_assert_eq(conn_set_password(c, "another"), OK);
        while (conn_counts(c).attempts < 2 || c->state != CONN_WAITING) (void)uv_run(&l.loop, UV_RUN_ONCE);
        cr_expect(!c->reached, "%s, and then it is gone", rows[i].name);
        conn_close(c);
        line_end(&l);
    }
}
