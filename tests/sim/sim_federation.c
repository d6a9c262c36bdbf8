/*
 * A whole federation under seeded faults of network, processes, disks and clocks, again and again (lab.h says what must
 * hold).
 */
#include "tests/sim/lab.h"

enum { SCHEDULES = 5000 };

#define NET .delay_min_ms = 1, .delay_max_ms = 200
#define DOWN .down_min_ms = 100, .down_max_ms = 8000
#define CALM_AFTER .faults_until_ms = 900000
static const struct schedule_row rows[] = {
    { "calm", { .sites = 3, .quorum = 3, .rounds = 3, .moments = true, .faults = { NET } }, true },
    { "lost and doubled",
      { .sites = 3,
        .quorum = 3,
        .rounds = 3,
        .moments = true,
        .faults = { NET, .drop = .15, .duplicate = .15, CALM_AFTER } },
      true },
    { "links cut",
      { .sites = 3,
        .quorum = 3,
        .rounds = 3,
        .moments = true,
        .faults = { NET, .cut_per_second = .05, DOWN, CALM_AFTER } },
      true },
    { "killed anywhere",
      { .sites = 3,
        .quorum = 3,
        .rounds = 3,
        .moments = true,
        .faults = { NET, .kill_per_second = .05, DOWN, CALM_AFTER } },
      true },
    { "killed at commits, not every round scored",
      { .sites = 3,
        .quorum = 3,
        .rounds = 3,
        .evaluate_every = 2,
        .moments = true,
        .faults = { NET, .crash_at_commit = .03, DOWN, CALM_AFTER } },
      true },
    { "k of n, hospitals gone for long",
      { .sites = 5,
        .quorum = 3,
        .rounds = 4,
        .faults = { NET, .drop = .05, .kill_per_second = .01, .down_min_ms = 1000, .down_max_ms = 400000,
                    CALM_AFTER } },
      false },
    { "a guardian, killed and lost to",
      { .sites = 3,
        .quorum = 3,
        .rounds = 3,
        .noise = true,
        .guardian = PLAN_GUARDIAN,
        .faults = { NET, .drop = .1, .duplicate = .1, .kill_per_second = .03, .crash_at_commit = .02, DOWN,
                    CALM_AFTER } },
      false },
    { "a guardian's budget that does not last, and more noise",
      { .sites = 3,
        .quorum = 3,
        .rounds = 3,
        .noise = true,
        .guardian = PLAN_RATION,
        .faults = { NET, .drop = .1, .kill_per_second = .02, .crash_at_commit = .01, DOWN, CALM_AFTER } },
      false },
    { "noise, one budget spent",
      { .sites = 4,
        .quorum = 3,
        .rounds = 3,
        .noise = true,
        .one_spent = true,
        .faults = { NET, .drop = .1, .duplicate = .1, .kill_per_second = .02, .crash_at_commit = .01, DOWN,
                    CALM_AFTER } },
      false },
    { "everything at once",
      { .sites = 4,
        .quorum = 2,
        .rounds = 3,
        .moments = true,
        .faults = { .delay_min_ms = 1,
                    .delay_max_ms = 3000,
                    .drop = .2,
                    .duplicate = .2,
                    .kill_per_second = .01,
                    .cut_per_second = .01,
                    .crash_at_commit = .005,
                    DOWN,
                    CALM_AFTER } },
      false },
    { "disks that fail now and then",
      { .sites = 3, .quorum = 3, .rounds = 2, .moments = true, .faults = { NET, .store_fail = .01, CALM_AFTER } },
      true },
    { "clocks that jump",
      { .sites = 3,
        .quorum = 3,
        .rounds = 2,
        .moments = true,
        .faults = { NET, .clock_jump_per_second = .05, .clock_jump_max_ms = 86400000, .kill_per_second = .02, DOWN,
                    CALM_AFTER } },
      true },
};

int main(int argc, char **argv)
{
    struct tap t = { 0 };
    struct lab *lab = lab_new(rows);
    const struct schedules all = { "sim-federation", rows, sizeof rows / sizeof *rows, SCHEDULES, lab_run, lab };
    if (lab == NULL) return 1;
    (void)schedules_run(&all, &t, argc, argv);
    lab_free(lab);
    return tap_end(&t);
}
