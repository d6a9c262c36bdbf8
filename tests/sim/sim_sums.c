/*
 * A federation whose updates are summed securely, under the same faults and with the same invariants as without
 * (lab.h): its model is the undisturbed run's, whoever was killed and whatever was lost on the way.
 */
#include "tests/sim/lab.h"
#include <string.h>

enum { SCHEDULES = 270, TOLD_MS = 1000 };

#define NET .delay_min_ms = 1, .delay_max_ms = 200
#define DOWN .down_min_ms = 100, .down_max_ms = 8000
#define CALM_AFTER .faults_until_ms = 900000
#define SUM .secure = true
static const struct schedule_row rows[] = {
    { "calm", { SUM, .sites = 3, .quorum = 3, .rounds = 3, .faults = { NET } }, true },
    { "lost and doubled",
      { SUM, .sites = 3, .quorum = 3, .rounds = 2, .faults = { NET, .drop = .15, .duplicate = .15, CALM_AFTER } },
      true },
    { "killed anywhere",
      { SUM, .sites = 3, .quorum = 3, .rounds = 2, .faults = { NET, .kill_per_second = .02, DOWN, CALM_AFTER } },
      true },
    { "killed at commits",
      { SUM, .sites = 3, .quorum = 3, .rounds = 2, .faults = { NET, .crash_at_commit = .01, DOWN, CALM_AFTER } },
      true },
    { "k of n, hospitals gone for long",
      { SUM, .sites = 6, .quorum = 3, .rounds = 3,
        .faults = { NET, .drop = .05, .kill_per_second = .02, .down_min_ms = 1000, .down_max_ms = 400000,
                    CALM_AFTER } },
      false },
    { "paused and resumed, killed",
      { SUM, .sites = 3, .quorum = 3, .rounds = 2, .evaluate_every = 2, .meddle_per_minute = 60,
        .faults = { NET, .kill_per_second = .02, DOWN, .faults_until_ms = 120000 } },
      true },
    { "short deadlines",
      { SUM, .sites = 4, .quorum = 3, .rounds = 3, .join_deadline_ms = 3000, .round_deadline_ms = 3000,
        .meddle_per_minute = 20,
        .faults = { .delay_min_ms = 1, .delay_max_ms = 1200, .drop = .1, .faults_until_ms = 300000 } },
      false },
    { "short deadlines, an adversary",
      { SUM, .sites = 5, .quorum = 3, .adversaries = 1, .rounds = 2, .join_deadline_ms = 3000,
        .round_deadline_ms = 3000, .meddle_per_minute = 20,
        .faults = { .delay_min_ms = 1,
                    .delay_max_ms = 1200,
                    .drop = .1,
                    .kill_per_second = .02,
                    DOWN,
                    .faults_until_ms = 300000 } },
      false },
    { "an adversary, killed",
      { SUM, .sites = 3, .quorum = 3, .adversaries = 1, .rounds = 2,
        .faults = { NET, .kill_per_second = .1, .down_min_ms = 10, .down_max_ms = 300, .faults_until_ms = 60000 } },
      true },
    { "one that takes part in larger sums only",
      { SUM, .sites = 3, .quorum = 3, .rounds = 1, .one_wary = true, .faults = { NET } },
      false },
    { "noise in shares, killed at commits", /* the noise hides whether the model is the same */
      { SUM, .noise = true, .sites = 3, .quorum = 3, .rounds = 2,
        .faults = { NET, .crash_at_commit = .02, DOWN, CALM_AFTER } },
      false },
    { "noise in shares, killed, little time",
      { SUM, .noise = true, .sites = 4, .quorum = 3, .adversaries = 1, .rounds = 3, .join_deadline_ms = 3000,
        .round_deadline_ms = 3000,
        .faults = { .delay_min_ms = 1,
                    .delay_max_ms = 1200,
                    .drop = .1,
                    .kill_per_second = .02,
                    DOWN,
                    .faults_until_ms = 300000 } },
      false },
    { "noise in shares under a guardian, all killed at commits",
      { SUM, .noise = true, .guardian = PLAN_GUARDIAN, .sites = 3, .quorum = 3, .rounds = 2,
        .faults = { NET, .crash_at_commit = .01, DOWN, CALM_AFTER } },
      false },
    { "noise in shares, a guardian's budget that does not last, killed at commits",
      { SUM, .noise = true, .guardian = PLAN_RATION, .sites = 3, .quorum = 3, .rounds = 2,
        .faults = { NET, .crash_at_commit = .01, DOWN, CALM_AFTER } },
      false },
    { "noise in the training under a guardian, all killed at commits",
      { SUM, .noise = true, .local_steps = true, .guardian = PLAN_GUARDIAN, .sites = 3, .quorum = 3, .rounds = 2,
        .faults = { NET, .crash_at_commit = .01, DOWN, CALM_AFTER } },
      false },
    { "a guardian, all killed anywhere",
      { SUM, .guardian = PLAN_GUARDIAN, .sites = 3, .quorum = 3, .rounds = 2,
        .faults = { NET, .kill_per_second = .02, DOWN, CALM_AFTER } },
      true },
    { "three that always quit, and are left out",
      { SUM, .sites = 6, .quorum = 3, .rounds = 2, .vandals = 3, .vandalism = VANDAL_QUITS, .faults = { NET } },
      true },
    { "one whose keys are of small order",
      { SUM, .sites = 4, .quorum = 3, .rounds = 2, .vandals = 1, .vandalism = VANDAL_SMALL_ORDER, .faults = { NET } },
      true },
    { "one whose shares nobody can open",
      { SUM, .sites = 4, .quorum = 3, .rounds = 2, .vandals = 1, .vandalism = VANDAL_FALSE_SHARES, .faults = { NET } },
      true },
    { "no update is short enough",
      { SUM, .sites = 3, .quorum = 3, .rounds = 1, .narrow = true, .faults = { NET } },
      false },
};

