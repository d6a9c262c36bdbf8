/* The guardian as a coordinator and people see it. */
#include "agents/privacy/guardian.h"
#include "common/base/file.h"
#include "common/runtime/roster_log.h"
#include "common/runtime/sim.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
enum { SHORT_MS = 3000, TEXT_BYTES = 2000 };

/* A coordinator that says what it is told to, and notes what it hears. */
struct chief {
    char heard[TEXT_BYTES];
    char note[TEXT_BYTES];
    char revoked[TEXT_BYTES];
    char proof[TEXT_BYTES];
    unsigned same; /* notes alike, one after the other */
};

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

static void ask(enum permit_kind kind, uint64_t rounds, double noise, struct msg *m, struct buf *text)
{
    const struct permit_site sites[] = { { "hospital-a@sim.local", 100, noise, 1, 1, noise, "records" } };
    struct permit p = { .kind = kind,
                        .run = "toy-1",
                        .rows = "sex",
                        .round = m->round,
                        .rounds = rounds,
                        .task = "toy",
                        .document = HEX,
                        .model = HEX,
                        .noised = kind == PERMIT_ROUND,
                        .clip = 1,
                        .epsilon = 1,
                        .delta = 1e-6,
                        .sites = sites,
                        .nsites = 1 };
    permit_print(&p, text);
    m->permit_ask.request = buf_str(text);
}

