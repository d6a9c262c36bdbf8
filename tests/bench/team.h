/*
 * team -- the processes of one kind of round: trainers and their coordinator.
 */
#pragma once
#include "tests/bench/boss.h"
#include "tests/bench/yardstick.h"

enum { TEAM_MAX_PROCESSES = 16, TEAM_TRAINERS_A_PROCESS = 850 };
enum team_kind { TEAM_YARDSTICK, TEAM_TOY, TEAM_REAL };

struct team_plan {
    const struct place *place;
    enum team_kind kind;
    const char *prefix;
    size_t trainers, a_process; /* so many trainers in one; 0: TEAM_TRAINERS_A_PROCESS */
    bool journal, stream_management;
    const char *coordinator_settings, *trainer_settings; /* YAML */
    const char *task;                                    /* TEAM_REAL */
};
struct team {
    struct team_plan plan;
    struct child crowds[TEAM_MAX_PROCESSES], boss;
    size_t ncrowds;
    double login_s; /* from the first to the last trainer */
};

void team_start(struct team *g, const struct team_plan *plan); /* waits until everybody is there, then holds */
/* Goes on, runs one round that does not count and then so many, and holds again.  out has room for all; how many. */
size_t team_rounds(struct team *g, struct order o, double *out, size_t max);
void team_hold(const struct team *g);
void team_go_on(const struct team *g);
struct place_usage team_usage(const struct team *g); /* of all its processes */
void team_end(struct team *g);
