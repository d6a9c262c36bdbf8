#include "common/privacy/audit.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

static const char quick[] = "/audit canaries=40 rounds=1";

Test(handlers_audit, who_may_ask_and_when)
{
    static const struct {
        const char *name, *who, *policy;
        bool invited;
        const char *answer;
    } rows[] = {
        { "a scientist may not", "sam", SITE_POLICY(10, "optional", 8), true, "is for: operator, privacy-officer" },
        { "without a policy", "paul", NULL, true, "no site policy is set" },
        { "without a task", "paul", SITE_POLICY(10, "optional", 8), false, "no task has come yet" },
        { "a cohort below the minimum", "paul", SITE_POLICY(1000, "optional", 8), true, "min_cohort" },
        { "an officer", "paul", SITE_POLICY(10, "optional", 8), true, "is_vulnerable" },
        { "an operator", "olga", SITE_POLICY(10, "optional", 8), true, "insufficient data" },
        { "a model without noise", "paul", SITE_POLICY(10, "optional", 8), true, "nothing is claimed for it" },
        { "the canaries are told", "paul", SITE_POLICY(10, "optional", 8), true, "Canaries: 40, each in or out" },
        { "in plain words", "paul", SITE_POLICY(10, "optional", 8), true,
          "Attacked: a model trained here on 60 records" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site s;
        site_open(&s, &(struct site_plan){ .policy = rows[i].policy });
        if (rows[i].invited) site_do(&s, "invite");
        const char *heard = site_ask(&s, rows[i].who, quick);
        cr_expect(strstr(heard, rows[i].answer), "%s: %s", rows[i].name, heard);
        site_close(&s);
    }
}

Test(handlers_audit, training_with_noise_claims_and_keeps)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_UNIT_NOISE, .policy = SITE_POLICY(10, "optional", 8) });
    site_do(&s, "invite");
    const char *heard = site_ask(&s, "paul", quick);
    cr_expect(strstr(heard, "Claimed: epsilon") && strstr(heard, "within what was claimed"), "%s", heard);
    cr_expect_eq(site_trainer(&s)->account->patients.count, 0, "an audit costs no budget");
    site_close(&s);
}

/* An alarm outlives a restart, stops training, and goes when an audit finds all in order. */
Test(handlers_audit, an_alarm_stops_training_until_it_is_in_order)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8) });
    site_do(&s, "invite");
    struct store *store = sim_store(s.sim, "hospital");
    cr_assert(store_begin(store) == OK &&
              store_put(store, "audit/alarm", str_bytes(STR("training is stopped here: proved"))) == OK &&
              store_commit(store) == OK);
    site_kill(&s);
    site_do(&s, "train 1");
    cr_expect_eq(site_heard(&s)->got[MSG_UPDATE], 0);
    cr_expect_str_eq(site_heard(&s)->code, "ERR_REFUSED");
    cr_expect(strstr(site_heard(&s)->text, "training is stopped here"), "%s", site_heard(&s)->text);
    cr_expect(strstr(site_ask(&s, "paul", "status"), "training is stopped here"));
    (void)site_ask(&s, "paul", "/audit canaries=0");
    site_do(&s, "train 2");
    cr_expect_eq(site_heard(&s)->got[MSG_UPDATE], 0, "without canaries nothing was shown");
    (void)site_ask(&s, "paul", quick);
    site_do(&s, "train 3");
    cr_expect_eq(site_heard(&s)->got[MSG_UPDATE], 1);
    site_close(&s);
}

/* ---- the guardian's question ---- */

struct guard {
    unsigned answers;
    char code[33], text[401];
    double results[AUDIT_NUMBERS];
    size_t nresults;
};

static enum err hear(struct agent *a, void *self, const struct msg *m)
{
    struct guard *g = self;
    (void)a;
    g->answers++;
    TRY(str_copy(m->audit.code, g->code, sizeof g->code));
    TRY(str_copy(m->audit.text, g->text, sizeof g->text));
    g->nresults = m->audit.results.n;
    for (size_t i = 0; i < g->nresults && i < AUDIT_NUMBERS; i++) g->results[i] = m->audit.results.p[i];
    return OK;
}

static enum err run_ask(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct msg m = msg_make(MSG_AUDIT_ASK, NULL);
    (void)self;
    (void)c;
    m.audit_ask.canaries = 40;
    m.audit_ask.rounds = 1;
    result_say(out, "asked");
    return agent_send(a, roster_by_name(agent_roster(a), STR("hospital"))->jid, &m);
}

static const struct agent_handler guard_handlers[] = { { MSG_AUDIT, hear, MSG_NONE, false },
                                                       { MSG_ERROR, hear, MSG_NONE, false },
                                                       { 0 } };
static const struct command guard_commands[] = {
    { "please", ROLE_OFFICER, NULL, "asks the hospital for an audit", NULL, run_ask }, { 0 }
};
static const struct agent_def guard_agent = { .name = "guard",
                                              .role = ROLE_GUARDIAN,
                                              .doc = "asks",
                                              .state_size = sizeof(struct guard),
                                              .handlers = guard_handlers,
                                              .commands = guard_commands };

static const struct guard *ask_guard(struct site *s)
{
    sim_say(s->sim, "paul", "guard", "/please");
    (void)sim_run(s->sim, 5000, NULL, NULL);
    return core_state(sim_agent(s->sim, "guard"));
}

Test(handlers_audit, a_guardian_is_answered_in_numbers)
{
    struct site s;
    struct audit a;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8), .guard = &guard_agent });
    const struct guard *g = ask_guard(&s);
    cr_expect(g->answers == 1 && g->nresults == 0, "%u", g->answers);
    cr_expect_str_eq(g->code, "ERR_STATE");
    cr_expect(strstr(g->text, "no task has come yet"), "%s", g->text);
    site_do(&s, "invite");
    g = ask_guard(&s);
    cr_expect_str_eq(g->code, "OK");
    cr_assert_eq(audit_read(g->results, g->nresults, &a), OK);
    cr_expect(g->answers == 2 && a.n == AUDIT_KINDS && a.canaries == 40 && a.records == 60);
    site_close(&s);
}

/* Killed while it is done: it is done again, and answered once. */
Test(handlers_audit, a_guardians_question_outlives_a_restart)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8), .guard = &guard_agent });
    site_do(&s, "invite");
    sim_say(s.sim, "paul", "guard", "/please");
    for (int i = 0; i < 200 && !site_trainer(&s)->auditing; i++) (void)sim_run(s.sim, 1, NULL, NULL);
    cr_assert_not_null(site_trainer(&s)->auditing);
    site_kill(&s);
    (void)sim_run(s.sim, 60000, NULL, NULL);
    const struct guard *g = core_state(sim_agent(s.sim, "guard"));
    cr_expect_eq(g->answers, 1);
    cr_expect_str_eq(g->code, "OK");
    site_close(&s);
}
