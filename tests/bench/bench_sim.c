/*
 * How many client updates a minute a simulated federation does, and what an agent costs in memory.
 *
 *   bench-sim [updates [trainers rounds] | machine [trainers rounds] | trainers]
 */
#include "common/base/clock.h"
#include "tests/bench/report.h"
#include "tests/support/crowd.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVALUATE_EVERY = 50, MAX_WORKERS = 64 };
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

struct rate {
    double updates, seconds, cpu; /* of one federation, after its first round */
};

/* Waits on `go` for the other processes; -1: there are none. */
static int run_rounds(struct crowd *c, int go, struct rate *out)
{
    struct crowd_end end;
    struct crowd_end before;
    struct why why = { 0 };
    char byte;
    if (crowd_look(c, &before) != OK || (go >= 0 && read(go, &byte, 1) != 1)) return failed(&why, c);
    uint64_t since_ms = clock_mono_ms();
    double since_cpu = cpu_seconds();
    if (!crowd_run(c, 0) || crowd_look(c, &end) != OK || strcmp(end.state, "done") != 0) return failed(&why, c);
    out->seconds = (double)(clock_mono_ms() - since_ms) / 1000;
    out->cpu = cpu_seconds() - since_cpu;
    out->updates = (double)(end.updates - before.updates);
    return 0;
}

static int federation(uint64_t sites, uint64_t rounds, int ready, int go, struct rate *out)
{
    const struct crowd_order order = { .sites = sites,
                                       .quorum = sites,
                                       .rounds = rounds,
                                       .evaluate_every = EVALUATE_EVERY,
                                       .hidden = HIDDEN_OF_1K,
                                       .faults = CALM };
    struct crowd c;
    struct why why = { 0 };
    int bad = crowd_init(&c, &order, &why) != OK || !crowd_run(&c, 1) ? failed(&why, &c) : 0;
    if (ready >= 0 && write(ready, "r", 1) != 1) bad = 1;
    if (!bad) bad = run_rounds(&c, go, out);
    crowd_fini(&c);
    return bad;
}

static int update_rate(uint64_t sites, uint64_t rounds)
{
    struct rate r = { 0 };
    if (federation(sites, rounds, -1, -1, &r)) return 1;
    (void)printf("%6" PRIu64 " trainers: %9.0f updates of a 1k-parameter model a minute of processor time, %9.0f a "
                 "minute (%.0f in %.1f s)\n",
                 sites, 60 * r.updates / r.cpu, 60 * r.updates / r.seconds, r.updates, r.seconds);
    return 0;
}

/* ---- a federation a processor, each in a process of its own ---- */

struct worker {
    pid_t pid;
    int ready, go, result; /* ours: read, write, read */
};

static void close_both(int pipe_ends[2])
{
    (void)close(pipe_ends[0]);
    (void)close(pipe_ends[1]);
}

static int work(uint64_t sites, uint64_t rounds, int ready, int go, int result)
{
    struct rate r = { 0 };
    if (federation(sites, rounds, ready, go, &r)) return 1;
    return write(result, &r, sizeof r) != (ssize_t)sizeof r;
}

static int start_worker(uint64_t sites, uint64_t rounds, struct worker *out)
{
    int ready[2];
    int go[2];
    int result[2];
    if (pipe(ready) != 0 || pipe(go) != 0 || pipe(result) != 0) return 1;
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) _exit(work(sites, rounds, ready[1], go[0], result[1]));
    *out = (struct worker){ pid, dup(ready[0]), dup(go[1]), dup(result[0]) };
    close_both(ready);
    close_both(go);
    close_both(result);
    return pid < 0;
}

/* All begin their second round together. */
static int gather(struct worker *w, size_t n, struct rate *sum)
{
    struct rate r;
    char byte;
    int bad = 0;
    for (size_t i = 0; i < n; i++) bad |= read(w[i].ready, &byte, 1) != 1;
    uint64_t since_ms = clock_mono_ms();
    for (size_t i = 0; i < n; i++) bad |= write(w[i].go, "g", 1) != 1;
    for (size_t i = 0; i < n; i++) {
        if (read(w[i].result, &r, sizeof r) != (ssize_t)sizeof r) return 1;
        sum->updates += r.updates;
        sum->cpu += r.cpu;
    }
    sum->seconds = (double)(clock_mono_ms() - since_ms) / 1000;
    return bad;
}

static int machine_rate(uint64_t sites, uint64_t rounds)
{
    struct worker workers[MAX_WORKERS] = { 0 };
    struct rate sum = { 0 };
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = online < 1 ? 1 : online > MAX_WORKERS ? MAX_WORKERS : (size_t)online;
    int bad = 0;
    for (size_t i = 0; i < n && !bad; i++) bad = start_worker(sites, rounds, &workers[i]);
    if (!bad) bad = gather(workers, n, &sum);
    for (size_t i = 0; i < n && workers[i].pid > 0; i++) {
        (void)close(workers[i].go);
        (void)waitpid(workers[i].pid, NULL, 0);
    }
    if (bad) return 1;
    report_ratio(&(struct report_ratio){ .what = "updates of a 1k-parameter model a minute, a federation a processor",
                                         .ratio = 60 * sum.updates / sum.seconds / 1e6,
                                         .aim = 1,
                                         .at_least = true,
                                         .unit = " M" });
    report_line("%zu federations of %" PRIu64
                " trainers: %.0f updates in %.1f s, %.0f%% of %zu processors; with all of "
                "them to itself %.3f M a minute",
                n, sites, sum.updates, sum.seconds, 100 * sum.cpu / sum.seconds / (double)n, n,
                60 * sum.updates * (double)n / sum.cpu / 1e6);
    return 0;
}

static int updates(void)
{
    (void)printf("every %dth round is scored; updates are those that were merged\n", EVALUATE_EVERY);
    return update_rate(100, 200) || update_rate(1000, 20) || update_rate(10000, 3) || machine_rate(100, 500);
}

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
    if (strcmp(what, "machine") == 0)
        return machine_rate(argc > 3 ? strtoull(argv[2], NULL, 10) : 100, argc > 3 ? strtoull(argv[3], NULL, 10) : 500);
    if (strcmp(what, "trainers") == 0) return trainers();
    return trainers() || updates(); /* memory first: later there is some that was used before */
}
