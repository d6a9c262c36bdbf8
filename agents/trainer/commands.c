/* What people may ask a hospital's trainer.  Answers are numbers, names and rules, never a record. */
#include "agents/trainer/trainer.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { CELL_BYTES = 32 };

/* ---- status ---- */

static void say_doing(const struct trainer *t, struct result *out)
{
    const struct work *w = t->job ? &t->job->work : NULL;
    if (w == NULL || w->run[0] == '\0') {
        result_say(out, "I am %s.", trainer_doing(t));
        return;
    }
    result_say(out, "I am %s (%s) for run %s, round %" PRIu64 ", %.0f %% done.", trainer_doing(t), work_name(w->kind),
               w->run, w->round, 100 * trainer_progress(t));
}

static void say_records(const struct trainer *t, struct result *out)
{
    if (t->trouble.text[0])
        result_say(out, "The records cannot be used: %s.", t->trouble.text);
    else if (!t->looked)
        result_say(out, "I have not looked at the records yet.");
    else if (t->about.report.n == 0)
        result_say(out, "The records are there; the first task, or a schema, will say how to read them.");
    else
        result_say(out, STR_F, STR_ARG(buf_str(&t->about.report)));
}

static enum err run_status(struct agent *a, void *self, const struct call *c, struct result *out)
{
    const struct trainer *t = self;
    (void)c;
    say_doing(t, out);
    say_records(t, out);
    if (!t->policy.set) result_say(out, "No site policy is set, so I refuse everything: set `policy` and restart me.");
    if (t->alarm.text[0]) result_say(out, "%s.", t->alarm.text);
    if (t->log_alarm.text[0]) result_say(out, "%s. I train no more until it has another key.", t->log_alarm.text);
    if (t->account->site.trouble.text[0])
        result_say(out, "The privacy ledger is broken: %s.", t->account->site.trouble.text);
    result_field(out, "doing", "%s", trainer_doing(t));
    result_field(out, "coordinator", "%s (%s)", t->coordinator, agent_online(a, t->coordinator) ? "online" : "away");
    result_field(out, "runs", "%zu", t->runs.count);
    result_field(out, "waiting", "%zu", t->queue.count);
    result_field(out, "records", "%" PRIu64, t->about.good);
    result_field(out, "lines left out", "%" PRIu64, t->about.flawed);
    result_field(out, "updates sent", "%" PRIu64, t->updates[OUTCOME_SENT]);
    if (t->policy.set) result_field(out, "epsilon spent", "%.4f of %g", trainer_spent(t), t->policy.epsilon_max);
    return OK;
}

/* ---- policy ---- */

static void say_list(struct result *out, const char *name, const struct policy_list *list)
{
    CLEANUP(buf_free) struct buf text = buf_make(POLICY_MAX_ITEMS * (POLICY_MAX_ITEM_BYTES + 2));
    for (size_t i = 0; i < list->count; i++) buf_addf(&text, "%s" STR_F, i ? ", " : "", STR_ARG(list->items[i]));
    result_field(out, name, "%s", list->any ? "any" : text.n ? (const char *)text.p : "none");
}

static enum err run_policy(struct agent *a, void *self, const struct call *c, struct result *out)
{
    const struct policy *p = &((const struct trainer *)self)->policy;
    (void)a;
    (void)c;
    if (!p->set) {
        result_say(out, "No site policy is set. I refuse every invitation and nothing leaves.");
        return OK;
    }
    result_say(out,
               "Nothing computed from fewer than %" PRIu64 " records leaves, and no run may have more than %" PRIu64
               " rounds.",
               p->min_cohort, p->max_rounds);
    result_say(out, p->privacy_required ? "Every update must be covered with noise."
                                        : "Updates may leave without noise when a task asks for none.");
    if (p->privacy_required)
        result_say(out, p->patients ? "Noise that hides each patient will do."
                                    : "Noise must hide the whole hospital, not only each patient.");
    result_say(out, p->statistics ? "Means and variances of the features may leave without noise."
                                  : "Means and variances of the features do not leave.");
    result_say(out, p->tell_records ? "The coordinator is told how many records there are."
                                    : "The coordinator is not told how many records there are, unless a task without "
                                      "secure sums weighs by them.");
    say_list(out, "tasks", &p->tasks);
    say_list(out, "models", &p->models);
    result_field(out, "epsilon in all", "%g at delta %g", p->epsilon_max, p->delta);
    result_field(out, "epsilon a round", "at most %g", p->epsilon_per_round_max);
    result_field(out, "least noise", "%g sensitivities", p->min_noise);
    return OK;
}

