/* What people may ask the guardian. */
#include "agents/privacy/alarm_commands.h"
#include "agents/privacy/breakglass_commands.h"
#include "agents/privacy/guardian.h"
#include "agents/privacy/tlog_commands.h"
#include "common/base/clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ALL_PERMITS "permit" /* of every kind; those of rounds are below "permit/" */

enum { NUMBER_BYTES = 32, AUDIT_ROUNDS_MAX = 1000, AUDIT_CANARIES_MAX = 20000 };

/* ---- status ---- */

static enum err run_status(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct guardian *g = self;
    (void)a;
    (void)c;
    if (!g->veto.set) result_say(out, "No policy is set, so I refuse everything: set `policy` and restart me.");
    if (g->veto.set)
        result_say(out,
                   "I permit rounds of at least %" PRIu64 " hospitals with %" PRIu64
                   " records each, and epsilon %g at delta %g a hospital; without noise: %s.",
                   g->veto.min_cohort, g->veto.min_records, g->veto.epsilon_max, g->veto.delta,
                   g->veto.without_noise ? "yes" : "no");
    result_field(out, "permits", "%" PRIu64, g->serial);
    result_field(out, "vetoes since the start", "%" PRIu64, g->vetoes);
    result_field(out, "alarms since the start", "%" PRIu64, g->alarms);
    return OK;
}

static enum err run_health(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct guardian *g = self;
    (void)a;
    (void)c;
    result_field(out, "policy", "%s", g->veto.set ? "set" : "none");
    return tlog_say_health(&g->log, out);
}

/* ---- budget ---- */

static void budget_row(const struct account *a, const char *unit, const struct budget *b, struct result *out)
{
    char spent[NUMBER_BYTES], most[NUMBER_BYTES], charges[NUMBER_BYTES];
    if (b->count == 0 && b->trouble.text[0] == '\0') return;
    (void)snprintf(spent, sizeof spent, "%.4f", budget_spent(b));
    (void)snprintf(most, sizeof most, "%g", b->filter.epsilon_max);
    (void)snprintf(charges, sizeof charges, "%zu", b->count);
    const char *const cells[] = {
        a->holder, a->data, unit, spent, most, charges, b->trouble.text[0] ? b->trouble.text : "whole", NULL
    };
    result_row(out, cells);
}

static enum err run_budget(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char *const columns[] = { "hospital", "data set",       "hidden", "spent",
                                           "of",       "rounds charged", "ledger", NULL };
    struct guardian *g = self;
    (void)a;
    (void)c;
    result_columns(out, columns);
    for (size_t i = 0; i < g->ledger.accounts.count; i++) {
        const struct account *one = g->ledger.accounts.list[i];
        budget_row(one, "the whole of it", &one->site, out);
        budget_row(one, "each patient", &one->patients, out);
    }
    result_say(out, "%zu data sets have a ledger here. What is reserved is spent, also when no update came.",
               g->ledger.accounts.count);
    return OK;
}

/* ---- permits, forecast, verify, report: over all that was given ---- */

struct walk {
    struct guardian *guardian;
    struct result *out;
    struct str run; /* only this one; "" all */
    uint64_t good, bad;
    struct permit *last; /* the newest, for the forecast; or NULL */
    struct arena *last_arena;
};

static void number(char out[NUMBER_BYTES], uint64_t value) { (void)snprintf(out, NUMBER_BYTES, "%" PRIu64, value); }

