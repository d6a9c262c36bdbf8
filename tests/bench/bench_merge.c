/* How fast updates are added up, against how fast the memory they lie in can be read.
 *
 * A hundred updates of a million parameters: 420 MB that must be read once.  The plain read loop touches the same
 * bytes; both run in turn on one core, in processor time, and the best of each counts: what others do on the machine
 * only ever adds.  The third number is the arithmetic alone, on numbers that are in the cache: where it is not several
 * times the reading, no order of reading reaches the aim. */
#include "agents/coordinator/aggregate.h"
#include "agents/coordinator/weights.h"
#include "tests/bench/report.h"
#include <stdlib.h>
#include <time.h>

enum { UPDATES = 100, PARAMETERS = 4 * WEIGHTS_WINDOW, TURNS = 15, BATCH = 8, NEAR = 4096 };

static uint64_t cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static float *make_updates(void)
{
    float *all = malloc((size_t)UPDATES * PARAMETERS * sizeof *all);
    if (all == NULL) report_die("memory");
    for (size_t i = 0; i < (size_t)UPDATES * PARAMETERS; i++) all[i] = (float)(i % 1000) * 1e-3f;
    return all;
}

/* Four sums, so that adding is never what is waited for. */
static double read_once(const float *all)
{
    const uint64_t *p = (const uint64_t *)(const void *)all;
    uint64_t sum[4] = { 0 };
    uint64_t began = cpu_ns();
    for (size_t i = 0; i < (size_t)UPDATES * PARAMETERS / 2; i += 4)
        for (size_t k = 0; k < 4; k++) sum[k] += p[i + k];
    uint64_t took = cpu_ns() - began;
    if ((sum[0] ^ sum[1] ^ sum[2] ^ sum[3]) == 1) report_line("unlikely"); /* the sums are wanted */
    return (double)took / 1e9;
}

/* Windows of n numbers, for each some updates at a time that lie one after another, as the coordinator's worker has
 * them.  With `same` it is the same few of them each time, and all in the cache. */
static double add_up(const float *all, size_t n, bool same)
{
    struct aggregate g;
    double weights[UPDATES];
    for (size_t i = 0; i < UPDATES; i++) weights[i] = 1 + (double)(i % 7);
    report_need(aggregate_init(&g, n), NULL, "sum");
    uint64_t began = cpu_ns();
    for (size_t at = 0; at < PARAMETERS; at += n) {
        aggregate_begin(&g, n);
        for (size_t i = 0; i < UPDATES; i += BATCH) {
            const float *batch = same ? all : all + at * UPDATES + i * n;
            aggregate_add_all(&g, batch, weights + i, i + BATCH <= UPDATES ? BATCH : UPDATES - i);
        }
        if (!aggregate_finite(&g)) report_die("not finite");
        report_need(aggregate_finish(&g), NULL, "mean");
    }
    uint64_t took = cpu_ns() - began;
    aggregate_fini(&g);
    return (double)took / 1e9;
}

int main(void)
{
    double read_s[TURNS];
    double add_s[TURNS];
    double near_s[TURNS];
    float *all = make_updates();
    for (size_t t = 0; t < TURNS; t++) {
        read_s[t] = read_once(all);
        add_s[t] = add_up(all, WEIGHTS_WINDOW, false);
        near_s[t] = add_up(all, NEAR, true);
    }
    double gb = (double)UPDATES * PARAMETERS * sizeof(float) / 1e9;
    double read = report_quantile(read_s, TURNS, 0);
    double add = report_quantile(add_s, TURNS, 0);
    double near = report_quantile(near_s, TURNS, 0);
    report_ratio(
        &(struct report_ratio){ "adding up 100 x 1 M parameters, of reading them", read / add, 0.8, true, "" });
    report_line(
        "  best of %d: read loop %.1f GB/s, added up and checked %.1f GB/s (%.0f ms), arithmetic alone %.1f GB/s",
        TURNS, gb / read, gb / add, add * 1e3, gb / near);
    free(all);
    return 0;
}
