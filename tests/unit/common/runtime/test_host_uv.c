/* The operating system under a core: real timers, real worker threads; and the probe beside it, asked by libcurl's tool
 * in the end-to-end tests and here by a plain socket. */
#include "common/runtime/core.h"
#include "common/runtime/host_uv.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct worker {
    unsigned ticks;
    unsigned done;
    unsigned sum;
};
struct job {
    unsigned input, output;
};

static void add_up(void *arg)
{
    struct job *j = arg;
    for (unsigned i = 1; i <= j->input; i++) j->output += i;
}

static unsigned released; /* jobs; every test runs in a process of its own */

static void release(void *arg)
{
    released++;
    free(arg);
}

static enum err finished(struct agent *a, void *self, void *arg)
{
    struct worker *w = self;
    (void)a;
    w->done++;
    w->sum += ((struct job *)arg)->output;
    return OK;
}

static enum err tick(struct agent *a, void *self)
{
    struct worker *w = self;
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL) return ERR_MEMORY;
    j->input = ++w->ticks;
    return agent_offload(a, (struct agent_job){ add_up, finished, release, j });
}

static const struct setting settings[] = { { "period_ms", SET_COUNT, "5", 1, 1000, "ms" }, { 0 } };
static const struct agent_ticker tickers[] = { { "period_ms", tick }, { 0 } };
static const struct agent_def worker_agent = {
    .name = "worker",
    .role = ROLE_TRAINER,
    .state_size = sizeof(struct worker),
    .settings = settings,
    .tickers = tickers,
};

struct bench {
    uv_loop_t loop;
    uv_prepare_t watch;
    struct host_uv *host;
    struct agent *core;
    struct roster *roster;
    struct settings *values;
    struct store *store;
    bool hurried; /* ends while a job is under way */
};

static void stop_when_done(uv_prepare_t *handle)
{
    struct bench *b = handle->data;
    const struct worker *w = core_state(b->core);
    if (b->hurried ? w->ticks == w->done : w->done < 20) return;
    uv_close((uv_handle_t *)handle, NULL);
    host_uv_close(b->host);
}

static void bench_run(struct bench *b)
{
    const struct setting *const tables[] = { settings, NULL };
    const struct settings_source none = { 0 };
    cr_assert(uv_loop_init(&b->loop) == 0 && host_uv_open(&b->loop, &b->host) == OK);
    cr_assert(roster_parse(STR("members: [{jid: w@x, role: trainer}]"), "t", &b->roster, NULL) == OK);
    cr_assert(settings_new(tables, &none, &b->values, NULL) == OK && store_open_memory(&b->store) == OK);
    const struct core_config config = {
        .def = &worker_agent,
        .jid = "w@x",
        .settings = b->values,
        .roster = b->roster,
        .store = b->store,
        .host = host_uv_host(b->host),
    };
    cr_assert(core_new(&config, &b->core, NULL) == OK);
    host_uv_attach(b->host, b->core);
    cr_assert(uv_prepare_init(&b->loop, &b->watch) == 0);
    b->watch.data = b;
    cr_assert(uv_prepare_start(&b->watch, stop_when_done) == 0);
    (void)uv_run(&b->loop, UV_RUN_DEFAULT);
}

static void bench_close(struct bench *b)
{
    core_free(b->core);
    store_close(b->store);
    settings_free(b->values);
    roster_free(b->roster);
    cr_expect_eq(uv_loop_close(&b->loop), 0, "nothing is left on the loop");
}

Test(host_uv, timers_and_workers_serve_a_core_and_end_cleanly, .timeout = 20)
{
    struct bench b = { 0 };
    bench_run(&b);
    const struct worker *w = core_state(b.core);
    unsigned expected = 0;
    for (unsigned k = 1; k <= w->done; k++) expected += k * (k + 1) / 2;
    cr_expect(w->done >= 20 && w->ticks >= w->done);
    cr_expect(w->done != w->ticks || w->sum == expected, "every job came back once");
    bench_close(&b);
}

Test(host_uv, a_job_that_is_under_way_at_the_end_is_released_once, .timeout = 20)
{
    struct bench b = { .hurried = true };
    bench_run(&b);
    unsigned begun = ((const struct worker *)core_state(b.core))->ticks;
    bench_close(&b);
    cr_expect(begun > 0 && released == begun, "%u of %u", released, begun);
}