static void permit_row(const struct permit *p, struct result *out)
{
    char round[NUMBER_BYTES], serial[NUMBER_BYTES], sites[NUMBER_BYTES], emergency[NUMBER_BYTES];
    char expires[CLOCK_STAMP_BYTES], noise[NUMBER_BYTES + NUMBER_BYTES] = "";
    double asked = permit_asked(p), given = permit_raised(p);
    if (p->noised) (void)snprintf(noise, sizeof noise, given > asked ? "%.4g, not %.4g" : "%.4g", given, asked);
    number(round, p->round);
    number(serial, p->serial);
    number(sites, p->nsites);
    number(emergency, p->emergency);
    const char *const cells[] = { serial,
                                  permit_kind_name(p->kind),
                                  p->run,
                                  round,
                                  sites,
                                  p->noised ? accountant_mechanism_name(p->mechanism) : "none",
                                  noise,
                                  clock_stamp((int64_t)p->expires_ms, expires),
                                  p->emergency ? emergency : "",
                                  NULL };
    result_row(out, cells);
}

static enum err walk_permit(void *to, const char *key, struct bytes note)
{
    struct walk *w = to;
    CLEANUP(arena_free) struct arena arena = arena_make(GUARDIAN_ARENA_BYTES);
    struct permit p;
    char expected[STORE_MAX_KEY];
    enum err e = guardian_permit_open(w->guardian, bytes_str(note), w->last ? w->last_arena : &arena, &p);
    if (e == ERR_MEMORY) return e;
    bool good = e == OK && strcmp(guardian_permit_key(expected, guardian_permit_name(&p)), key) == 0;
    w->good += good;
    w->bad += !good;
    if (!good || (w->run.n > 0 && !str_is(w->run, p.run))) return OK;
    if (w->last && p.serial > w->last->serial) *w->last = p;
    if (w->out) permit_row(&p, w->out);
    return OK;
}

static enum err walk_veto(void *to, const char *key, struct bytes text)
{
    struct walk *w = to;
    struct str rest = str_of(key);
    (void)str_next(&rest, '/');
    struct str run = str_next(&rest, '/');
    if (w->run.n > 0 && !str_eq(run, w->run)) return OK;
    result_say(w->out, STR_F ", round " STR_F ": " STR_F, STR_ARG(run), STR_ARG(rest), STR_ARG(bytes_str(text)));
    return OK;
}

static enum err run_permits(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char *const columns[] = { "permit",    "for",   "run",     "round",     "hospitals",
                                           "mechanism", "noise", "expires", "emergency", NULL };
    struct walk w = { .guardian = self, .out = out, .run = call_text(c, "run") };
    TRY(agent_scan(a, "veto/", walk_veto, &w));
    result_columns(out, columns);
    return agent_scan(a, ALL_PERMITS, walk_permit, &w);
}

static void forecast_row(struct guardian *g, const struct permit *p, const struct permit_site *s, struct result *out)
{
    char left[NUMBER_BYTES], last[NUMBER_BYTES];
    uint64_t rounds = ledger_forecast(&g->ledger, p, s);
    number(left, rounds);
    number(last, p->round + rounds);
    const char *const cells[] = { s->jid, p->noised ? left : "no noise, so nothing is charged", p->noised ? last : "",
                                  NULL };
    result_row(out, cells);
}

static enum err run_forecast(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char *const columns[] = { "hospital", "rounds left", "runs out after round", NULL };
    CLEANUP(arena_free) struct arena arena = arena_make(GUARDIAN_ARENA_BYTES * 16);
    struct permit last = { .serial = 0 };
    struct walk w = { .guardian = self, .run = call_text(c, "run"), .last = &last, .last_arena = &arena };
    TRY(agent_scan(a, "permit/", walk_permit, &w));
    if (last.serial == 0) {
        result_say(out, "No permit was given yet, so there is nothing to go by.");
        return OK;
    }
    result_say(out, "If rounds go on as round %" PRIu64 " of %s:", last.round, last.run);
    result_columns(out, columns);
    for (size_t i = 0; i < last.nsites; i++) forecast_row(self, &last, &last.sites[i], out);
    return OK;
}

static enum err walk_alarm(void *to, const char *key, struct bytes text)
{
    struct walk *w = to;
    (void)key;
    w->bad++;
    result_say(w->out, "Alarm: " STR_F ".", STR_ARG(bytes_str(text)));
    return OK;
}

