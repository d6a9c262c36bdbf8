#include "tests/unit/agents/privacy/chief.h"
#include "common/base/file.h"
#include "common/runtime/roster_log.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHORT_MS = 3000 };

static enum err on_answer(struct agent *a, void *self, const struct msg *m)
{
    struct chief *c = self;
    (void)a;
    if (m->type == MSG_PERMIT_REVOKE) return str_copy(m->permit_revoke.text, c->revoked, sizeof c->revoked);
    if (m->type == MSG_PERMIT_DENY) return str_copy(m->permit_deny.text, c->heard, sizeof c->heard);
    c->same = str_is(m->permit.note, c->note) ? c->same + 1 : 1;
    TRY(str_copy(m->permit.note, c->note, sizeof c->note));
    TRY(str_copy(m->permit.proof, c->proof, sizeof c->proof));
    return str_copy(STR("permitted"), c->heard, sizeof c->heard);
}

/* In secure sums nobody tells records. */
static void ask(enum permit_kind kind, const struct call *call, struct msg *m, struct buf *text)
{
    struct str as = call_text(call, "as");
    double noise = str_is(as, "none") ? 0 : call_f64(call, "noise");
    double rate = str_is(as, "subsampled-gaussian") ? .1 : 1;
    const struct permit_site sites[] = { { "hospital-a@sim.local", 100, noise, rate, 1, noise, "records" } };
    struct permit p = { .kind = kind,
                        .run = "toy-1",
                        .rows = "sex",
                        .round = m->round,
                        .sum = call_u64(call, "sum"),
                        .rounds = call_u64(call, "rounds"),
                        .task = "toy",
                        .document = HEX,
                        .model = HEX,
                        .noised = kind == PERMIT_ROUND && !str_is(as, "none"),
                        .training = { .learning_rate = .5, .batch = 10 },
                        .clip = 1,
                        .epsilon = 1,
                        .delta = 1e-6,
                        .sites = sites,
                        .nsites = 1 };
    if (p.noised) cr_assert_eq(accountant_mechanism(as, &p.mechanism), OK);
    permit_print(&p, text);
    m->permit_ask.request = buf_str(text);
}

static void say_over(struct msg *m)
{
    *m = msg_make(MSG_LOG_ENTRY, NULL);
    m->log_entry = (struct msg_log_entry){ .kind = STR("run"), .code = STR("failed"), .text = STR("no model") };
}

static enum err run_send(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char *const asking[PERMIT_KINDS] = { "ask", "publish", "query" };
    struct str what = call_text(c, "what");
    unsigned kind = 0;
    while (kind < PERMIT_KINDS && !str_is(what, asking[kind])) kind++;
    bool asks = kind < PERMIT_KINDS;
    struct buf text CLEANUP(buf_free) = buf_make(CHIEF_TEXT_BYTES);
    struct msg m = msg_make(asks ? MSG_PERMIT_ASK : str_is(what, "model") ? MSG_LOG_MODEL : MSG_ROUND_REPORT, NULL);
    (void)self;
    if (str_is(what, "over")) say_over(&m);
    (void)snprintf(m.run, sizeof m.run, "toy-1");
    m.round = call_u64(c, "round");
    if (asks) {
        ask((enum permit_kind)kind, c, &m, &text);
    } else if (str_is(what, "model")) {
        m.log_model.sha256 = STR(HEX);
    } else if (m.type == MSG_ROUND_REPORT) {
        buf_addf(&text, STR_F " %.17g %.17g\n", STR_ARG(call_text(c, "by")), call_f64(c, "noise"), call_f64(c, "norm"));
        m.round_report.numbers = 4;
        m.round_report.sum = call_u64(c, "sum");
        m.round_report.mean = call_f64(c, "mean");
        m.round_report.model = str_is(call_text(c, "made"), "other") ? STR(OTHER_HEX) : STR(HEX);
        m.round_report.sites = buf_str(&text);
    }
    result_say(out, "sent");
    return agent_send(a, roster_log_keeper(agent_roster(a))->jid, &m);
}

