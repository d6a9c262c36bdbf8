/* An alarm about a run, and who can clear it. */
#include "agents/privacy/alarm_commands.h"
#include "common/runtime/roster_log.h"
#include "common/runtime/sim.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
enum { SHORT_MS = 2000 };

/* A coordinator that reports a round nobody permitted. */
static enum err run_report(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct msg m = msg_make(MSG_ROUND_REPORT, NULL);
    (void)self;
    (void)c;
    (void)snprintf(m.run, sizeof m.run, "toy-1");
    m.round = 1;
    m.round_report.model = STR(HEX);
    result_say(out, "sent");
    return agent_send(a, roster_log_keeper(agent_roster(a))->jid, &m);
}
static enum err on_revoke(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    (void)m;
    ++*(unsigned *)self;
    return OK;
}
static const struct agent_handler handlers[] = { { MSG_PERMIT_REVOKE, on_revoke, MSG_NONE, false }, { 0 } };
static const struct command commands[] = {
    { "report", ROLE_OFFICER | ROLE_OPERATOR, NULL, "sends it", NULL, run_report }, { 0 }
};
static const struct agent_def chief = { .name = "chief",
                                        .role = ROLE_COORDINATOR,
                                        .doc = "reports",
                                        .state_size = sizeof(unsigned),
                                        .handlers = handlers,
                                        .commands = commands };

static const struct row {
    const char *who, *to, *words, *part;
    uint64_t later_ms; /* before it is said */
    bool alarmed;      /* afterwards */
} rows[] = {
    { "paul", "guardian", "alarm list", "0 alarms", 0, false },
    { "paul", "guardian", "/alarm clear about=toy-1 reason=\"there is none at all\"", "no alarm about toy-1", 0,
      false },
    { "paul", "coordinator", "report", "sent", 0, true },
    { "paul", "guardian", "alarm list", "was trained without a permit", 0, true },
    { "petra", "guardian", "/alarm confirm about=toy-1", "Nobody asked for it", 0, true },
    { "olga", "guardian", "/alarm clear about=toy-1 reason=\"it was only a test\"", "is for: privacy-officer", 0,
      true },
    { "paul", "guardian", "/alarm clear about=toy-1 reason=short", "reason", 0, true },
    { "paul", "guardian", "/alarm clear about=toy-1 reason=\"it was only a test\"", "Another officer", 0, true },
    { "petra", "guardian", "alarm list", "it was only a test", 0, true },
    { "petra", "guardian", "alarm list", "paul@", 0, true },
    { "paul", "guardian", "/alarm confirm about=toy-1", "You asked for it yourself", 0, true },
    { "petra", "guardian", "/alarm confirm about=toy-1", "too long ago", ALARM_CONFIRM_MS, true },
    { "petra", "guardian", "/alarm clear about=toy-1 reason=\"it was only a test\"", "Another officer", 0, true },
    { "olga", "coordinator", "report", "sent", 0, true }, /* another alarm: what was asked is not of it */
    { "paul", "guardian", "/alarm confirm about=toy-1", "Nobody asked for it since the newest alarm", 0, true },
    { "olga", "guardian", "alarm list", "1 alarms", 0, true },
    { "petra", "guardian", "/alarm clear about=toy-1 reason=\"it was only a test\"", "Another officer", 0, true },
    { "paul", "guardian", "/alarm confirm about=toy-1", "is cleared", 0, false },
    { "paul", "guardian", "/alarm confirm about=toy-1", "no alarm about toy-1", 0, false },
};

static const char *say(struct sim *s, const struct row *row)
{
    sim_forget(s, row->who);
    sim_say(s, row->who, row->to, row->words);
    (void)sim_run(s, SHORT_MS, NULL, NULL);
    return sim_heard(s, row->who).n ? sim_heard(s, row->who).p : "";
}

struct count {
    const char *part;
    unsigned n;
};
static enum err count(void *to, const char *key, struct bytes value)
{
    struct count *c = to;
    (void)key;
    c->n += str_find(bytes_str(value), c->part) < value.n;
    return OK;
}

static void look_at_log(struct sim *s)
{
    static const struct {
        const char *part;
        unsigned n;
    } entries[] = { { "alarm about=toy-1", 2 },
                    { "alarm-clear about=toy-1 asked-by=paul@", 1 },
                    { "alarm-clear about=toy-1 asked-by=petra@", 2 },
                    { "alarm-cleared about=toy-1 confirmed-by=paul@", 1 },
                    { "only a test", 0 } };
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        struct count c = { entries[i].part, 0 };
        cr_assert_eq(store_scan(sim_store(s, "guardian"), "log/entry/", count, &c), OK);
        cr_expect_eq(c.n, entries[i].n, "%s: %u", c.part, c.n);
    }
}

Test(alarm_commands, two_officers_clear_an_alarm)
{
    static const struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 5 };
    struct why why = { "" };
    struct sim *s = sim_new(3, &calm);
    cr_assert_eq(sim_add(s, &guardian_agent, "guardian", "", &why), OK, "%s", why.text);
    cr_assert_eq(sim_add(s, &chief, "coordinator", "", &why), OK, "%s", why.text);
    cr_assert_eq(sim_add_person(s, "paul", ROLE_OFFICER), OK);
    cr_assert_eq(sim_add_person(s, "petra", ROLE_OFFICER), OK);
    cr_assert_eq(sim_add_person(s, "olga", ROLE_OPERATOR), OK);
    cr_assert_eq(sim_start(s, &why), OK, "%s", why.text);
    (void)sim_run(s, SHORT_MS, NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(GUARDIAN_TEXT_BYTES);
        if (rows[i].later_ms) (void)sim_run(s, rows[i].later_ms, NULL, NULL);
        const char *said = say(s, &rows[i]);
        cr_expect(strstr(said, rows[i].part), "row %zu: %s", i, said);
        enum err e = store_get(sim_store(s, "guardian"), "alarm/toy-1", &text);
        cr_expect_eq(e, rows[i].alarmed ? OK : ERR_ABSENT, "row %zu", i);
    }
    cr_expect_eq(*(const unsigned *)core_state(sim_agent(s, "coordinator")), 2, "the run was ended");
    look_at_log(s);
    sim_free(s);
}
