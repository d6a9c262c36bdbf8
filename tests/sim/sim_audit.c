/*
 * The guardian has a hospital attack a training like its own: what is found is said in words, of a training that gives
 * patients away and of one that hides them, by real trainers; and what it cannot find is said, too.
 */
#include "tests/sim/ward.h"
#include "tests/support/tap.h"
#include <string.h>

static const char policy[] = "tasks: any\nmodels: any\nmin_cohort: 20\nmax_rounds: 10\n"
                             "privacy: { mode: optional, epsilon_max: 8, delta: 1.0e-5, epsilon_per_round_max: 8, "
                             "patients: yes }\n";
static const char veto[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nepsilon_max: 8\n"
                           "delta: 1.0e-5\npermit_minutes: 60\n";

/* Labels that nothing predicts: to fit them is to know the records by heart. */
static const struct ward_toy toy = { .head = "name: toy\nrounds: { count: 1, quorum: 2 }\nstandardise: ranges\n",
                                     .policy = policy,
                                     .guardian = veto,
                                     .hospitals = 2,
                                     .patients = 2600,
                                     .inputs = 8,
                                     .by_chance = true,
                                     .seed = 50 };

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
    enum err e = ward_open(&w, &toy, row->task, NULL, &why);
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