/* ---- budget ---- */

/* A round of the newest task with noise; else one as costly as the policy allows. */
static struct local_rule next_rule(const struct trainer *t)
{
    struct local_rule dearest = { PRIVACY_GAUSSIAN, t->policy.epsilon_per_round_max, t->policy.delta, 1 };
    if (t->last_plan == NULL || !plan_is_private(t->last_plan) || plan_has_unit(t->last_plan)) return dearest;
    return update_cover_of(t->last_plan).rule;
}

static void say_next(const struct trainer *t, struct result *out)
{
    struct privacy_event event;
    struct local_rule rule = next_rule(t);
    if (t->last_unit.units > 0 && t->last_unit.site) {
        event = unit_rule_event(&t->last_unit);
        result_say(out, "Secure sums that hide this hospital and can still be afforded: %" PRIu64 ".",
                   budget_forecast(&t->account->site, &event));
    } else if (local_event(&rule, &event, NULL) == OK) {
        result_say(out, "Rounds of epsilon %g each that can still be afforded: %" PRIu64 ".", rule.epsilon,
                   budget_forecast(&t->account->site, &event));
    }
}

/* Whole updates and single patients are hidden by different noise, and counted apart. */
static void say_patients(const struct trainer *t, struct result *out)
{
    const struct budget *b = &t->account->patients;
    const struct unit_rule *r = &t->last_unit;
    if (b->trouble.text[0])
        result_say(out, "The ledger of patients is broken, so nothing more leaves by it: %s.", b->trouble.text);
    if (b->count > 0)
        result_say(out, "For each patient, counted apart: of epsilon %g (delta %g), %.4f is spent over %zu rounds.",
                   b->filter.epsilon_max, b->filter.delta, budget_spent(b), b->count);
    if (r->units == 0 || r->site) return;
    struct privacy_event e = unit_rule_event(r);
    result_say(out, "Rounds that hide each patient and can still be afforded: %" PRIu64 ".", budget_forecast(b, &e));
}

static void budget_row(const struct account *a, const char *unit, const struct budget *b, struct result *out)
{
    char spent[CELL_BYTES], left[CELL_BYTES], most[CELL_BYTES], charges[CELL_BYTES];
    (void)snprintf(spent, sizeof spent, "%.4f", budget_spent(b));
    (void)snprintf(left, sizeof left, "%.4f", fmax(b->filter.epsilon_max - budget_spent(b), 0));
    (void)snprintf(most, sizeof most, "%g", b->filter.epsilon_max);
    (void)snprintf(charges, sizeof charges, "%zu", b->count);
    const char *const cells[] = {
        a->data, unit, spent, left, most, charges, b->trouble.text[0] ? b->trouble.text : "whole", NULL
    };
    result_row(out, cells);
}

static void say_ledgers(const struct trainer *t, struct result *out)
{
    static const char *const columns[] = {
        "data set", "hidden", "spent", "left", "of", "rounds charged", "ledger", NULL
    };
    result_columns(out, columns);
    for (size_t i = 0; i < t->accounts.count; i++) {
        const struct account *a = t->accounts.list[i];
        budget_row(a, "the whole hospital", &a->site, out);
        budget_row(a, "each patient", &a->patients, out);
    }
    size_t before = t->accounts.before.site.count + t->accounts.before.patients.count;
    if (before > 0)
        result_say(out, "%zu charges are older than the ledgers of data sets, and count in each of them.", before);
}

