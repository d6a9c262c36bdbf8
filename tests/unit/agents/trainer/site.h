/*
 * site -- a hospital's trainer under test: the real agent in a calm
 * simulation, with a coordinator that says what a person tells it to and
 * notes what it hears.
 */
#pragma once
#include "agents/trainer/trainer.h"
#include "common/runtime/sim.h"

#define SITE_TASK                                                                                                      \
    "name: toy\n"                                                                                                      \
    "data:\n"                                                                                                          \
    "  header: no\n"                                                                                                   \
    "  columns:\n"                                                                                                     \
    "    - {name: a, min: -10, max: 10}\n"                                                                             \
    "    - {name: b, min: -10, max: 10}\n"                                                                             \
    "    - {name: y, role: label, classes: [\"0\", \"1\"]}\n"                                                          \
    "standardise: ranges\n"                                                                                            \
    "train: {epochs: 2, batch: 16, test_fraction: 0.25}\n"                                                             \
    "rounds: {count: 3}\n"
#define SITE_SECURE_TASK                                                                                               \
    "name: toy\n"                                                                                                      \
    "data: {header: no, columns: [{name: a, min: -10, max: 10}, {name: b, min: -10, max: 10}, "                        \
    "{name: y, role: label, classes: [\"0\", \"1\"]}]}\n"                                                              \
    "standardise: ranges\nrounds: {count: 3, quorum: 3}\naggregation: {secure: yes}\n"
#define SITE_NOISE "privacy: {mechanism: gaussian, epsilon: 1, delta: 1.0e-5, clip: 1}\n"
#define SITE_UNIT_NOISE "privacy: {mechanism: dp-sgd, epsilon: 8, delta: 1.0e-5, clip: 1}\n"
#define SITE_SHARES                                                                                                    \
    "name: toy\n"                                                                                                      \
    "data:\n"                                                                                                          \
    "  header: no\n"                                                                                                   \
    "  columns:\n"                                                                                                     \
    "    - {name: a, min: -10, max: 10}\n"                                                                             \
    "    - {name: b, min: -10, max: 10}\n"                                                                             \
    "    - {name: y, role: label, classes: [\"0\", \"1\"]}\n"                                                          \
    "train: {test_fraction: 0.25}\n"                                                                                   \
    "rounds: {count: 100, quorum: 3}\n"                                                                                \
    "aggregation: {secure: yes}\n"                                                                                     \
    "privacy: {mechanism: distributed, unit: patient, rate: 0.5, epsilon: 8, delta: 1.0e-5, clip: 1}\n"
#define SITE_POLICY(cohort, mode, epsilon_max)                                                                         \
    "tasks: any\nmodels: any\nmin_cohort: " #cohort "\nmax_rounds: 100\nstatistics: yes\n"                             \
    "privacy: {mode: " mode ", epsilon_max: " #epsilon_max ", delta: 1.0e-5, epsilon_per_round_max: 1}\n"

enum { SITE_ROWS = 80 };

struct site {
    struct sim *sim;
    char dir[64];
};
struct site_plan {
    const char *task;              /* NULL: SITE_TASK */
    const char *policy;            /* NULL: none is set */
    bool no_records;               /* the file is missing */
    const struct agent_def *guard; /* joins as "guard"; NULL: there is none */
    const struct agent_def *agent; /* a trainer with something more; NULL: the real one */
};

/* What the coordinator heard; also its agent's state. */
struct heard {
    unsigned got[MSG_COUNT];
    char code[33]; /* of the last decline */
    char text[401];
    uint64_t number; /* records or samples of the last message that has any; of a secure input its sum */
    double noise, epsilon, loss;
    size_t ninputs;
    char doing[32];
    struct buf delta; /* of the last update, or a secure sum's vector as it left */
    char input[1001]; /* what came with that, in hex */
};

void site_open(struct site *s, const struct site_plan *plan);
void site_close(struct site *s);
void site_write(const struct site *s, const char *file, const char *text);
void site_write_records(const struct site *s, unsigned rows);

/* The coordinator says one of: invite, forged, moments, train <round>, evaluate <round>, end; then five seconds. */
void site_do(struct site *s, const char *words);
void site_kill(struct site *s); /* and the time until it is back */
/* What the trainer answers somebody: sam (scientist), olga (operator), paul (privacy officer). */
const char *site_ask(struct site *s, const char *person, const char *words);

const struct heard *site_heard(struct site *s);
const struct trainer *site_trainer(struct site *s);