static uint64_t broken_ledgers(const struct accounts *l)
{
    uint64_t n = 0;
    for (size_t i = 0; i < l->count; i++)
        n += l->list[i]->site.trouble.text[0] != '\0' || l->list[i]->patients.trouble.text[0] != '\0';
    return n;
}

static enum err run_verify(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct guardian *g = self;
    struct walk w = { .guardian = g };
    (void)c;
    TRY(agent_scan(a, ALL_PERMITS, walk_permit, &w));
    uint64_t broken = broken_ledgers(&g->ledger.accounts);
    bool all = w.good == g->serial;
    result_say(out, "%" PRIu64 " permits are signed by me, %" PRIu64 " are not; %" PRIu64 " were given%s.", w.good,
               w.bad, g->serial, all ? "" : ": some are missing");
    result_say(out, "%zu ledgers, %" PRIu64 " of them broken.", g->ledger.accounts.count, broken);
    if (w.bad == 0 && broken == 0 && all) return OK;
    return ERR_CRYPTO;
}

static enum err run_report(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct walk w = { .guardian = self, .out = out };
    TRY(run_status(a, self, c, out));
    TRY(agent_scan(a, "alarm/", walk_alarm, &w));
    TRY(agent_scan(a, "veto/", walk_veto, &w));
    return run_budget(a, self, c, out);
}

/* ---- audit ---- */

static struct guardian_audit *free_audit(struct guardian *g)
{
    for (size_t i = 0; i < GUARDIAN_AUDITS; i++)
        if (g->audits[i].call == 0 || agent_now_ms(g->agent) - g->audits[i].since_ms >= GUARDIAN_AUDIT_MS)
            return &g->audits[i];
    return NULL;
}

static enum err run_audit(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct guardian *g = self;
    struct guardian_audit *slot = free_audit(g);
    const struct member *who = roster_by_name(agent_roster(a), call_text(c, "hospital"));
    struct msg m = msg_make(MSG_AUDIT_ASK, NULL);
    if (who == NULL || who->role != ROLE_TRAINER) {
        result_say(out, "The roster has no hospital " STR_F ".", STR_ARG(call_text(c, "hospital")));
        return ERR_ABSENT;
    }
    if (slot == NULL) {
        result_say(out, "%d audits are going on; ask again when one is done.", GUARDIAN_AUDITS);
        return ERR_LIMIT;
    }
    m.audit_ask.rounds = call_u64(c, "rounds");
    m.audit_ask.canaries = call_u64(c, "canaries");
    TRY(agent_send(a, who->jid, &m));
    slot->call = c->id;
    slot->since_ms = agent_now_ms(a);
    memcpy(slot->jid, who->jid, sizeof slot->jid);
    return agent_later(a, c);
}

/* ---- the log ---- */

static enum err run_log_verify(struct agent *a, void *self, const struct call *c, struct result *out)
{
    (void)a;
    (void)c;
    return tlog_say_verify(&((struct guardian *)self)->log, out);
}
static enum err run_log_export(struct agent *a, void *self, const struct call *c, struct result *out)
{
    (void)a;
    (void)c;
    return tlog_say_export(&((struct guardian *)self)->log, out);
}

/* ---- break-glass ---- */

static enum err run_glass_ask(struct agent *a, void *self, const struct call *c, struct result *out)
{
    return breakglass_say_ask(&((struct guardian *)self)->breakglass, a, c, out);
}
static enum err run_glass_confirm(struct agent *a, void *self, const struct call *c, struct result *out)
{
    return breakglass_say_confirm(&((struct guardian *)self)->breakglass, a, c, out);
}
static enum err run_glass_end(struct agent *a, void *self, const struct call *c, struct result *out)
{
    return breakglass_say_end(&((struct guardian *)self)->breakglass, a, c, out);
}
static enum err run_glass_review(struct agent *a, void *self, const struct call *c, struct result *out)
{
    return breakglass_say_review(&((struct guardian *)self)->breakglass, a, c, out);
}

