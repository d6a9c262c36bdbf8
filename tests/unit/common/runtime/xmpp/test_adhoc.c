#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBMIT(a) "<x xmlns='jabber:x:data' type='submit'><field var='a'><value>" a "</value></field></x>"

static void ask(struct adhoc *a, const char *from, const char *attributes, const char *inside, uint64_t now_ms,
                struct buf *out)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    buf_addf(&text, "<iq type='set' id='i1' from='%s'><command xmlns='" NS_COMMANDS "' %s>%s</command></iq>", from,
             attributes, inside);
    struct reading r CLEANUP(reading_end) = reading_of((const char *)text.p);
    buf_clear(out);
    adhoc_handle(a, r.stanza, now_ms, out);
}

static bool has(const struct buf *b, const char *text) { return b->p && strstr((const char *)b->p, text) != NULL; }

Test(adhoc, one_stage)
{
    static const struct {
        const char *name, *from, *attributes, *inside, *said, *answer;
    } rows[] = {
        { "no arguments", "op@h/x", "node='ping'", "", "ping()", NULL },
        { "submitted at once", "op@h/x", "node='add' action='execute'", SUBMIT("7"), "add(a=7)", NULL },
        { "a form to fill in", "op@h/x", "node='add' action='execute'", "", "", "status='executing'" },
        { "unknown", "op@h/x", "node='nothing'", "", "", "item-not-found" },
        { "no node", "op@h/x", "", "", "", "item-not-found" },
        { "not for this role", "op@h/x", "node='audit'", "", "", "forbidden" },
        { "for this role", "officer@h/x", "node='audit'", "", "audit()", NULL },
        { "unknown session", "op@h/x", "node='add' sessionid='1'", SUBMIT("7"), "", "bad-sessionid" },
        { "not a submitted form", "op@h/x", "node='add'", "<x xmlns='jabber:x:data' type='form'/>", "", "bad-payload" },
        { "nobody", "", "node='ping'", "", "", "bad-request" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct toy toy;
        struct adhoc *a = toy_commands(&toy);
        struct buf out CLEANUP(buf_free) = buf_make(1 << 16);
        ask(a, rows[i].from, rows[i].attributes, rows[i].inside, 0, &out);
        cr_expect_str_eq(toy.said, rows[i].said, "%s: %s", rows[i].name, toy.said);
        cr_expect(rows[i].answer ? has(&out, rows[i].answer) : out.n == 0, "%s: " STR_F, rows[i].name,
                  STR_ARG(buf_str(&out)));
        adhoc_free(a);
    }
}

/* Begins `add`; the session's attributes for the second stage. */
static void begin(struct adhoc *a, const char *from, uint64_t now_ms, char session[64], struct buf *out)
{
    ask(a, from, "node='add'", "", now_ms, out);
    const char *id = strstr((const char *)out->p, "sessionid='");
    cr_assert(id);
    (void)snprintf(session, 64, "node='add' sessionid='%.16s'", id + strlen("sessionid='"));
}

Test(adhoc, two_stages)
{
    static const struct {
        const char *name, *from, *action;
        uint64_t after_ms;
        const char *said, *answer;
    } rows[] = {
        { "complete", "op@h/x", "action='complete'", 1000, "add(a=9)", NULL },
        { "no action", "op@h/x", "", 1000, "add(a=9)", NULL },
        { "execute", "op@h/x", "action='execute'", 1000, "add(a=9)", NULL },
        { "cancel", "op@h/x", "action='cancel'", 1000, "", "status='canceled'" },
        { "prev", "op@h/x", "action='prev'", 1000, "", "bad-action" },
        { "another session of the same person", "op@h/y", "", 1000, "", "bad-sessionid" },
        { "another person", "eve@h/x", "", 1000, "", "bad-sessionid" },
        { "too late", "op@h/x", "", ADHOC_SESSION_MS + 1, "", "bad-sessionid" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct toy toy;
        struct adhoc *a = toy_commands(&toy);
        struct buf out CLEANUP(buf_free) = buf_make(1 << 16);
        char session[64], attributes[128];
        begin(a, "op@h/x", 0, session, &out);
        (void)snprintf(attributes, sizeof attributes, "%s %s", session, rows[i].action);
        ask(a, rows[i].from, attributes, SUBMIT("9"), rows[i].after_ms, &out);
        cr_expect_str_eq(toy.said, rows[i].said, "%s: %s", rows[i].name, toy.said);
        cr_expect(rows[i].answer ? has(&out, rows[i].answer) : out.n == 0, "%s", rows[i].name);
        ask(a, "op@h/x", session, SUBMIT("9"), rows[i].after_ms, &out);
        if (toy.calls) cr_expect_eq(toy.calls, 1, "%s: a session is good once", rows[i].name);
        adhoc_free(a);
    }
}

Test(adhoc, answers)
{
    struct toy toy;
    struct adhoc *a = toy_commands(&toy);
    struct buf out CLEANUP(buf_free) = buf_make(1 << 16);
    struct result r CLEANUP(result_free);
    result_init(&r);
    result_say(&r, "done");
    ask(a, "op@h/x", "node='ping'", "", 0, &out);
    adhoc_answer(a, toy.call_id + 1, &r, &out);
    cr_expect_eq(out.n, 0, "nobody asked that");
    adhoc_answer(a, toy.call_id, &r, &out);
    cr_expect(has(&out, "<iq type='result' to='op@h/x' id='i1'>") && has(&out, "status='completed'") &&
                  has(&out, "<note type='info'>done</note>"),
              STR_F, STR_ARG(buf_str(&out)));
    buf_clear(&out);
    adhoc_answer(a, toy.call_id, &r, &out);
    cr_expect_eq(out.n, 0, "once only");
    adhoc_free(a);
}

static const char *who(unsigned number, char out[32])
{
    (void)snprintf(out, 32, "op%u@h/x", number);
    return out;
}

Test(adhoc, limits)
{
    struct toy toy;
    struct adhoc *a = toy_commands(&toy);
    struct buf out CLEANUP(buf_free) = buf_make(1 << 16);
    char first[64], session[64], from[32];
    for (unsigned i = 0; i < ADHOC_MAX_CALLS; i++)
        ask(a, who(i / ADHOC_MAX_CALLS_A_PEER, from), "node='ping'", "", i, &out);
    cr_expect_eq(toy.calls, ADHOC_MAX_CALLS);
    ask(a, who(99, from), "node='ping'", "", ADHOC_MAX_CALLS, &out);
    cr_expect(has(&out, "resource-constraint"));
    ask(a, who(99, from), "node='ping'", "", ADHOC_CALL_MS + 1, &out);
    cr_expect_eq(toy.calls, ADHOC_MAX_CALLS + 1, "the oldest call is given up");
    begin(a, who(0, from), 0, first, &out);
    for (unsigned i = 1; i <= ADHOC_MAX_SESSIONS; i++)
        begin(a, who(i / ADHOC_MAX_SESSIONS_A_PEER, from), i, session, &out);
    ask(a, who(0, from), first, SUBMIT("1"), 5, &out);
    cr_expect(has(&out, "bad-sessionid"), "the oldest form made room");
    ask(a, who(ADHOC_MAX_SESSIONS / ADHOC_MAX_SESSIONS_A_PEER, from), session, SUBMIT("1"), ADHOC_CALL_MS + 2, &out);
    cr_expect_str_eq(toy.said, "add(a=1)");
    adhoc_free(a);
}

/* One account cannot take the others' places, whatever resources it has. */
Test(adhoc, limits_of_one_account)
{
    struct toy toy;
    struct adhoc *a = toy_commands(&toy);
    struct buf out CLEANUP(buf_free) = buf_make(1 << 16);
    char others[64], first[64], session[64];
    begin(a, "op1@h/x", 0, others, &out);
    begin(a, "op2@h/y", 1, first, &out);
    for (unsigned i = 0; i < 2 * ADHOC_MAX_SESSIONS; i++) begin(a, "op2@h/x", 2 + i, session, &out);
    ask(a, "op2@h/y", first, SUBMIT("1"), 600, &out);
    cr_expect(has(&out, "bad-sessionid"), "its own oldest form made room");
    ask(a, "op1@h/x", others, SUBMIT("1"), 600, &out);
    cr_expect_str_eq(toy.said, "add(a=1)", "and not another's");
    toy.calls = 0;
    for (unsigned i = 0; i < ADHOC_MAX_CALLS; i++) ask(a, i % 2 ? "op2@h/x" : "op2@h/y", "node='ping'", "", 700, &out);
    cr_expect(toy.calls == ADHOC_MAX_CALLS_A_PEER && has(&out, "resource-constraint"), "%u", toy.calls);
    ask(a, "op1@h/x", "node='ping'", "", 700, &out);
    cr_expect_eq(toy.calls, ADHOC_MAX_CALLS_A_PEER + 1);
    adhoc_free(a);
}