static enum err run_send(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char *const asking[PERMIT_KINDS] = { "ask", "publish", "query" };
    struct str what = call_text(c, "what");
    unsigned kind = 0;
    while (kind < PERMIT_KINDS && !str_is(what, asking[kind])) kind++;
    bool asks = kind < PERMIT_KINDS;
    struct buf text CLEANUP(buf_free) = buf_make(TEXT_BYTES);
    struct msg m = msg_make(asks ? MSG_PERMIT_ASK : str_is(what, "model") ? MSG_LOG_MODEL : MSG_ROUND_REPORT, NULL);
    (void)self;
    (void)snprintf(m.run, sizeof m.run, "toy-1");
    m.round = call_u64(c, "round");
    if (asks) {
        ask((enum permit_kind)kind, call_u64(c, "rounds"), call_f64(c, "noise"), &m, &text);
    } else if (str_is(what, "model")) {
        m.log_model.sha256 = STR(HEX);
    } else {
        buf_addf(&text, "hospital-a@sim.local %.17g %.17g\n", call_f64(c, "noise"), call_f64(c, "norm"));
        m.round_report.numbers = 4;
        m.round_report.model = STR(HEX);
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
      .doc = "ask, publish, query, model or report" },
    { .name = "round", .kind = ARG_COUNT, .need = ARG_REQUIRED, .max = 100, .doc = "of which round" },
    { .name = "noise", .kind = ARG_REAL, .need = ARG_REQUIRED, .max = 100, .doc = "how much" },
    { .name = "rounds", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .max = 100, .fallback = "1", .doc = "still to come" },
    { .name = "norm", .kind = ARG_REAL, .need = ARG_OPTIONAL, .max = 1e6, .fallback = "0", .doc = "of the update" },
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
static const struct agent_def hospital = {
    .name = "mute", .role = ROLE_TRAINER, .doc = "is there", .state_size = 1, .handlers = no_handlers
};

static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: no\nmin_noise: 1\nepsilon_max: 2\n"
                             "delta: 1.0e-5\npermit_minutes: 60\n";
static const char raising[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: no\nmin_noise: 1\nepsilon_max: 2\n"
                              "noise_max: 6\ndelta: 1.0e-5\npermit_minutes: 60\n";

static struct sim *house(const char *text, char path[64])
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
    cr_assert_eq(sim_start(s, &why), OK, "%s", why.text);
    (void)sim_run(s, SHORT_MS, NULL, NULL);
    return s;
}

static bool hears(struct sim *s, const char *agent, const char *words, const char *part)
{
    sim_forget(s, "paul");
    sim_say(s, "paul", agent, words);
    (void)sim_run(s, SHORT_MS, NULL, NULL);
    return strstr(sim_heard(s, "paul").p, part) != NULL;
}

static const struct chief *chief_of(struct sim *s) { return core_state(sim_agent(s, "coordinator")); }

static const struct tlog *tlog_of(struct sim *s)
{
    return &((const struct guardian *)core_state(sim_agent(s, "guardian")))->log;
}

Test(handlers, rounds_are_permitted_charged_and_looked_at)
{
    char path[64];
    struct sim *s = house(policy, path);
    cr_expect(hears(s, "coordinator", "/send ask 1 8", "sent"));
    cr_expect(hears(s, "guardian", "permits", "toy-1"), "%s", sim_heard(s, "paul").p);
    cr_expect(hears(s, "guardian", "budget", "hospital-a@"), "%s", sim_heard(s, "paul").p);
    sim_kill(s, "guardian", 10);
    cr_expect(hears(s, "coordinator", "/send ask 1 8", "sent"));
    cr_expect(hears(s, "guardian", "verify", "1 permits are signed by me, 0 are not"), "%s", sim_heard(s, "paul").p);
    cr_expect(hears(s, "coordinator", "/send ask 2 0.5", "sent"));
    cr_expect(hears(s, "guardian", "permits", "`min_noise` is 1"), "%s", sim_heard(s, "paul").p);
    cr_expect(hears(s, "coordinator", "/send ask 3 1.5", "sent"));
    cr_expect(
        hears(s, "guardian", "permits", "(data set records, the whole hospital); another round like this does not fit"),
        "%s", sim_heard(s, "paul").p);
    cr_expect(hears(s, "guardian", "forecast", "hospital-a@"), "%s", sim_heard(s, "paul").p);
    cr_expect(hears(s, "coordinator", "/send report 1 0.1", "had noise 0.1"), "%s", sim_heard(s, "paul").p);
    cr_expect(hears(s, "guardian", "report", "Alarm: round 1 of toy-1"), "%s", sim_heard(s, "paul").p);
    cr_expect(strstr(chief_of(s)->revoked, "had noise 0.1"), "the run's coordinator ends it");
    sim_free(s);
    (void)remove(path);
}

Test(handlers, a_model_is_entered_only_with_a_permit_to_publish_it)
{
    char path[64];
    struct sim *s = house(policy, path);
    cr_expect(hears(s, "coordinator", "/send model 1 0", "sent"));
    cr_expect(hears(s, "guardian", "permits", "no permit to publish"), "%s", sim_heard(s, "paul").p);
    cr_expect(hears(s, "coordinator", "/send publish 1 0", "sent"));
    cr_expect(hears(s, "guardian", "permits", "publish  toy-1"), "%s", sim_heard(s, "paul").p);
    cr_expect(hears(s, "coordinator", "/send query 1 0", "sent"));
    cr_expect(hears(s, "guardian", "permits", "`queries` is no"), "%s", sim_heard(s, "paul").p);
    uint64_t before = tlog_of(s)->range.size;
    cr_expect(hears(s, "coordinator", "/send model 1 0", "sent"));
    cr_expect_eq(tlog_of(s)->range.size, before + 1);
    cr_expect(hears(s, "guardian", "verify", "1 permits are signed by me, 0 are not"), "%s", sim_heard(s, "paul").p);
    sim_free(s);
    (void)remove(path);
}

/* Asked again the raised noise is the same; what has less than that goes against the permit. */
Test(handlers, noise_is_raised_near_the_end_of_the_budget)
{
    static const struct {
        const char *name, *to, *words, *part;
    } rows[] = {
        { "asked for 4, the budget is for three", "coordinator", "/send ask 1 4 6", "sent" },
        { "more is wanted", "guardian", "permits", ", not 4" },
        { "asked again", "coordinator", "/send ask 1 4 6", "sent" },
        { "that is no other permit", "guardian", "verify", "1 permits are signed by me, 0 are not; 1 were given" },
        { "not with the most", "coordinator", "/send ask 2 4 50", "sent" },
        { "it is given as long as it lasts", "guardian", "permits", "6, not 4" },
        { "what was asked for is too little now", "coordinator", "/send report 2 8", "sent" },
        { "a report of less", "guardian", "report", "had noise 8, and 12 was permitted" },
    };
    char path[64];
    struct sim *s = house(raising, path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(hears(s, rows[i].to, rows[i].words, rows[i].part), "%s: %s", rows[i].name, sim_heard(s, "paul").p);
    sim_free(s);
    (void)remove(path);
}

/* 16 is the permitted deviation of noise 8 at clip 1: the clipped update and its four numbers' noise come to at most
 * 1 + 16 (2 + sqrt(2 ln 10^12)). */
Test(handlers, an_update_is_as_small_as_it_was_to_be_clipped)
{
    char path[64];
    struct sim *s = house(policy, path);
    cr_expect(hears(s, "coordinator", "/send ask 1 8", "sent"));
    cr_expect(hears(s, "coordinator", "/send report 1 16 1 151", "sent"));
    cr_expect_not(hears(s, "guardian", "report", "Alarm"), "%s", sim_heard(s, "paul").p);
    cr_expect_eq(chief_of(s)->revoked[0], 0);
    cr_expect(hears(s, "coordinator", "/send report 1 16 1 152", "has norm 152"), "%s", sim_heard(s, "paul").p);
    cr_expect(strstr(chief_of(s)->revoked, "clipped to 1 it has at most 151."), "%s", chief_of(s)->revoked);
    sim_free(s);
    (void)remove(path);
}

Test(handlers, a_permit_is_in_the_log_before_it_leaves)
{
    char path[64];
    struct sim *s = house(policy, path);
    struct logbook_proven proven;
    struct why why = { "" };
    cr_expect(hears(s, "coordinator", "/send ask 1 8", "sent"));
    const struct logbook_trust trust = { .log = tlog_of(s)->key };
    cr_assert_eq(logbook_check_proof(str_of(chief_of(s)->proof), &trust, &proven, &why), OK, "%s", why.text);
    cr_expect(str_starts(buf_str(&proven.entry), "permit serial=1 kind=round run=toy-1 round=1 "));
    cr_expect_leq(proven.size, tlog_of(s)->newest);
    buf_free(&proven.entry);
    sim_free(s);
    (void)remove(path);
}