static const struct argument send_args[] = {
    { .name = "what",
      .kind = ARG_TEXT,
      .need = ARG_REQUIRED,
      .min = 1,
      .max = 20,
      .doc = "ask, publish, query, model, report or over" },
    { .name = "round", .kind = ARG_COUNT, .need = ARG_REQUIRED, .max = 100, .doc = "of which round" },
    { .name = "noise", .kind = ARG_REAL, .need = ARG_REQUIRED, .max = 1000, .doc = "how much" },
    { .name = "rounds", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .max = 100, .fallback = "1", .doc = "still to come" },
    { .name = "norm", .kind = ARG_REAL, .need = ARG_OPTIONAL, .max = 1e6, .fallback = "0", .doc = "of the update" },
    { .name = "sum", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .max = 100, .fallback = "0", .doc = "of which sum" },
    { .name = "mean", .kind = ARG_REAL, .need = ARG_OPTIONAL, .max = 1e6, .fallback = "0", .doc = "norm of the mean" },
    { .name = "as",
      .kind = ARG_TEXT,
      .need = ARG_OPTIONAL,
      .max = 30,
      .fallback = "gaussian",
      .doc = "mechanism, or none" },
    { .name = "by",
      .kind = ARG_TEXT,
      .need = ARG_OPTIONAL,
      .max = 60,
      .fallback = "hospital-a@sim.local",
      .doc = "whose update" },
    { .name = "made",
      .kind = ARG_TEXT,
      .need = ARG_OPTIONAL,
      .max = 10,
      .fallback = "",
      .doc = "other: it is not what is to be published" },
    { 0 },
};
static const struct agent_handler chief_handlers[] = { { MSG_PERMIT, on_answer, MSG_NONE, false },
                                                       { MSG_PERMIT_DENY, on_answer, MSG_NONE, false },
                                                       { MSG_PERMIT_REVOKE, on_answer, MSG_NONE, false },
                                                       { 0 } };
static const struct command chief_commands[] = { { "send", ROLE_OFFICER, send_args, "sends it", NULL, run_send },
                                                 { 0 } };
static const struct agent_def chief = { .name = "chief",
                                        .role = ROLE_COORDINATOR,
                                        .doc = "asks",
                                        .state_size = sizeof(struct chief),
                                        .handlers = chief_handlers,
                                        .commands = chief_commands };
static const struct agent_handler no_handlers[] = { { 0 } };
static const struct agent_def hospital = { .name = "mute",
                                           .role = ROLE_TRAINER,
                                           .doc = "is there",
                                           .state_size = 1,
                                           .handlers = no_handlers,
                                           .commands = chief_commands };

struct sim *chief_house(const char *text, char path[64])
{
    static const struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 5 };
    char settings[100];
    struct why why = { "" };
    struct sim *s = sim_new(3, &calm);
    (void)snprintf(path, 64, "/tmp/himas-veto-%d.yaml", (int)getpid());
    (void)snprintf(settings, sizeof settings, "policy: %s\n", path);
    cr_assert_eq(file_write(path, str_bytes(str_of(text)), 0600, NULL), OK);
    cr_assert_eq(sim_add(s, &guardian_agent, "guardian", settings, &why), OK, "%s", why.text);
    cr_assert_eq(sim_add(s, &hospital, "hospital-a", "", &why), OK, "%s", why.text);
    cr_assert_eq(sim_add(s, &chief, "coordinator", "", &why), OK, "%s", why.text);
    cr_assert_eq(sim_add_person(s, "paul", ROLE_OFFICER), OK);
    cr_assert_eq(sim_add_person(s, "olga", ROLE_OPERATOR), OK);
    cr_assert_eq(sim_add_person(s, "sam", ROLE_SCIENTIST), OK);
    cr_assert_eq(sim_start(s, &why), OK, "%s", why.text);
    (void)sim_run(s, SHORT_MS, NULL, NULL);
    return s;
}

bool chief_hears(struct sim *s, const char *agent, const char *words, const char *part)
{
    sim_forget(s, "paul");
    sim_say(s, "paul", agent, words);
    (void)sim_run(s, SHORT_MS, NULL, NULL);
    struct str heard = sim_heard(s, "paul");
    return heard.n > 0 && strstr(heard.p, part) != NULL;
}

const struct chief *chief_of(struct sim *s) { return core_state(sim_agent(s, "coordinator")); }

const struct tlog *chief_log(struct sim *s)
{
    return &((const struct guardian *)core_state(sim_agent(s, "guardian")))->log;
}
