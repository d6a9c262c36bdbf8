/*
 * Tables of counts over hospitals: only with the guardian's permit, only what each hospital's policy allows, without
 * the small cells and what would give them away, also over several questions; and what is shown is true.
 */
#include "tests/sim/ward.h"
#include "tests/support/tap.h"
#include <stdio.h>
#include <string.h>

extern const struct agent_def coordinator_agent, trainer_agent, guardian_agent;

enum { SITES = 3 };

static const char task[] = "name: toy\n"
                           "purpose: quality\n"
                           "data:\n"
                           "  columns:\n"
                           "    - { name: who, role: patient }\n"
                           "    - { name: age, kind: integer, min: 0, max: 120 }\n"
                           "    - { name: sex, kind: category, role: sensitive, classes: [f, m] }\n"
                           "    - { name: ward, kind: category, classes: [north, south] }\n"
                           "    - { name: ill, role: label, classes: [\"no\", \"yes\"] }\n"
                           "standardise: ranges\n";
static const char policy[] = "tasks: any\nmodels: any\nmin_cohort: 20\nmax_rounds: 10\n"
                             "privacy: { mode: required, epsilon_max: 8, delta: 1.0e-5, epsilon_per_round_max: 1 }\n";
static const char veto[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: no\nmin_noise: 0\nepsilon_max: 8\n"
                           "delta: 1.0e-5\npermit_minutes: 60\n";

/* Patients of each hospital: f well, f ill, m well, m ill.  The second has a small cell. */
static const int patients[SITES][4] = { { 20, 30, 40, 15 }, { 25, 4, 35, 28 }, { 50, 50, 50, 50 } };

/* ---- the world ---- */

struct plan {
    const char *name;
    const char *guardian; /* lines added to its policy; NULL: there is none */
    const char *hospital; /* lines added to those of the first two; the third allows no counts */
    const struct agent_def *chief;
};

static enum err put(const struct ward *w, const char *name, const char *a, const char *b)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 12);
    buf_addf(&text, "%s%s", a, b);
    return ward_put(w, name, &text);
}

/* Each patient comes twice, and counts once. */
static enum err put_records(const struct ward *w, size_t site)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    char name[40];
    buf_addf(&text, "who,age,sex,ward,ill\n");
    for (int k = 0, who = 0; k < 4; k++)
        for (int i = 0; i < patients[site][k]; i++, who++)
            for (int visit = 0; visit < 2; visit++)
                buf_addf(&text, "p%d,%d,%s,%s,%s\n", who, 20 + who % 60, k < 2 ? "f" : "m", who % 2 ? "north" : "south",
                         k % 2 ? "yes" : "no");
    (void)snprintf(name, sizeof name, "records-%zu.csv", site);
    return ward_put(w, name, &text);
}

static enum err put_files(const struct ward *w, const struct plan *p)
{
    TRY(put(w, "tasks/toy.yaml", task, ""));
    TRY(put(w, "guardian.yaml", veto, p->guardian ? p->guardian : ""));
    for (size_t i = 0; i < SITES; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "policy-%zu.yaml", i);
        TRY(put(w, name, policy, i < SITES - 1 ? p->hospital : ""));
        TRY(put_records(w, i));
    }
    return OK;
}

static enum err open_world(struct ward *w, const struct plan *p, struct why *why)
{
    TRY(ward_init(w));
    TRY(put_files(w, p));
    if (p->guardian) TRY(ward_add(w, &guardian_agent, "guardian", "policy: @/guardian.yaml\n", why));
    TRY(ward_add(w, p->chief, "coordinator", p->chief == &coordinator_agent ? "tasks: @/tasks\n" : "", why));
    for (int i = 0; i < SITES; i++) {
        char name[40];
        char settings[100];
        (void)snprintf(name, sizeof name, "hospital-%d", i);
        (void)snprintf(settings, sizeof settings, "records: @/records-%d.csv\npolicy: @/policy-%d.yaml\n", i, i);
        TRY(ward_add(w, &trainer_agent, name, settings, why));
    }
    TRY(sim_add_person(w->sim, "olga", ROLE_OPERATOR));
    TRY(sim_add_person(w->sim, "paul", ROLE_OFFICER));
    TRY(sim_start(w->sim, why));
    ward_wait(w);
    return OK;
}

/* "hospital-1: words" asks that hospital's officer's question; else the operator asks the coordinator. */
static const char *ask(struct ward *w, const char *words)
{
    static const char to[] = "hospital-1: ";
    if (strncmp(words, to, sizeof to - 1) != 0) return ward_ask(w, "olga", "coordinator", words);
    return ward_ask(w, "paul", "hospital-1", words + sizeof to - 1);
}

/* ---- questions ---- */

static const struct plan with_all = { "all allow it", "queries: yes\n", "counts: yes\npurposes: [quality]\n", NULL };
static const struct plan alone = { "no guardian", NULL, "counts: yes\n", NULL };
static const struct plan vetoed = { "a guardian that allows none", "", "counts: yes\n", NULL };
static const struct plan barred = { "another purpose", "queries: yes\npurposes: [research]\n", "counts: yes\n", NULL };
static const struct plan unwilling = { "hospitals for another purpose", "queries: yes\n",
                                       "counts: yes\npurposes: [research]\n", NULL };

