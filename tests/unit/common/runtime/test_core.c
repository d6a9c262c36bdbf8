/* The core from outside: two toy agents in a calm simulation, and a hostile hand that feeds one of them packets. */
#include "common/runtime/sim.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct toy {
    unsigned joins, evaluations, errors, rebuilt;
    size_t blob_bytes;
    uint8_t blob_last;
    uint64_t size; /* of the attachments it sends */
    struct buf sent;
};
static enum err fail_with = OK; /* what the next join is answered with; tests run in processes of their own */

static enum err toy_init(struct agent *a, void *self, struct why *why)
{
    struct toy *t = self;
    (void)why;
    t->size = settings_u64(agent_settings(a), "size");
    t->sent = buf_make(64 << 20);
    t->rebuilt++;
    return OK;
}
static void toy_fini(void *self) { buf_free(&((struct toy *)self)->sent); }

static enum err on_join(struct agent *a, void *self, const struct msg *m)
{
    struct toy *t = self;
    struct msg out = msg_make(MSG_EVALUATE, m);
    if (fail_with != OK) return fail_with;
    t->joins++;
    uint8_t *p = buf_grow(&t->sent, (size_t)t->size);
    if (p == NULL) return buf_err(&t->sent);
    memset(p, 7, (size_t)t->size);
    out.evaluate.model.data = buf_bytes(&t->sent);
    return agent_reply(a, m, &out);
}

static enum err on_evaluate(struct agent *a, void *self, const struct msg *m)
{
    struct toy *t = self;
    (void)a;
    t->evaluations++;
    t->blob_bytes = m->evaluate.model.data.n;
    t->blob_last = m->evaluate.model.data.p[t->blob_bytes - 1];
    return OK;
}

static enum err on_error(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    (void)m;
    ((struct toy *)self)->errors++;
    return OK;
}

static enum err hello(struct agent *a, void *self, const struct call *c, struct result *out)
{
    (void)a;
    (void)self;
    result_say(out, "hello " STR_F ", you are a %s", STR_ARG(call_text(c, "name")), role_name(c->from_role));
    return OK;
}

static enum err secret(struct agent *a, void *self, const struct call *c, struct result *out)
{
    (void)a;
    (void)self;
    (void)c;
    (void)out;
    return ERR_BUDGET;
}

static const struct setting settings[] = { { "size", SET_COUNT, "100", 1, 1e8, "bytes" }, { 0 } };
static const struct argument hello_args[] = { { "name", ARG_TEXT, ARG_REQUIRED, 1, 10, NULL, NULL, NULL, "whom" },
                                              { 0 } };
static const struct command commands[] = {
    { "hello", ROLE_OPERATOR | ROLE_CLINICIAN, hello_args, "says hello", "good day {name}", hello },
    { "secret", ROLE_OFFICER, NULL, "refuses", NULL, secret },
    { 0 },
};
static const struct agent_handler server_handlers[] = { { MSG_JOIN, on_join, MSG_EVALUATE }, { 0 } };
static const struct agent_handler client_handlers[] = { { MSG_EVALUATE, on_evaluate, MSG_NONE },
                                                        { MSG_ERROR, on_error, MSG_NONE },
                                                        { 0 } };
static const struct agent_def server_agent = {
    .name = "server",
    .role = ROLE_COORDINATOR,
    .peers = ROLE_TRAINER,
    .state_size = sizeof(struct toy),
    .init = toy_init,
    .fini = toy_fini,
    .settings = settings,
    .handlers = server_handlers,
    .commands = commands,
};
static const struct agent_def client_agent = {
    .name = "client",
    .role = ROLE_TRAINER,
    .peers = ROLE_COORDINATOR,
    .state_size = sizeof(struct toy),
    .init = toy_init,
    .fini = toy_fini,
    .settings = settings,
    .handlers = client_handlers,
};

static struct sim *start(const char *server_settings)
{
    struct sim *s = sim_new(5, &(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 3 });
    struct why why = { 0 };
    cr_assert(s && sim_add(s, &server_agent, "server", server_settings, &why) == OK &&
                  sim_add(s, &client_agent, "client", "", &why) == OK,
              "%s", why.text);
    cr_assert(sim_add_person(s, "olga", ROLE_OPERATOR) == OK && sim_add_person(s, "paul", ROLE_OFFICER) == OK);
    cr_assert(sim_start(s, &why) == OK, "%s", why.text);
    (void)sim_run(s, 1000, NULL, NULL);
    return s;
}

static const struct toy *toy(struct sim *s, const char *name) { return core_state(sim_agent(s, name)); }

static void feed(struct sim *s, const char *to, const char *from, const char *json)
{
    core_on_packet(sim_agent(s, to), &(struct packet){ .kind = PACKET_MESSAGE, .peer = from, .body = str_of(json) });
    (void)sim_run(s, 2000, NULL, NULL);
}

#define JOIN(id)                                                                                                       \
    "{\"version\":1,\"type\":\"join\",\"id\":\"" id "\",\"in_reply_to\":\"\",\"run\":\"\",\"round\":0,\"stage\":\"\"," \
    "\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[],\"site\":\"a\",\"software\":\"t\",\"records\":1}"