/* clang-format off */
#define LOOKERS (ROLE_SCIENTIST | ROLE_OPERATOR | ROLE_OFFICER)
static const struct argument run_args[] = {
    { .name = "run", .kind = ARG_TEXT, .need = ARG_OPTIONAL, .min = 1, .max = MSG_RUN_BYTES - 1, .doc = "only this run" },
    { 0 },
};
static const struct argument audit_args[] = {
    { .name = "hospital", .kind = ARG_TEXT,  .need = ARG_REQUIRED, .min = 1, .max = ROSTER_NAME_BYTES - 1, .doc = "its name" },
    { .name = "canaries", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .min = 0, .max = AUDIT_CANARIES_MAX, .fallback = "2000", .doc = "made-up records, each in by a coin; 0 for none" },
    { .name = "rounds",   .kind = ARG_COUNT, .need = ARG_OPTIONAL, .min = 0, .max = AUDIT_ROUNDS_MAX, .fallback = "0", .doc = "rounds of the training attacked; 0 as the task" },
    { 0 },
};
const struct command guardian_commands[] = {
    /* name      who may   arguments  help, plain words, what it does */
    { "status",   LOOKERS, NULL,      "my policy in words, permits, vetoes, alarms",        "how are you|how is it going", run_status },
    { "health",   LOOKERS | ROLE_TRAINER | ROLE_COORDINATOR, NULL, "have I a policy, is my log whole, and its newest checkpoint; `himas doctor` asks", NULL, run_health },
    { "budget",   LOOKERS, NULL,      "what each hospital has spent",                       "how much privacy is left|how much epsilon is left", run_budget },
    { "forecast", LOOKERS, run_args,  "after which round each hospital's budget runs out",  "when does the budget run out", run_forecast },
    { "permits",  LOOKERS, run_args,  "what was permitted, and what was refused and why",   "what did you permit|what did you refuse", run_permits },
    { "verify",   LOOKERS, NULL,      "look through all permits and ledgers kept here",     "is the ledger whole", run_verify },
    { "log verify", LOOKERS, NULL,    "is the transparency log whole, and who signed its newest checkpoint", "is the log whole", run_log_verify },
    { "log export", LOOKERS, NULL,    "write the transparency log into export_dir",         "give me the log", run_log_export },
    { "report",   LOOKERS, NULL,      "policy, alarms, vetoes and ledgers at once",         "what happened", run_report },
    { "audit",    ROLE_OPERATOR | ROLE_OFFICER, audit_args, "have a hospital attack a training like its own, and show the grades", "what does {hospital} give away", run_audit },
    { "alarm list",    LOOKERS,      NULL,               "what was found to go against a permit", NULL, alarm_say_list },
    { "alarm clear",   ROLE_OFFICER, alarm_ask_args,     "ask for an alarm to be cleared: what it is about may have permits again", NULL, alarm_say_clear },
    { "alarm confirm", ROLE_OFFICER, alarm_confirm_args, "confirm what another officer asked to clear", NULL, alarm_say_confirm },
    { "break-glass ask",     ROLE_OFFICER, breakglass_ask_args,    "ask for emergency access: my veto of one run is suspended for a while", NULL, run_glass_ask },
    { "break-glass confirm", ROLE_OFFICER, breakglass_case_args,   "confirm another officer's emergency access", NULL, run_glass_confirm },
    { "break-glass end",     ROLE_OFFICER, breakglass_case_args,   "end emergency access before its time",       NULL, run_glass_end },
    { "break-glass review",  ROLE_OFFICER, breakglass_review_args, "what came of it; without a case all are listed", NULL, run_glass_review },
    { 0 },
};
/* clang-format on */