static enum err run_budget(struct agent *a, void *self, const struct call *c, struct result *out)
{
    const struct trainer *t = self;
    (void)a;
    (void)c;
    if (!t->policy.set) {
        result_say(out, "No site policy is set, so there is no budget and nothing leaves.");
        return OK;
    }
    double spent = budget_spent(&t->account->site);
    double left = spent < t->policy.epsilon_max ? t->policy.epsilon_max - spent : 0;
    if (t->account->site.trouble.text[0])
        result_say(out, "The ledger is broken, so nothing more leaves: %s.", t->account->site.trouble.text);
    result_say(out, "Data set %s: of epsilon %g (delta %g), %.4f is spent and %.4f is left, over %zu rounds so far.",
               t->account->data, t->policy.epsilon_max, t->policy.delta, spent, left, t->account->site.count);
    say_next(t, out);
    say_patients(t, out);
    say_ledgers(t, out);
    result_field(out, "spent", "%.4f", spent);
    result_field(out, "left", "%.4f", left);
    result_field(out, "max", "%g", t->policy.epsilon_max);
    return OK;
}

/* ---- records ---- */

/* Small cells are not shown, and there is no rest to work them out from: one small class hides all. */
static bool shows_classes(const struct trainer *t)
{
    for (size_t i = 0; i < t->about.nclasses; i++)
        if (policy_allows_cohort(&t->policy, t->about.class_counts[i], NULL) != OK) return false;
    return t->about.nclasses > 0;
}

static enum err run_records(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char *const columns[] = { "class", "records", NULL };
    const struct trainer *t = self;
    char count[24];
    (void)a;
    (void)c;
    say_records(t, out);
    if (t->about.nclasses == 0) return OK;
    if (!shows_classes(t)) {
        result_say(out, "Counts by class are not shown: one is below the policy's minimum cohort, or none is set.");
        return OK;
    }
    result_columns(out, columns);
    for (size_t i = 0; i < t->about.nclasses; i++) {
        (void)snprintf(count, sizeof count, "%" PRIu64, t->about.class_counts[i]);
        result_row(out, (const char *const[]){ t->about.classes[i], count, NULL });
    }
    return OK;
}

static enum err run_rescan(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct trainer *t = self;
    struct work w = { .kind = WORK_SCAN };
    (void)a;
    (void)c;
    if (!work_has(&t->queue, &w)) TRY(trainer_ask(t, &w, NULL));
    result_say(out, "I am looking at the records again; ask for `records` in a moment.");
    return OK;
}

/* clang-format off */
const struct command trainer_commands[] = {
    /* name      who may                                          arguments  help, plain words, what it does */
    { "status",  ROLE_SCIENTIST | ROLE_OPERATOR | ROLE_OFFICER,   NULL,
      "what I am doing, my records, and whether I refuse",        "how are you|how is it going|what are you doing",
      run_status },
    { "policy",  ROLE_SCIENTIST | ROLE_OFFICER,                   NULL,
      "this hospital's rules, in words",                          "what do you allow|what are your rules",
      run_policy },
    { "budget",  ROLE_SCIENTIST | ROLE_OFFICER,                   NULL,
      "privacy spent, left, and how many rounds that is",         "how much privacy is left|how much epsilon is left",
      run_budget },
    { "records", ROLE_SCIENTIST,                                  NULL,
      "how many records there are, and which lines were bad",     "how many records|what is wrong with the data",
      run_records },
    { "rescan",  ROLE_SCIENTIST,                                  NULL,
      "look at the records file again now",                       "look again|read the data again",
      run_rescan },
    { "tables",  ROLE_SCIENTIST | ROLE_OFFICER,                   NULL,
      "by which columns patients were counted, and for which task", "what was counted|which tables were given",
      trainer_run_tables },
    { "audit",   ROLE_OPERATOR | ROLE_OFFICER,                    trainer_audit_args,
      "attack a training like the run's, and tell what it gives away", "is the model safe|what does the model give away",
      trainer_run_audit },
    { 0 },
};
/* clang-format on */
