/*
 * Tables of counts over hospitals: only with the guardian's permit, only what each hospital's policy allows, without
 * the small cells and what would give them away, also over several questions; and what is shown is true.
 */
#include "common/base/file.h"
#include "common/runtime/roster_log.h"
#include "common/runtime/sim.h"
#include "tests/support/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct agent_def coordinator_agent, trainer_agent, guardian_agent;

enum { SITES = 3, A_WHILE_MS = 5000, LIMIT_MS = 70000, PATH_BYTES = 200 };

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

struct world {
    struct sim *sim;
    char dir[40];
};
struct plan {
    const char *name;
    const char *guardian; /* lines added to its policy; NULL: there is none */
    const char *hospital; /* lines added to those of the first two; the third allows no counts */
    const struct agent_def *chief;
};

static enum err put(const struct world *w, const char *name, const char *a, const char *b)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 12);
    char path[PATH_BYTES];
    buf_addf(&text, "%s%s", a, b);
    (void)snprintf(path, sizeof path, "%s/%s", w->dir, name);
    return file_write(path, buf_bytes(&text), 0600, NULL);
}

/* Each patient comes twice, and counts once. */
static enum err put_records(const struct world *w, size_t site)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    char path[PATH_BYTES];
    buf_addf(&text, "who,age,sex,ward,ill\n");
    for (int k = 0, who = 0; k < 4; k++)
        for (int i = 0; i < patients[site][k]; i++, who++)
            for (int visit = 0; visit < 2; visit++)
                buf_addf(&text, "p%d,%d,%s,%s,%s\n", who, 20 + who % 60, k < 2 ? "f" : "m", who % 2 ? "north" : "south",
                         k % 2 ? "yes" : "no");
    TRY(buf_err(&text));
    (void)snprintf(path, sizeof path, "%s/records-%zu.csv", w->dir, site);
    return file_write(path, buf_bytes(&text), 0600, NULL);
}

static enum err put_files(const struct world *w, const struct plan *p)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/tasks", w->dir);
    if (mkdir(path, 0700) != 0) return ERR_IO;
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

static enum err add_agents(struct world *w, const struct plan *p, struct why *why)
{
    char settings[2 * PATH_BYTES];
    char name[40];
    (void)snprintf(settings, sizeof settings, "policy: %s/guardian.yaml\n", w->dir);
    if (p->guardian) TRY(sim_add(w->sim, &guardian_agent, "guardian", settings, why));
    (void)snprintf(settings, sizeof settings, "tasks: %s/tasks\n", w->dir);
    TRY(sim_add(w->sim, p->chief, "coordinator", p->chief == &coordinator_agent ? settings : "", why));
    for (int i = 0; i < SITES; i++) {
        (void)snprintf(name, sizeof name, "hospital-%d", i);
        (void)snprintf(settings, sizeof settings, "records: %s/records-%d.csv\npolicy: %s/policy-%d.yaml\n", w->dir, i,
                       w->dir, i);
        TRY(sim_add(w->sim, &trainer_agent, name, settings, why));
    }
    TRY(sim_add_person(w->sim, "olga", ROLE_OPERATOR));
    TRY(sim_add_person(w->sim, "paul", ROLE_OFFICER));
    return sim_start(w->sim, why);
}

static enum err open_world(struct world *w, const struct plan *p, struct why *why)
{
    static const struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 20 };
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/himas-counts-XXXXXX");
    if (mkdtemp(w->dir) == NULL) return ERR_IO;
    TRY(put_files(w, p));
    w->sim = sim_new(7, &calm);
    if (w->sim == NULL) return ERR_MEMORY;
    TRY(add_agents(w, p, why));
    (void)sim_run(w->sim, A_WHILE_MS, NULL, NULL);
    return OK;
}

static void close_world(struct world *w)
{
    static const char *const files[] = {
        "tasks/toy.yaml", "tasks",         "guardian.yaml", "policy-0.yaml", "policy-1.yaml",
        "policy-2.yaml",  "records-0.csv", "records-1.csv", "records-2.csv", ""
    };
    char path[PATH_BYTES];
    sim_free(w->sim);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", w->dir, files[i]);
        (void)remove(path);
    }
}

static bool heard(struct sim *s, void *person) { return sim_heard(s, person).n > 0; }

static const char *ask(struct world *w, const char *words)
{
    sim_forget(w->sim, "olga");
    sim_say(w->sim, "olga", "coordinator", words);
    (void)sim_run(w->sim, LIMIT_MS, heard, "olga");
    return sim_heard(w->sim, "olga").n ? sim_heard(w->sim, "olga").p : "";
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
    { &with_all,
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
    { NULL, NULL, "count toy age", { "age has no classes to count by" } },
    { NULL, NULL, "count toy height", { "have no column height" } },
    { NULL, NULL, "count toy sex sex", { "two different columns" } },
    { NULL, NULL, "count tay sex", { "did you mean toy" } },
    { &alone, NULL, "count toy ill", { "at 2 of 3 hospitals", "no       120", "total    197" } },
    { &vetoed, NULL, "count toy ill", { "The guardian gives no permit: the guardian's `queries` is no" } },
    { &barred, NULL, "count toy ill", { "`purposes` do not list quality" } },
    { &unwilling, NULL, "count toy ill", { "at 0 of 3", "the policy's `purposes` do not list quality" } },
};

static void try_row(struct tap *t, struct world *w, const struct row *row)
{
    if (row->kill) {
        sim_kill(w->sim, row->kill, 100);
        (void)sim_run(w->sim, A_WHILE_MS, NULL, NULL);
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

static void check_log(struct tap *t, struct world *w)
{
    struct search given = { " kind=query ", 0 }, named = { " purpose=quality ", 0 };
    enum err e = store_scan(sim_store(w->sim, "guardian"), "log/entry/", look, &given);
    if (e == OK) e = store_scan(sim_store(w->sim, "guardian"), "log/entry/", look, &named);
    tap_is(t, e == OK && given.n == 5 && named.n == 5, "each question that was permitted is in the log: %u", given.n);
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
    struct world w = { NULL, "" };
    struct why why = { "" };
    enum err e = open_world(&w, &p, &why);
    tap_is(t, e == OK, "%s %s", p.name, why.text);
    if (e == OK) {
        (void)ask(&w, "count");
        (void)sim_run(w.sim, A_WHILE_MS, NULL, NULL);
        const struct chief *c = core_state(sim_agent(w.sim, "coordinator"));
        tap_is(t, c->numbers == 0 && strstr(c->text, "without the guardian's permit"), "%s: %s", p.name, c->text);
    }
    close_world(&w);
}

int main(void)
{
    struct tap t = { 0 };
    struct world w = { NULL, "" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        if (rows[i].plan) {
            struct plan p = *rows[i].plan;
            if (i > 0) close_world(&w);
            p.chief = &coordinator_agent;
            enum err e = open_world(&w, &p, &why);
            tap_is(&t, e == OK, "%s %s", p.name, why.text);
            if (e != OK) return tap_end(&t);
        }
        try_row(&t, &w, &rows[i]);
        if (i + 1 < sizeof rows / sizeof *rows && rows[i + 1].plan == &alone) check_log(&t, &w);
    }
    close_world(&w);
    try_crooked(&t);
    return tap_end(&t);
}
