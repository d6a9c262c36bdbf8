/* How fast updates are added up, against how fast the memory they lie in can be read.
 *
 * A hundred updates of a million parameters: 400 MB that must be read once.  The plain read loop touches the same
 * bytes; both run in turn on one core, and the best of each
 * counts: what others do on the machine only ever adds. */
#include "agents/coordinator/aggregate.h"
#include "tests/bench/report.h"
#include <stdlib.h>

enum { UPDATES = 100, PARAMETERS = 1000000, TURNS = 15, BATCH = 20 };

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
    uint64_t began = report_now_ns();
    for (size_t i = 0; i < (size_t)UPDATES * PARAMETERS / 2; i += 4)
        for (size_t k = 0; k < 4; k++) sum[k] += p[i + k];
    uint64_t took = report_now_ns() - began;
    if ((sum[0] ^ sum[1] ^ sum[2] ^ sum[3]) == 1) report_line("unlikely"); /* the sums are wanted */
    return (double)took / 1e9;
}

/* As the coordinator's worker: some updates at a time. */
static double add_up(const float *all)
{
    struct aggregate g;
    double weights[UPDATES];
    for (size_t i = 0; i < UPDATES; i++) weights[i] = 1 + (double)(i % 7);
    report_need(aggregate_init(&g, PARAMETERS), NULL, "sum");
    aggregate_begin(&g, PARAMETERS); /* its pages are there */
    uint64_t began = report_now_ns();
    for (size_t i = 0; i < UPDATES; i += BATCH) aggregate_add_all(&g, all + i * PARAMETERS, weights + i, BATCH);
    if (!aggregate_finite(&g)) report_die("not finite");
    report_need(aggregate_finish(&g), NULL, "mean");
    uint64_t took = report_now_ns() - began;
    aggregate_fini(&g);
    return (double)took / 1e9;
}

int main(void)
{
    double read_s[TURNS];
    double add_s[TURNS];
    float *all = make_updates();
    for (size_t t = 0; t < TURNS; t++) {
        read_s[t] = read_once(all);
        add_s[t] = add_up(all);
    }
    double gb = (double)UPDATES * PARAMETERS * sizeof(float) / 1e9;
    double read = report_quantile(read_s, TURNS, 0);
    double add = report_quantile(add_s, TURNS, 0);
    report_ratio(
        &(struct report_ratio){ "adding up 100 x 1 M parameters, of reading them", read / add, 0.8, true, "" });
    report_line("  best of %d: read loop %.1f GB/s, added up and checked %.1f GB/s (%.0f ms)", TURNS, gb / read,
                gb / add, add * 1e3);
    free(all);
    return 0;
}
