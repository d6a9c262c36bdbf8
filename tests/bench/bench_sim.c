/*
 * How many client updates a minute a simulated federation does, what an agent costs in memory, and whether memory stays
 * flat over many rounds.
 *
 *   bench-sim [updates [trainers rounds] | trainers | flat [rounds [trainers]]]
 */
#include "common/base/clock.h"
#include "tests/support/crowd.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HIDDEN_OF_1K = 84 }; /* 10 inputs, 84 neurons, one output: 1009 parameters */
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
    const struct crowd_order order = {
        .sites = sites, .quorum = sites, .rounds = rounds, .hidden = HIDDEN_OF_1K, .faults = CALM
    };
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

/* ---- flat memory ---- */

static int flat(uint64_t rounds, uint64_t sites)
{
    const struct crowd_order order = { .sites = sites, .quorum = sites, .rounds = rounds, .faults = CALM };
    struct crowd c;
    struct why why = { 0 };
    if (crowd_init(&c, &order, &why) != OK || !crowd_run(&c, rounds / 10)) return failed(&why, &c);
    uint64_t first = crowd_resident_bytes();
    uint64_t first_allocated = crowd_allocated_bytes();
    uint64_t since_ms = clock_mono_ms();
    if (!crowd_run(&c, rounds - 1)) return failed(&why, &c);
    double n = (double)(rounds - rounds / 10);
    (void)printf("%" PRIu64 " rounds x %" PRIu64 " trainers: over the last %.0f rounds %+.3f kB resident a round, "
                 "%+.3f kB allocated a round; %.1f MB in all; %.1f s\n",
                 rounds, sites, n, ((double)crowd_resident_bytes() - (double)first) / 1000 / n,
                 ((double)crowd_allocated_bytes() - (double)first_allocated) / 1000 / n,
                 (double)crowd_resident_bytes() / 1e6, (double)(clock_mono_ms() - since_ms) / 1000);
    crowd_fini(&c);
    return 0;
}

int main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "flat") == 0)
        return flat(argc > 2 ? strtoull(argv[2], NULL, 10) : 10000, argc > 3 ? strtoull(argv[3], NULL, 10) : 50);
    if (strcmp(what, "updates") == 0 && argc > 3)
        return update_rate(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    if (strcmp(what, "updates") == 0) return updates();
    if (strcmp(what, "trainers") == 0) return trainers();
    return updates() || trainers() || flat(1000, 20);
}
