#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(core_call, people_are_answered_in_words)
{
    static const struct {
        const char *who, *line, *answer;
    } rows[] = {
        { "olga", "/hello name=Ada", "hello Ada, you are a operator" },
        { "olga", "good day Ada", "hello Ada" },
        { "olga", "helo Ada", "did you mean" },
        { "olga", "hello", "name" },
        { "olga", "secret", "is for: privacy-officer" },
        { "paul", "secret", "the privacy budget is spent" },
        { "olga", "help", "hello" },
    };
    struct sim *s = toys_start("");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sim_forget(s, rows[i].who);
        sim_say(s, rows[i].who, "server", rows[i].line);
        (void)sim_run(s, 1000, NULL, NULL);
        struct str heard = sim_heard(s, rows[i].who);
        cr_expect(heard.n > 0 && strstr(heard.p, rows[i].answer), "%s: " STR_F, rows[i].line, STR_ARG(heard));
    }
    sim_free(s);
}

static enum err ask_others(struct agent *a, void *self, const struct call *c, struct result *out)
{
    (void)self;
    (void)out;
    return agent_later(a, c);
}

static const struct command slow_commands[] = {
    { "ask", ROLE_OPERATOR | ROLE_OFFICER, NULL, "asks somebody who never answers", "ask", ask_others },
    { 0 },
};

/* Who waits for many answers leaves room for others, and a call that nobody answers ends. */
Test(core_call, calls_that_wait_are_bounded_by_caller_and_by_time, .timeout = 60)
{
    struct agent_def slow = toy_server;
    struct why why = { "" };
    struct sim *s = sim_new(5, &(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 3 });
    slow.commands = slow_commands;
    cr_assert(s && sim_add(s, &slow, "server", "", &why) == OK && sim_add_person(s, "olga", ROLE_OPERATOR) == OK &&
              sim_add_person(s, "paul", ROLE_OFFICER) == OK && sim_start(s, &why) == OK);
    for (int i = 0; i <= CORE_MAX_CALLS_A_PEER; i++) {
        sim_say(s, "olga", "server", "ask");
        (void)sim_run(s, 1000, NULL, NULL);
    }
    cr_expect_eq(sim_agent(s, "server")->ncalls, CORE_MAX_CALLS_A_PEER);
    cr_expect(strstr(sim_heard(s, "olga").p, "100 of them yours"), STR_F, STR_ARG(sim_heard(s, "olga")));
    sim_say(s, "paul", "server", "ask");
    (void)sim_run(s, CORE_CALL_MS + 1000, NULL, NULL);
    cr_expect(sim_agent(s, "server")->ncalls == CORE_MAX_CALLS_A_PEER + 1 && sim_heard(s, "paul").n == 0);
    sim_say(s, "paul", "server", "ask");
    (void)sim_run(s, 1000, NULL, NULL);
    cr_expect_eq(sim_agent(s, "server")->ncalls, 1, "all others are told that no answer came");
    cr_expect(strstr(sim_heard(s, "paul").p, "No answer came in 10 minutes"));
    sim_free(s);
}

Test(core_call, lines_and_commands_have_a_measure)
{
    struct sim *s = toys_start("");
    struct agent *server = sim_agent(s, "server");
    static const struct {
        const char *who;
        bool commands;
        const char *flooded;
    } rows[] = { { "olga@sim.local", false, "himas_messages_flooded_total 400" },
                 { "paul@sim.local", true, "himas_messages_flooded_total 800" },
                 { "mallory@sim.local", false, "himas_messages_flooded_total 1200" },
                 { "trudy@sim.local", false, "himas_messages_flooded_total 1700" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int k = 0; k < 500; k++) { /* at one moment of virtual time */
            if (rows[i].commands)
                core_on_invoke(server, 1, rows[i].who, STR("secret"), NULL, 0);
            else
                core_on_packet(server, &(struct packet){ PACKET_CHAT, .peer = rows[i].who, .body = STR("help") });
        }
        cr_expect(toys_metric(s, "server", rows[i].flooded), "%s", rows[i].who);
    }
    sim_free(s);
}

