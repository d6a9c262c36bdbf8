/*
 * How many client updates a minute a simulated federation does, and what an agent costs in memory.
 *
 *   bench-sim [updates [trainers rounds] | trainers]
 */
#include "common/base/clock.h"
#include "tests/support/crowd.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EVALUATE_EVERY = 10 }; /* rounds: more would show little, each 1k-parameter model is trained for a moment */
enum { HIDDEN_OF_1K = 84 };   /* 10 inputs, 84 neurons, one output: 1009 parameters */
#define CALM                                                                                                           \
    {                                                                                                                  \
        .delay_min_ms = 1, .delay_max_ms = 20, .job_max_ms = 20                                                        \
    }

static int failed(const struct why *why, const struct crowd *c)
{
    struct crowd_end end = { 0 };
    if (c->sim) (void)!crowd_look((struct crowd *)(uintptr_t)c, &end);
    (void)printf("failed: %s %s %s\n", why->text, end.state, end.why);
    return 1;
}

/* ---- updates a minute ---- */

/* Of this process: other work on the machine does not count. */
static double cpu_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

static int update_rate(uint64_t sites, uint64_t rounds)
{
    const struct crowd_order order = { .sites = sites,
                                       .quorum = sites,
                                       .rounds = rounds,
                                       .evaluate_every = EVALUATE_EVERY,
                                       .hidden = HIDDEN_OF_1K,
                                       .faults = CALM };
    struct crowd c;
    struct crowd_end end;
    struct why why = { 0 };
    if (crowd_init(&c, &order, &why) != OK || !crowd_run(&c, 1)) return failed(&why, &c);
    uint64_t since_ms = clock_mono_ms();
    double since_cpu = cpu_seconds();
    if (!crowd_run(&c, 0) || crowd_look(&c, &end) != OK || strcmp(end.state, "done") != 0) return failed(&why, &c);
    double seconds = (double)(clock_mono_ms() - since_ms) / 1000;
    double cpu = cpu_seconds() - since_cpu;
    double n = (double)(end.updates - sites);
    (void)printf("%6" PRIu64 " trainers: %9.0f updates of a 1k-parameter model a minute of processor time, %9.0f a "
                 "minute (%.0f in %.1f s)\n",
                 sites, 60 * n / cpu, 60 * n / seconds, n, seconds);
    crowd_fini(&c);
    return 0;
}

static int updates(void) { return update_rate(100, 200) || update_rate(1000, 20) || update_rate(10000, 3); }

/* ---- ten thousand in one process ---- */

static int trainers(void)
{
    const struct crowd_order order = { .sites = 10000, .quorum = 9000, .rounds = 2, .faults = CALM };
    struct crowd c;
    struct crowd_end end;
    struct why why = { 0 };
    uint64_t before = crowd_resident_bytes();
    uint64_t since_ms = clock_mono_ms();
    if (crowd_init(&c, &order, &why) != OK || !crowd_run(&c, 0) || crowd_look(&c, &end) != OK) return failed(&why, &c);
    (void)printf("%" PRIu64 " trainers, %" PRIu64 " rounds: %s in %.1f s; %.1f kB an agent\n", order.sites, end.rounds,
                 end.state, (double)(clock_mono_ms() - since_ms) / 1000,
                 (double)(crowd_resident_bytes() - before) / 1000 / (double)order.sites);
    crowd_fini(&c);
    return strcmp(end.state, "done") != 0;
}

int main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "updates") == 0 && argc > 3)
        return update_rate(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    if (strcmp(what, "updates") == 0) return updates();
    if (strcmp(what, "trainers") == 0) return trainers();
    return updates() || trainers();
}
