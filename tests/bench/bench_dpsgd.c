/*
 * What hiding each record costs: examples a second with clipped gradients,
 * random batches and noise, beside the same training without.
 */
#include "agents/trainer/engines/kernels.h"
#include "agents/trainer/engines/net.h"
#include "common/base/rng.h"
#include "common/crypto/random.h"
#include "common/learn/sample.h"
#include "common/privacy/noise.h"
#include "tests/bench/report.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 2560, BATCH = 256, EPOCHS = 40, RUNS = 11, NORMALS = 1 << 16, EXACT = 1 << 14, SUM_MAX = 1 << 16 };
#define AIM 1.3

/* Processor time: all of this runs on one thread, and others may be at work beside it. */
static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, ascending);
    return x[n / 2];
}

static double seconds(void *net, const struct table *rows, const struct training *how)
{
    double loss = 0;
    double from = now_s();
    if (net_engine.train(net, rows, how, NULL, &loss, NULL) != OK) exit(1);
    return now_s() - from;
}

static void draw(struct table *rows)
{
    struct rng rng = rng_make(1);
    for (size_t i = 0; i < rows->nrows; i++) {
        rows->labels[i] = (uint32_t)i % 2;
        for (size_t k = 0; k < rows->ninputs; k++)
            rows->inputs[i * rows->ninputs + k] = (float)(rng_normal(&rng) + (i % 2 ? .3 : -.3));
    }
}

static double compare(const char *text, size_t batch)
{
    struct model_spec spec;
    struct table rows;
    static uint32_t starts[ROWS + 1];
    void *net = NULL;
    double plain[RUNS], covered[RUNS];
    for (uint32_t i = 0; i <= ROWS; i++) starts[i] = i;
    struct training_privacy privacy = { .clip = 1,
                                        .noise = 1,
                                        .rate = (double)batch / ROWS,
                                        .nunits = ROWS,
                                        .steps = EPOCHS * (ROWS / batch),
                                        .starts = starts };
    struct training how = { TRAINING_SGD, 0.05, 0, 0, EPOCHS, batch, 1 };
    if (model_parse(str_of(text), &spec) != OK || table_init(&rows, ROWS, spec.ninputs) != OK) exit(1);
    if (net_engine.create(&spec, 1, &net, NULL) != OK) exit(1);
    draw(&rows);
    for (int i = 0; i < RUNS; i++) {
        how.privacy = NULL;
        plain[i] = seconds(net, &rows, &how);
        how.privacy = &privacy;
        covered[i] = seconds(net, &rows, &how);
    }
    double p = median(plain, RUNS), c = median(covered, RUNS), n = (double)ROWS * EPOCHS;
    printf("%-16s batch %4zu: %9.0f examples/s plain, %9.0f with privacy: ratio %.3f (1/%.2f)\n", text, batch, n / p,
           n / c, p / c, c / p);
    net_engine.free(net);
    table_fini(&rows);
    return c / p;
}

/* One step of a secure sum: each record alone, in double, on a grid. */
static void measure_sum(const char *text)
{
    struct model_spec spec;
    struct table rows;
    static uint32_t starts[ROWS + 1];
    void *net = NULL;
    for (uint32_t i = 0; i <= ROWS; i++) starts[i] = i;
    struct training_privacy privacy = {
        .clip = 1, .noise = 1, .rate = 1, .nunits = ROWS, .steps = 1, .starts = starts
    };
    if (model_parse(str_of(text), &spec) != OK || table_init(&rows, ROWS, spec.ninputs) != OK) exit(1);
    if (net_engine.create(&spec, 1, &net, NULL) != OK) exit(1);
    draw(&rows);
    double *sum = calloc(SUM_MAX, sizeof *sum);
    double from = now_s();
    if (sum == NULL || net_engine.unit_sum(net, &rows, &privacy, sum, NULL) != OK) exit(1);
    printf("%-16s exact sums: %9.0f examples/s\n", text, ROWS / (now_s() - from));
    free(sum);
    net_engine.free(net);
    table_fini(&rows);
}

static void measure_noise(void)
{
    static uint64_t words[2 * NORMALS];
    static double out[2 * NORMALS];
    static float v[EXACT];
    struct rng rng = rng_make(2);
    for (size_t i = 0; i < 2 * NORMALS; i++) words[i] = rng_u64(&rng);
    double from = now_s();
    kernel_normals(words, NORMALS, out);
    double took = now_s() - from;
    printf("normals          %9.1f million/s\n", 2e-6 * NORMALS / took);
    from = now_s();
    if (noise_add(PRIVACY_GAUSSIAN, 1, v, EXACT, random_os, NULL) != OK) exit(1);
    printf("exact, for sense %9.1f million/s\n", 1e-6 * EXACT / (now_s() - from));
}

int main(void)
{
    measure_noise();
    (void)compare("logistic 30-1", BATCH);
    (void)compare("mlp 30-64-32-1", BATCH / 4);
    measure_sum("mlp 30-64-32-1");
    double ratio = compare("mlp 30-64-32-1", BATCH);
    report_ratio(&(struct report_ratio){ "training that hides each record (mlp, batch 256), of plain time", ratio, AIM,
                                         false, "" });
    return 0;
}