static bool counted(struct sim *s, const char *name, const char *line)
{
    struct buf out CLEANUP(buf_free) = buf_make(1 << 20);
    core_metrics(sim_agent(s, name), &out);
    return strstr((const char *)out.p, line) != NULL;
}

Test(core, presence_is_mutual_and_ends_with_the_link)
{
    struct sim *s = start("");
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local") &&
              agent_online(sim_agent(s, "client"), "server@sim.local"));
    sim_cut(s, "client", 5000);
    (void)sim_run(s, 1000, NULL, NULL);
    cr_expect(!agent_online(sim_agent(s, "server"), "client@sim.local"));
    (void)sim_run(s, 6000, NULL, NULL);
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local"));
    sim_kill(s, "server", 1000);
    (void)sim_run(s, 3000, NULL, NULL);
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local"), "a restarted agent learns who is there");
    sim_free(s);
}

Test(core, a_repeat_is_handled_once_and_acknowledged_again)
{
    struct sim *s = start("");
    for (int i = 0; i < 3; i++) feed(s, "server", "client@sim.local", JOIN("1a-1"));
    feed(s, "server", "client@sim.local", JOIN("1a-2"));
    feed(s, "server", "client@sim.local", JOIN("19-3"));
    cr_expect_eq(toy(s, "server")->joins, 2, "1a-1 once, 1a-2 once, and an older epoch not at all");
    cr_expect(counted(s, "server", "himas_messages_duplicate_total 3"));
    cr_expect_eq(toy(s, "client")->evaluations, 2);
    sim_free(s);
}

Test(core, hostile_packets_are_refused_and_counted)
{
    static const struct {
        const char *name, *from, *json, *counted;
    } rows[] = {
        { "a stranger", "mallory@sim.local", JOIN("1a-1"), "himas_strangers_total 1" },
        { "a role that may not", "olga@sim.local", JOIN("1a-1"),
          "himas_messages_refused_total{reason=\"ERR_ROLE\"} 1" },
        { "no JSON", "client@sim.local", "{", "himas_messages_refused_total{reason=\"ERR_PROTO\"} 1" },
        { "no such id", "client@sim.local", JOIN("zz"), "himas_messages_refused_total{reason=\"ERR_PROTO\"} 1" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim *s = start("");
        feed(s, "server", rows[i].from, rows[i].json);
        cr_expect(toy(s, "server")->joins == 0 && counted(s, "server", rows[i].counted), "%s", rows[i].name);
        sim_free(s);
    }
}

Test(core, the_class_of_a_failure_decides_the_reaction)
{
    struct sim *s = start("");
    fail_with = ERR_BUDGET;
    feed(s, "server", "client@sim.local", JOIN("1a-1"));
    cr_expect(toy(s, "client")->errors == 1 && toy(s, "server")->rebuilt == 1,
              "LIMIT: the sender hears why, nothing else");
    fail_with = OK;
    feed(s, "server", "client@sim.local", JOIN("1a-1"));
    cr_expect(toy(s, "server")->joins == 0, "a refused message is not handled when it comes again");
    fail_with = ERR_IO;
    feed(s, "server", "client@sim.local", JOIN("1a-2"));
    cr_expect(counted(s, "server", "himas_rebuilds_total 1"), "ENV: the state is rebuilt");
    fail_with = OK;
    feed(s, "server", "client@sim.local", JOIN("1a-2"));
    cr_expect(toy(s, "server")->joins == 1, "and the message counts when it comes again");
    sim_free(s);
}

static enum err count_row(void *to, const char *key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)to;
    return OK;
}

Test(core, attachments_of_every_size_arrive_whole)
{
    static const struct {
        const char *size;
        size_t bytes;
    } rows[] = { { "size: 8", 8 },
                 { "size: 32768", 32768 },
                 { "size: 32769", 32769 },
                 { "size: 1048576", 1048576 },
                 { "size: 5000001", 5000001 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim *s = start(rows[i].size);
        feed(s, "server", "client@sim.local", JOIN("1a-1"));
        (void)sim_run(s, 10000, NULL, NULL);
        const struct toy *t = toy(s, "client");
        cr_expect(t->evaluations == 1 && t->blob_bytes == rows[i].bytes && t->blob_last == 7, "%s: %u, %zu",
                  rows[i].size, t->evaluations, t->blob_bytes);
        cr_expect_eq(core_outbox(sim_agent(s, "server")), 0);
        size_t left = 0;
        cr_expect(store_scan(sim_store(s, "server"), "~blob/", count_row, &left) == OK && left == 0, "nothing is kept longer");
        sim_free(s);
    }
}

Test(core, people_are_answered_in_words)
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
    struct sim *s = start("");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sim_forget(s, rows[i].who);
        sim_say(s, rows[i].who, "server", rows[i].line);
        (void)sim_run(s, 1000, NULL, NULL);
        struct str heard = sim_heard(s, rows[i].who);
        cr_expect(heard.n > 0 && strstr(heard.p, rows[i].answer), "%s: " STR_F, rows[i].line, STR_ARG(heard));
    }
    sim_free(s);
}