static void chat(struct sim *s, const char *who, const char *line)
{
    char jid[64];
    (void)snprintf(jid, sizeof jid, "%s@sim.local", who);
    core_on_packet(sim_agent(s, "server"), &(struct packet){ .kind = PACKET_CHAT, .peer = jid, .body = str_of(line) });
}

/* One line more than the measure, at one moment, is dropped and counted; those before it were all answered, and a
 * moment later there is room for as many as a second gives. */
Test(core_call, one_line_more_than_the_measure, .timeout = 60)
{
    struct sim *s = toys_start("");
    for (int i = 0; i < CORE_CHATS_BURST; i++) chat(s, "olga", "hello Ada");
    cr_expect(toys_metric(s, "server", "himas_messages_flooded_total 0\n"));
    chat(s, "olga", "hello Ada");
    cr_expect(toys_metric(s, "server", "himas_messages_flooded_total 1\n"));
    (void)sim_run(s, 1000, NULL, NULL);
    int answers = 0;
    for (const char *at = sim_heard(s, "olga").p; (at = strstr(at, "hello Ada")); at++) answers++;
    cr_expect_eq(answers, CORE_CHATS_BURST, "%d", answers);
    for (int i = 0; i <= CORE_CHATS_PER_S; i++) chat(s, "olga", "hello Ada");
    cr_expect(toys_metric(s, "server", "himas_messages_flooded_total 2\n"), "a second has passed");
    sim_free(s);
}

/* Ten people ask as much as each may; the eleventh is told why not, nobody's question is lost, and when one is answered
 * the eleventh has room. */
Test(core_call, calls_that_wait_are_bounded_in_all, .timeout = 60)
{
    struct agent_def slow = toy_server;
    struct why why = { "" };
    struct sim *s = sim_new(5, &(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 3 });
    char name[16];
    slow.commands = slow_commands;
    cr_assert(s && sim_add(s, &slow, "server", "", &why) == OK && sim_add_person(s, "late", ROLE_OPERATOR) == OK);
    for (int i = 0; i < CORE_MAX_CALLS / CORE_MAX_CALLS_A_PEER; i++) {
        (void)snprintf(name, sizeof name, "olga%d", i);
        cr_assert(sim_add_person(s, name, ROLE_OPERATOR) == OK);
    }
    cr_assert(sim_start(s, &why) == OK);
    const struct agent *server = sim_agent(s, "server");
    for (int i = 0; i < CORE_MAX_CALLS; i++) {
        (void)snprintf(name, sizeof name, "olga%d", i / CORE_MAX_CALLS_A_PEER);
        chat(s, name, "ask");
    }
    cr_expect(server->ncalls == CORE_MAX_CALLS && !toys_metric(s, "server", "himas_calls_refused_total{"));
    chat(s, "late", "ask");
    (void)sim_run(s, 1000, NULL, NULL);
    cr_expect(server->ncalls == CORE_MAX_CALLS);
    cr_expect(toys_metric(s, "server", "himas_calls_refused_total{reason=\"ERR_LIMIT\"} 1\n"));
    cr_expect(strstr(sim_heard(s, "late").p, "1000 questions wait for their answers, 0 of them yours"), STR_F,
              STR_ARG(sim_heard(s, "late")));
    struct result r CLEANUP(result_free);
    result_init(&r);
    result_say(&r, "forty-two");
    agent_answer(sim_agent(s, "server"), server->calls[0].id, &r);
    sim_forget(s, "late");
    chat(s, "late", "ask");
    (void)sim_run(s, 1000, NULL, NULL);
    cr_expect(server->ncalls == CORE_MAX_CALLS && sim_heard(s, "late").n == 0, "it waits");
    cr_expect(strstr(sim_heard(s, "olga0").p, "forty-two") && sim_heard(s, "olga9").n == 0);
    sim_free(s);
}