static const struct row {
    const struct plan *plan; /* of the row before when NULL: the same world, and asked there after it */
    const char *kill;        /* this agent first; NULL: none */
    const char *question;
    const char *parts[5]; /* of the answer */
} rows[] = {
    { &with_all, NULL, "hospital-1: tables", { "No table of counts has left" } },
    { NULL,
      NULL,
      "count toy sex ill",
      { "at 2 of 3 hospitals; for quality", "hospital-2 gave none: the policy's `counts` is no", "at least 30",
        "at least 20", "197" } },
    { NULL, "hospital-1", "count toy sex ill", { "at 2 of 3 hospitals", "at least 30", "197" } },
    { NULL,
      NULL,
      "count toy sex",
      { "at 0 of 3", "hospital-1 gave none: sex was counted here by sex and ill before" } },
    { NULL, NULL, "count toy ward ill", { "at 0 of 3", "hospital-0 gave none: ill was counted here" } },
    { NULL, NULL, "count toy ward", { "at 2 of 3", "98\nsouth", "99\nunknown", " 197" } },
    { NULL, "hospital-1", "hospital-1: tables", { "task document", "sex", "ill", "ward", "-" } },
    { NULL, NULL, "count toy ward sex", { "at 0 of 3", "hospital-1 gave none: ward was counted here by ward before" } },
    { NULL, NULL, "count toy age", { "age has no classes to count by" } },
    { NULL, NULL, "count toy height", { "have no column height" } },
    { NULL, NULL, "count toy sex sex", { "two different columns" } },
    { NULL, NULL, "count tay sex", { "did you mean toy" } },
    { &alone, NULL, "count toy ill", { "at 2 of 3 hospitals", "no       120", "total    197" } },
    { &vetoed, NULL, "count toy ill", { "The guardian gives no permit: the guardian's `queries` is no" } },
    { &barred, NULL, "count toy ill", { "`purposes` do not list quality" } },
    { &unwilling, NULL, "count toy ill", { "at 0 of 3", "the policy's `purposes` do not list quality" } },
};

static void try_row(struct tap *t, struct ward *w, const struct row *row)
{
    if (row->kill) {
        sim_kill(w->sim, row->kill, 100);
        ward_wait(w);
    }
    const char *said = ask(w, row->question);
    bool all = true;
    for (size_t i = 0; i < sizeof row->parts / sizeof *row->parts && row->parts[i]; i++)
        all = all && strstr(said, row->parts[i]) != NULL;
    tap_is(t, all, "%s%s", row->question, row->kill ? ", after a crash" : "");
    if (!all) tap_note("%s", said);
    tap_is(t, strstr(said, " 4 ") == NULL, "%s: the small count is nowhere", row->question);
}

/* ---- the log, and a coordinator that asks without a permit ---- */

struct search {
    const char *part;
    unsigned n;
};
static enum err look(void *to, const char *key, struct bytes value)
{
    struct search *s = to;
    (void)key;
    s->n += str_find(bytes_str(value), s->part) < value.n;
    return OK;
}

static void check_log(struct tap *t, struct ward *w)
{
    struct search given = { " kind=query ", 0 }, named = { " purpose=quality ", 0 };
    enum err e = store_scan(sim_store(w->sim, "guardian"), "log/entry/", look, &given);
    if (e == OK) e = store_scan(sim_store(w->sim, "guardian"), "log/entry/", look, &named);
    tap_is(t, e == OK && given.n == 6 && named.n == 6, "each question that was permitted is in the log: %u", given.n);
}

struct chief {
    char text[400];
    size_t numbers;
};
static enum err on_answer(struct agent *a, void *self, const struct msg *m)
{
    struct chief *c = self;
    (void)a;
    c->numbers += m->query_answer.cells.n;
    return str_copy(m->query_answer.text, c->text, sizeof c->text);
}
static enum err send_question(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct msg m = msg_make(MSG_QUERY, NULL);
    (void)self;
    (void)c;
    (void)snprintf(m.run, sizeof m.run, "count-1");
    m.round = 1;
    m.query.task.data = str_bytes(STR(task));
    m.query.rows = STR("ill");
    result_say(out, "sent");
    return agent_send(a, roster_by_name(agent_roster(a), STR("hospital-0"))->jid, &m);
}
static const struct agent_handler chief_handlers[] = { { MSG_QUERY_ANSWER, on_answer, MSG_NONE, false }, { 0 } };
static const struct command chief_commands[] = { { "count", ROLE_OPERATOR, NULL, "asks", NULL, send_question }, { 0 } };
static const struct agent_def crooked = { .name = "crooked",
                                          .role = ROLE_COORDINATOR,
                                          .doc = "asks without a permit",
                                          .peers = ROLE_TRAINER,
                                          .state_size = sizeof(struct chief),
                                          .handlers = chief_handlers,
                                          .commands = chief_commands };

static void try_crooked(struct tap *t)
{
    const struct plan p = { "a coordinator without a permit", "queries: yes\n", "counts: yes\n", &crooked };
    struct ward w = { .sim = NULL };
    struct why why = { "" };
    enum err e = open_world(&w, &p, &why);
    tap_is(t, e == OK, "%s %s", p.name, why.text);
    if (e == OK) {
        (void)ask(&w, "count");
        ward_wait(&w);
        const struct chief *c = core_state(sim_agent(w.sim, "coordinator"));
        tap_is(t, c->numbers == 0 && strstr(c->text, "without the guardian's permit"), "%s: %s", p.name, c->text);
    }
    ward_free(&w);
}

int main(void)
{
    struct tap t = { 0 };
    struct ward w = { .sim = NULL };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        if (rows[i].plan) {
            struct plan p = *rows[i].plan;
            if (i > 0) ward_free(&w);
            p.chief = &coordinator_agent;
            enum err e = open_world(&w, &p, &why);
            tap_is(&t, e == OK, "%s %s", p.name, why.text);
            if (e != OK) return tap_end(&t);
        }
        try_row(&t, &w, &rows[i]);
        if (i + 1 < sizeof rows / sizeof *rows && rows[i + 1].plan == &alone) check_log(&t, &w);
    }
    ward_free(&w);
    try_crooked(&t);
    return tap_end(&t);
}
