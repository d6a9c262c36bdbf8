/*
 * A whole federation under an operator who pauses, resumes and aborts at random, under deadlines, slow workers and
 * damaged disks; and over all of it, every row of the protocol's table is taken.
 */
#include "tests/sim/lab.h"

enum { SCHEDULES = 4500 };

#define NET .delay_min_ms = 1, .delay_max_ms = 200
#define DOWN .down_min_ms = 100, .down_max_ms = 8000
static const struct schedule_row rows[] = {
    { "paused and resumed, not every round scored",
      { .sites = 3,
        .quorum = 3,
        .rounds = 3,
        .evaluate_every = 2,
        .moments = true,
        .meddle_per_minute = 40,
        .faults = { NET, .drop = .05, .faults_until_ms = 120000 } },
      true },
    { "paused, resumed and killed",
      { .sites = 3,
        .quorum = 3,
        .rounds = 2,
        .meddle_per_minute = 40,
        .faults = { NET, .kill_per_second = .03, .crash_at_commit = .01, DOWN, .faults_until_ms = 120000 } },
      true },
    { "aborted",
      { .sites = 3,
        .quorum = 2,
        .rounds = 3,
        .moments = true,
        .aborts = true,
        .meddle_per_minute = 12,
        .faults = { NET, .drop = .05, .kill_per_second = .01, DOWN, .faults_until_ms = 300000 } },
      false },
    { "short deadlines",
      { .sites = 4,
        .quorum = 2,
        .rounds = 3,
        .moments = true,
        .join_deadline_ms = 3000,
        .round_deadline_ms = 4000,
        .meddle_per_minute = 10,
        .faults = { .delay_min_ms = 1, .delay_max_ms = 2000, .drop = .15, .faults_until_ms = 300000 } },
      false },
    { "short deadlines, no moments",
      { .sites = 4,
        .quorum = 3,
        .rounds = 2,
        .join_deadline_ms = 3000,
        .round_deadline_ms = 5000,
        .meddle_per_minute = 10,
        .faults = { .delay_min_ms = 1, .delay_max_ms = 2000, .drop = .1, .faults_until_ms = 300000 } },
      false },
    { "slow workers",
      { .sites = 3,
        .quorum = 2,
        .rounds = 2,
        .round_deadline_ms = 20000,
        .meddle_per_minute = 10,
        .faults = { NET, .job_max_ms = 24000, .faults_until_ms = 300000 } },
      false },
    { "updates damaged on the disk",
      { .sites = 3,
        .quorum = 2,
        .rounds = 2,
        .damaged = true,
        .faults = { NET, .drop = .1, .faults_until_ms = 300000 } },
      false },
    { "a budget spent after one round", /* whoever declines is out, and too few are left */
      { .sites = 3,
        .quorum = 3,
        .rounds = 2,
        .noise = true,
        .one_spent = true,
        .spent_after = 1,
        .faults = { NET, .drop = .1, .faults_until_ms = 300000 } },
      false },
    { "moments told no more",
      { .sites = 3,
        .quorum = 3,
        .rounds = 1,
        .moments = true,
        .one_silent = true,
        .faults = { NET, .drop = .1, .faults_until_ms = 300000 } },
      false },
};

int main(int argc, char **argv)
{
    struct tap t = { 0 };
    struct lab *lab = lab_new(rows);
    const struct schedules all = { "sim-operator", rows, sizeof rows / sizeof *rows, SCHEDULES, lab_run, lab };
    if (lab == NULL) return 1;
    uint64_t run = schedules_run(&all, &t, argc, argv);
    if (run >= SCHEDULES) coverage_tell(&lab->coverage, &t); /* fewer cannot be expected to take every row */
    lab_free(lab);
    return tap_end(&t);
}