/* The control: were a second kind of share told, it would be seen. */
static void second_is_seen(struct tap *t)
{
    struct answered a = { .n = 0 };
    struct why why = { "" };
    struct msg m = msg_make(MSG_SECURE_ANSWER, NULL);
    struct secagg_answer told = { .n = 2, .shares = { { .about = 1 }, { .about = 2, .half = SECAGG_PAIR } } };
    m.secure_answer.sum = 7;
    bool quiet = answered_take(&a, "hospital-0", &m, &told) == OK && answered_take(&a, "hospital-0", &m, &told) == OK &&
                 answered_check(&a, &why) == OK;
    told.shares[1].half = SECAGG_SELF;
    m.secure_answer.sum++;
    quiet = quiet && answered_take(&a, "hospital-0", &m, &told) == OK && answered_check(&a, &why) == OK;
    m.secure_answer.sum--;
    bool seen = answered_take(&a, "hospital-0", &m, &told) == OK && answered_check(&a, &why) == ERR_BUG;
    tap_is(t, quiet && seen, "control: a second kind of share would be seen: %s", why.text);
    answered_fini(&a);
}

/* One run without faults: how it ended, and what somebody who watches heard. */
static void told(struct tap *t, const char *name, const struct plan *plan, const char *state, const char *words)
{
    struct federation f = { 0 };
    struct federation_files files;
    struct federation_end end = { .rounds = 0 };
    struct why why = { "" };
    enum err e = federation_files_make(&files, plan, &why);
    if (e == OK) e = federation_init(&f, plan, &files, &why);
    if (e == OK) sim_say(f.sim, "olga", "coordinator", "watch");
    if (e == OK && !federation_run(&f)) e = why_say(&why, ERR_BUG, "it does not end");
    if (e == OK) (void)sim_run(f.sim, TOLD_MS, NULL, NULL); /* the last words are on their way */
    if (e == OK) e = federation_look(&f, &end, &why);
    bool heard = e == OK && strstr(sim_heard(f.sim, "olga").p, words) != NULL;
    tap_is(t, heard && strcmp(end.state, state) == 0, "%s: %s: %s%s", name, end.state, end.why, why.text);
    if (e == OK && !heard) tap_note("heard: %s", sim_heard(f.sim, "olga").p);
    federation_fini(&f);
    federation_files_remove(&files);
}

static void people_are_told(struct tap *t)
{
    static const struct plan quit = {
        SUM, .seed = 1, .sites = 6, .quorum = 3, .rounds = 1, .vandals = 3, .vandalism = VANDAL_QUITS, .faults = { NET }
    };
    static const struct plan spent = { SUM,
                                       .noise = true,
                                       .seed = 1,
                                       .sites = 3,
                                       .quorum = 3,
                                       .rounds = 2,
                                       .vandals = 2,
                                       .vandalism = VANDAL_QUITS_LATE,
                                       .faults = { NET } };
    told(t, "who is left out is named", &quit, "done",
         "round 1: hospital-3 is left out of the next secure sums: 3 failed for want of it");
    told(t, "no sum is left in the run", &spent, "failed",
         "can take part in a secure sum; hospital-0, hospital-1, hospital-2: the run's noise is reckoned for 3 secure "
         "sums, and so many were charged; some were given up");
}

int main(int argc, char **argv)
{
    struct tap t = { 0 };
    struct lab *lab = lab_new(rows);
    const struct schedules all = { "sim-sums", rows, sizeof rows / sizeof *rows, SCHEDULES, lab_run, lab };
    if (lab == NULL) return 1;
    uint64_t run = schedules_run(&all, &t, argc, argv);
    second_is_seen(&t);
    people_are_told(&t);
    if (run >= SCHEDULES) coverage_tell(&lab->coverage, true, &t);
    lab_free(lab);
    return tap_end(&t);
}
