#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum err toys_fail_with = OK;

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
    if (toys_fail_with != OK) return toys_fail_with;
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
    const struct blob *b = &m->evaluate.model;
    t->evaluations++;
    t->blob_bytes = (size_t)agent_blob_bytes(a, b);
    TRY(agent_blob_digest(a, b, t->blob_sha256));
    return agent_blob_read(a, b, t->blob_bytes - 1, 1, &t->blob_last);
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
const struct agent_def toy_server = {
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
const struct agent_def toy_client = {
    .name = "client",
    .role = ROLE_TRAINER,
    .peers = ROLE_COORDINATOR,
    .state_size = sizeof(struct toy),
    .init = toy_init,
    .fini = toy_fini,
    .settings = settings,
    .handlers = client_handlers,
};

struct sim *toys_start(const char *server_settings)
{
    return toys_start_with(&(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 3 }, server_settings);
}

struct sim *toys_start_with(const struct sim_faults *faults, const char *server_settings)
{
    struct sim *s = sim_new(5, faults);
    struct why why = { 0 };
    cr_assert(s && sim_add(s, &toy_server, "server", server_settings, &why) == OK &&
                  sim_add(s, &toy_client, "client", "", &why) == OK,
              "%s", why.text);
    cr_assert(sim_add_person(s, "olga", ROLE_OPERATOR) == OK && sim_add_person(s, "paul", ROLE_OFFICER) == OK);
    cr_assert(sim_start(s, &why) == OK, "%s", why.text);
    (void)sim_run(s, 1000, NULL, NULL);
    return s;
}

const struct toy *toys_state(struct sim *s, const char *name) { return core_state(sim_agent(s, name)); }

void toys_feed(struct sim *s, const char *to, const char *from, const char *json)
{
    core_on_packet(sim_agent(s, to), &(struct packet){ .kind = PACKET_MESSAGE, .peer = from, .body = str_of(json) });
    (void)sim_run(s, 2000, NULL, NULL);
}

bool toys_metric(struct sim *s, const char *name, const char *line)
{
    struct buf out CLEANUP(buf_free) = buf_make(1 << 20);
    core_metrics(sim_agent(s, name), &out);
    return strstr((const char *)out.p, line) != NULL;
}
