#include "agents/trainer/engines/net.h"
#include "agents/trainer/job.h"
#include "common/learn/safetensors.h"
#include "tests/support/failmalloc.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct bench { /* a directory with records, and a plan */
    struct site site;
    struct plan *plan;
    char path[128];
};

static void bench_open(struct bench *b, const char *task)
{
    site_open(&b->site, &(struct site_plan){ .task = task });
    b->plan = learned_plan(task);
    (void)snprintf(b->path, sizeof b->path, "%s/records.csv", b->site.dir);
}

static void bench_close(struct bench *b)
{
    plan_drop(b->plan);
    site_close(&b->site);
}

static struct job *make(const struct bench *b, enum work_kind kind)
{
    struct job *j = NULL;
    const struct work w = { .kind = kind, .run = "r", .round = 1 };
    cr_assert_eq(job_new(&(struct job_order){ &w, &net_engine, b->plan, NULL, b->path, "" }, &j), OK);
    if (kind == WORK_TRAIN || kind == WORK_EVALUATE) learned_model(b->plan, NULL, NULL, &j->model);
    return j;
}

Test(job, each_kind)
{
    static const struct {
        enum work_kind kind;
        uint64_t samples;
    } rows[] = { { WORK_SCAN, 0 }, { WORK_INVITE, 60 }, { WORK_STATS, 60 }, { WORK_TRAIN, 60 }, { WORK_EVALUATE, 0 } };
    struct bench b;
    bench_open(&b, SITE_TASK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct job *j = make(&b, rows[i].kind);
        job_run(j);
        cr_assert_eq(j->err, OK, "%s: %s", work_name(rows[i].kind), j->why.text);
        cr_expect(j->looked && j->loaded && j->about.good == SITE_ROWS && j->samples == rows[i].samples);
        cr_expect_eq(j->records != NULL, rows[i].kind != WORK_SCAN);
        cr_expect_eq(j->update.n > 0, rows[i].kind == WORK_TRAIN);
        cr_expect(rows[i].kind != WORK_EVALUATE || *j->tally.count == 20);
        cr_expect(rows[i].kind != WORK_TRAIN || (j->progress == 1 && j->loss > 0 && j->noise == 0));
        job_free(j);
    }
    bench_close(&b);
}

Test(job, failures_leave_nothing_to_send)
{
    struct bench b;
    bench_open(&b, SITE_TASK);
    struct job *j = make(&b, WORK_TRAIN);
    buf_clear(&j->model);
    job_run(j);
    cr_expect(j->err == ERR_INPUT && j->update.n == 0 && j->loaded);
    job_free(j);
    j = make(&b, WORK_TRAIN);
    atomic_store(&j->cancelled, true);
    job_run(j);
    cr_expect(j->err == ERR_STATE && j->update.n == 0);
    job_free(j);
    j = make(&b, WORK_TRAIN);
    (void)strcpy(j->path, "/nowhere");
    job_run(j);
    cr_expect(j->err == ERR_IO && j->looked && !j->loaded && j->records == NULL && j->why.text[0]);
    job_free(j);
    job_free(NULL);
    bench_close(&b);
}

/* Whichever allocation fails, the job says so and lets nothing out. */
Test(job, out_of_memory)
{
    struct bench b;
    bool done = false;
    bench_open(&b, SITE_TASK SITE_NOISE);
    for (size_t n = 1; !done; n++) {
        struct job *j = make(&b, WORK_TRAIN);
        j->cover = update_cover_of(b.plan);
        failmalloc_at(n);
        job_run(j);
        failmalloc_at(0);
        done = j->err == OK;
        cr_expect(j->err == OK || j->update.n == 0, "allocation %zu", n);
        job_free(j);
        cr_assert_lt(n, 5000);
    }
    bench_close(&b);
}
