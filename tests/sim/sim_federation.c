/*
 * A whole federation under seeded faults, again and again: every run ends or
 * names whom it waits for, no update is counted twice, none is lost once
 * acknowledged, a replayed journal gives the same state, nothing off schema
 * leaves, a spent budget sends nothing.
 *
 *   sim-federation [row seed]      one schedule only, for looking closer
 */
#include "tests/sim/federation.h"
#include "tests/support/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEDULES_DEFAULT = 2400 };

#define NET .delay_min_ms = 1, .delay_max_ms = 200
#define DOWN .down_min_ms = 100, .down_max_ms = 8000
#define CALM_AFTER .faults_until_ms = 900000
struct row {
    const char *name;
    struct federation_plan plan;
    bool must_finish; /* and with the model of the undisturbed run, bit for bit */
};
static const struct row rows[] = {
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
    { "killed at commits",
      { .sites = 3,
        .quorum = 3,
        .rounds = 3,
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
};
enum { ROWS = sizeof rows / sizeof *rows };

/* The undisturbed run of the same federation: what must come out. */
static bool undisturbed(const struct row *row, struct federation_end *out)
{
    struct federation f;
    struct why why = { 0 };
    struct federation_plan plan = row->plan;
    plan.faults = (struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 1 };
    bool done = federation_init(&f, &plan, &why) == OK && federation_run(&f) && federation_look(&f, out, &why) == OK;
    if (!done) tap_note("undisturbed %s: %s", row->name, why.text);
    federation_fini(&f);
    return done;
}

static bool ended_rightly(const struct row *row, const struct federation_end *end, const struct federation_end *calm,
                          struct why *why)
{
    bool done = strcmp(end->state, "done") == 0;
    if (!done && (row->must_finish || strstr(end->why, "hospital-") == NULL)) {
        (void)why_say(why, ERR_BUG, "%s: %s", end->state, end->why);
        return false;
    }
    if (!row->must_finish || strcmp(end->model, calm->model) == 0) return true;
    (void)why_say(why, ERR_BUG, "another model than undisturbed");
    return false;
}

static bool holds(const struct row *row, uint64_t seed, const struct federation_end *calm)
{
    struct federation f;
    struct federation_end end = { 0 };
    struct why why = { .text = "did not end" };
    struct federation_plan plan = row->plan;
    plan.seed = seed;
    bool held = federation_init(&f, &plan, &why) == OK && federation_run(&f) && federation_look(&f, &end, &why) == OK &&
                ended_rightly(row, &end, calm, &why) && federation_check(&f, &why) == OK;
    if (!held)
        tap_note("seed %llu of \"%s\": %s (%s, round %llu)", (unsigned long long)seed, row->name, why.text, end.state,
                 (unsigned long long)end.rounds);
    federation_fini(&f);
    return held;
}

static uint64_t schedules(void)
{
    uint64_t n = SCHEDULES_DEFAULT;
    const char *wanted = getenv("SIM_SCHEDULES");
    if (wanted && str_u64(str_of(wanted), &n) != OK) tap_note("SIM_SCHEDULES is no number");
    return n / ROWS > 0 ? n / ROWS : 1;
}

int main(int argc, char **argv)
{
    struct tap t = { 0 };
    size_t first = argc > 2 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    size_t last = argc > 2 ? first : ROWS - 1;
    uint64_t n = schedules();
    for (size_t i = first; i <= last && i < ROWS; i++) {
        struct federation_end calm = { 0 };
        uint64_t broken = undisturbed(&rows[i], &calm) ? 0 : 1;
        uint64_t from = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
        uint64_t to = argc > 2 ? from : n;
        for (uint64_t seed = from; seed <= to && broken < 5; seed++) broken += !holds(&rows[i], seed, &calm);
        tap_is(&t, broken == 0, "federation, %s: every invariant over %llu schedules", rows[i].name,
               (unsigned long long)(to - from + 1));
    }
    return tap_end(&t);
}
