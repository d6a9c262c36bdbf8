/*
 * The guardian has a hospital attack a training like its own: what is found is said in words, of a training that gives
 * patients away and of one that hides them, by real trainers; and what it cannot find is said, too.
 */
#include "common/base/rng.h"
#include "tests/sim/ward.h"
#include "tests/support/tap.h"
#include <stdio.h>
#include <string.h>

extern const struct agent_def coordinator_agent, trainer_agent, guardian_agent;

enum { SITES = 2, PATIENTS = 2600, INPUTS = 8 };

static const char task_head[] = "name: toy\nrounds: { count: 1, quorum: 2 }\nstandardise: ranges\ndata:\n  columns:\n";
static const char policy[] = "tasks: any\nmodels: any\nmin_cohort: 20\nmax_rounds: 10\n"
                             "privacy: { mode: optional, epsilon_max: 8, delta: 1.0e-5, epsilon_per_round_max: 8, "
                             "patients: yes }\n";
static const char veto[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nepsilon_max: 8\n"
                           "delta: 1.0e-5\npermit_minutes: 60\n";

/* ---- the world ---- */

static enum err put_task(const struct ward *w, const char *tail)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 12);
    buf_addf(&text, "%s", task_head);
    for (int i = 0; i < INPUTS; i++) buf_addf(&text, "    - { name: x%d, min: -1, max: 1 }\n", i);
    buf_addf(&text, "    - { name: y, role: label, classes: [\"0\", \"1\"] }\n%s", tail);
    return ward_put(w, "tasks/toy.yaml", &text);
}

/* Labels that nothing predicts: to fit them is to know the records by heart. */
static enum err put_records(const struct ward *w, uint64_t site)
{
    struct rng rng = rng_make(50 + site);
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    char name[40];
    for (int i = 0; i < INPUTS; i++) buf_addf(&text, "x%d,", i);
    buf_addf(&text, "y\n");
    for (int i = 0; i < PATIENTS; i++) {
        for (int k = 0; k < INPUTS; k++) buf_addf(&text, "%.4f,", 2 * rng_unit(&rng) - 1);
        buf_addf(&text, "%d\n", rng_unit(&rng) < .5);
    }
    (void)snprintf(name, sizeof name, "records-%d.csv", (int)site);
    return ward_put(w, name, &text);
}

static enum err put(const struct ward *w, const char *name, const char *words)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 12);
    buf_addf(&text, "%s", words);
    return ward_put(w, name, &text);
}

static enum err open_world(struct ward *w, const char *tail, struct why *why)
{
    TRY(ward_init(w));
    TRY(put_task(w, tail));
    TRY(put(w, "policy.yaml", policy));
    TRY(put(w, "guardian.yaml", veto));
    TRY(ward_add(w, &guardian_agent, "guardian", "policy: @/guardian.yaml\n", why));
    TRY(ward_add(w, &coordinator_agent, "coordinator", "tasks: @/tasks\n", why));
    for (int i = 0; i < SITES; i++) {
        char name[40];
        char settings[100];
        TRY(put_records(w, (uint64_t)i));
        (void)snprintf(name, sizeof name, "hospital-%d", i);
        (void)snprintf(settings, sizeof settings, "records: @/records-%d.csv\npolicy: @/policy.yaml\n", i);
        TRY(ward_add(w, &trainer_agent, name, settings, why));
    }
    TRY(sim_add_person(w->sim, "paul", ROLE_OFFICER));
    TRY(sim_add_person(w->sim, "olga", ROLE_OPERATOR));
    TRY(sim_start(w->sim, why));
    ward_wait(w);
    return OK;
}

/* ---- audits ---- */

static const struct row {
    const char *name, *task;
    const char *parts[3]; /* of the answer */
    const char *none;     /* not in it */
} rows[] = {
    { "learned by heart",
      "model: { arch: mlp, hidden: [128], seed: 1 }\n"
      "train: { optimizer: adam, learning_rate: 0.02, epochs: 400, batch: 16, test_fraction: 0.5 }\n",
      { "trained here on 1300 records", "records can be told", "yes" },
      "fit to be published" },
    { "each patient hidden",
      "train: { epochs: 2, batch: 64, test_fraction: 0.5 }\n"
      "privacy: { mechanism: dp-sgd, epsilon: 1, delta: 1.0e-5, clip: 1 }\n",
      { "Claimed: epsilon 1.0000", "Worst grade: B: ", "fit to be published with its epsilon" },
      "yes" },
};

static void try_one(struct tap *t, const struct row *row)
{
    struct ward w = { .sim = NULL };
    struct why why = { "" };
    enum err e = open_world(&w, row->task, &why);
    tap_is(t, e == OK, "%s %s", row->name, why.text);
    if (e == OK) {
        const char *said = ward_ask(&w, "paul", "guardian", "audit hospital-0");
        tap_is(t, strstr(said, "no task has come yet"), "%s: before a task came", row->name);
        said = ward_ask(&w, "olga", "coordinator", "start toy");
        ward_wait(&w);
        said = ward_ask(&w, "paul", "guardian", "/audit hospital=hospital-0 canaries=0");
        bool all = strstr(said, row->none) == NULL;
        for (size_t i = 0; i < sizeof row->parts / sizeof *row->parts; i++)
            all = all && strstr(said, row->parts[i]) != NULL;
        tap_is(t, all, "%s: said in words", row->name);
        tap_note("%s", said);
        tap_is(t, strstr(ward_ask(&w, "paul", "guardian", "alarm list"), "0 alarms"), "%s: no more than was claimed",
               row->name);
        said = ward_ask(&w, "paul", "guardian", "audit hospital-9");
        tap_is(t, strstr(said, "no hospital hospital-9"), "%s: of nobody", row->name);
    }
    ward_free(&w);
}

int main(void)
{
    struct tap t = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) try_one(&t, &rows[i]);
    return tap_end(&t);
}
