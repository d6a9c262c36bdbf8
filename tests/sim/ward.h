/*
 * ward -- a small federation in a calm simulation, with files of its own, for
 * rows of what people ask and hear.
 */
#pragma once
#include "common/base/buf.h"
#include "common/runtime/sim.h"

struct ward {
    uint64_t seed; /* 0: the usual one */
    struct sim *sim;
    char dir[40]; /* removed in the end, with all that is in it */
};
enum err ward_init(struct ward *w) MUST_USE;
void ward_free(struct ward *w); /* a zeroed one is fine */

enum err ward_put(const struct ward *w, const char *name, const struct buf *text) MUST_USE; /* a file in dir */
/* settings: lines in which each @ stands for dir. */
enum err ward_add(struct ward *w, const struct agent_def *def, const char *name, const char *settings, struct why *why)
    MUST_USE;
/* Starts a guardian (guardian.yaml), a coordinator (tasks/), hospital-0 and so on (policy.yaml, records-0.csv ...),
 * with olga, the operator, and paul, the officer.  last: of the last hospital; NULL: a trainer like the others. */
enum err ward_staff(struct ward *w, size_t hospitals, const struct agent_def *last, struct why *why) MUST_USE;

/* Made-up records of x0, x1 ... within -1 and 1 and a class y, and the task tasks/toy.yaml over them. */
struct ward_toy {
    const char *head;     /* of the task, before its columns */
    const char *policy;   /* of each hospital */
    const char *guardian; /* its policy */
    size_t hospitals, patients, inputs;
    bool by_chance; /* nothing predicts the class; else it is the sign of x0 */
    uint64_t seed;  /* of the first hospital's records; the ward's own is added, once a hospital */
};
/* tail: of the task, behind its columns. */
enum err ward_open(struct ward *w, const struct ward_toy *toy, const char *tail, const struct agent_def *last,
                   struct why *why) MUST_USE;
/* Olga starts the task, and asks for its first run until it is over: what the coordinator says of it. */
const char *ward_train(struct ward *w, const char *task);
void ward_wait(struct ward *w); /* a few seconds of virtual time */
/* What the person hears; "" after a while.  Valid until the next question. */
const char *ward_ask(struct ward *w, const char *person, const char *agent, const char *words);
