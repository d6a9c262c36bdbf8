/*
 * boss -- the coordinator of a round as a child process: a toy on the real
 * runtime, or the real coordinator.
 */
#pragma once
#include "tests/bench/crowd.h"

struct boss_plan {
    struct crowd_plan crowd;
    bool real;        /* the coordinator agent and a task, else the toy */
    const char *task; /* its name */
};

/* Answers {seconds} when connected and all trainers are there; then for every order (count rounds, bytes of the model,
 * which the real coordinator does not need) the milliseconds of each round; for one of no rounds {}, as soon as it is
 * quiet. */
void boss_child(int fd, void *plan);
