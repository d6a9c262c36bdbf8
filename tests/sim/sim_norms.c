/*
 * Updates are as large as hospitals that train as permitted make them, and no larger: the real guardian over real
 * hospitals, honest ones with many seeds, without one alarm; and with one that takes steps, or puts a vector into a
 * secure sum, many times as long as the task says, which is an alarm, and ends the run.
 */
#include "agents/trainer/secure.h"
#include "agents/trainer/trainer.h"
#include "tests/sim/ward.h"
#include "tests/support/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 4, SEEDS_DEEP = 60, HANDLERS_MAX = 40 };

static const char policy[] = "tasks: any\nmodels: any\nmin_cohort: 10\nmax_rounds: 10\n"
                             "privacy: { mode: optional, epsilon_max: 20, delta: 1.0e-5, epsilon_per_round_max: 20, "
                             "patients: yes }\n";
static const char veto[] = "min_cohort: 3\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nepsilon_max: 20\n"
                           "delta: 1.0e-5\npermit_minutes: 60\nnorm_max: 1\n";

/* ---- a hospital that does not train as permitted ---- */

struct overdoer {
    struct agent_def def;
    struct agent_handler handlers[HANDLERS_MAX];
};

/* So many times; where the number of patients is not told the bound is that of one, and wide. */
static double too_long(const struct plan *p)
{
    return p->task.aggregation.secure && p->task.privacy.mechanism == NOISE_DP_SGD ? 2048 : 64;
}

static bool overdoes(const struct plan *p) { return p->task.train.learning_rate > 1; }

/* With much more a sum of hospitals' updates is none any more. */
static const double too_loud[SECURE_MODES] = { [SECURE_SITE] = 6, [SECURE_PATIENT] = 1024 };

/* What was permitted was looked at with the task's own numbers; what is done has others. */
static enum err on_round_start(struct agent *a, void *self, const struct msg *m)
{
    struct trainer *t = self;
    struct run *run = run_find(&t->runs, m->run);
    if (run && overdoes(run->plan)) run->plan->task.train.learning_rate /= too_long(run->plan);
    TRY(trainer_on_round_start(a, self, m));
    run = run_find(&t->runs, m->run);
    if (run == NULL) return OK;
    run->plan->task.train.learning_rate *= too_long(run->plan);
    if (run->secure == NULL) return OK;
    run->secure->plan.share *= too_loud[run->secure->plan.want.mode];
    return OK;
}

static void overdoer_make(struct overdoer *o)
{
    *o = (struct overdoer){ .def = trainer_agent };
    for (size_t i = 0; i + 1 < HANDLERS_MAX && trainer_agent.handlers[i].on != MSG_NONE; i++) {
        o->handlers[i] = trainer_agent.handlers[i];
        if (o->handlers[i].on == MSG_ROUND_START) o->handlers[i].run = on_round_start;
    }
    o->def.handlers = o->handlers;
}

/* ---- what is trained ---- */

#define ROUNDS "rounds: { count: 3, quorum: 3, max_update_norm: 1000, max_samples: 1000 }\n"
#define SECURE "aggregation: { secure: yes }\n"
#define STEPS(optimizer) "train: { optimizer: " optimizer ", learning_rate: 0.0625, epochs: 2, batch: 16 }\n"
#define OWN_STEPS                                                                                                      \
    "train: { learning_rate: 0.0625, epochs: 2 }\n"                                                                    \
    "privacy: { mechanism: dp-sgd, rate: 0.25, epsilon: 8, delta: 1.0e-5, clip: 1 }\n"
#define UNITS "privacy: { mechanism: dp-sgd, epsilon: 8, delta: 1.0e-5, clip: 1 }\n"

static const struct row {
    const char *name, *task, *says;
} rows[] = {
    { "no noise", ROUNDS STEPS("sgd"), "the update of hospital-2@" },
    { "no noise, in sums", ROUNDS SECURE STEPS("sgd"), "the mean of its secure sum has norm" },
    { "noise in each step", ROUNDS STEPS("sgd") UNITS, "the update of hospital-2@" },
    { "noise in each of Adam's steps", ROUNDS STEPS("adam") UNITS, "the update of hospital-2@" },
    { "noise in each step, in sums", ROUNDS SECURE OWN_STEPS, "the mean of its secure sum has norm" },
    { "patients, noise in shares",
      ROUNDS SECURE
      "train: { learning_rate: 0.0625 }\n"
      "privacy: { mechanism: distributed, unit: patient, rate: 0.5, epsilon: 8, delta: 1.0e-5, clip: 1 }\n",
      "the mean of its secure sum has norm" },
    { "hospitals, noise in shares",
      ROUNDS SECURE STEPS(
          "sgd") "privacy: { mechanism: distributed, unit: site, epsilon: 8, delta: 1.0e-5, clip: 1 }\n",
      "the mean of its secure sum has norm" },
};

static const struct ward_toy toy = { .head = "name: toy\nstandardise: none\n",
                                     .policy = policy,
                                     .guardian = veto,
                                     .hospitals = 3,
                                     .patients = 120,
                                     .inputs = 30 };

static void honest(struct tap *t, const struct row *row, uint64_t seeds)
{
    uint64_t fine = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct ward w = { .seed = seed };
        struct why why = { "" };
        enum err e = ward_open(&w, &toy, row->task, NULL, &why);
        const char *said = e == OK ? ward_train(&w, "toy") : why.text;
        bool done = e == OK && strstr(said, "done") != NULL;
        if (!done) tap_note("seed %u: %s", (unsigned)seed, said);
        said = done ? ward_ask(&w, "paul", "guardian", "alarm list") : "";
        bool quiet = strstr(said, "0 alarms") != NULL;
        if (done && !quiet) tap_note("seed %u: %s", (unsigned)seed, said);
        fine += done && quiet;
        ward_free(&w);
    }
    tap_is(t, fine == seeds, "%s: honest hospitals, %u of %u seeds without an alarm", row->name, (unsigned)fine,
           (unsigned)seeds);
}

static void dishonest(struct tap *t, const struct row *row)
{
    struct ward w = { .seed = 1 };
    struct overdoer last;
    struct why why = { "" };
    overdoer_make(&last);
    enum err e = ward_open(&w, &toy, row->task, &last.def, &why);
    const char *said = e == OK ? ward_train(&w, "toy") : why.text;
    bool ended = strstr(said, "failed") != NULL && strstr(said, row->says) != NULL;
    if (!ended) tap_note("%s", said);
    said = e == OK ? ward_ask(&w, "paul", "guardian", "alarm list") : "";
    tap_is(t, ended && strstr(said, row->says), "%s: one that goes too far is an alarm, and the run ends", row->name);
    tap_note("%s", said);
    ward_free(&w);
}

int main(void)
{
    struct tap t = { 0 };
    uint64_t seeds = getenv("SIM_DEEP") ? SEEDS_DEEP : SEEDS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        honest(&t, &rows[i], seeds);
        dishonest(&t, &rows[i]);
    }
    return tap_end(&t);
}
