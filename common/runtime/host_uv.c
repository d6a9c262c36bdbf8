#include "common/runtime/host_uv.h"
#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/runtime/core.h"
#include <stdlib.h>
#include <uv.h>

struct host_timer {
    uv_timer_t handle;
    struct host_uv *host;
    uint64_t token;
    struct host_timer *next, *previous;
};
struct host_work {
    uv_work_t request;
    struct host_uv *host;
    struct agent_job job; /* a copy, to run: done and release are the core's */
    uint64_t token;
};
struct host_uv {
    uv_loop_t *loop;
    struct agent *core;
    struct host_timer *timers;
    size_t pending; /* handles and works not yet gone */
    bool closing;
};

enum err host_uv_open(uv_loop_t *loop, struct host_uv **out)
{
    struct host_uv *h = calloc(1, sizeof *h);
    if (h == NULL) return ERR_MEMORY;
    h->loop = loop;
    *out = h;
    return OK;
}

void host_uv_attach(struct host_uv *h, struct agent *core) { h->core = core; }

static void gone(struct host_uv *h)
{
    h->pending--;
    if (h->closing && h->pending == 0) free(h);
}

static void timer_closed(uv_handle_t *handle)
{
    struct host_timer *t = handle->data;
    struct host_uv *h = t->host;
    free(t);
    gone(h);
}

static void unlink_timer(struct host_timer *t)
{
    if (t->previous)
        t->previous->next = t->next;
    else
        t->host->timers = t->next;
    if (t->next) t->next->previous = t->previous;
    uv_close((uv_handle_t *)&t->handle, timer_closed);
}

static void timer_fired(uv_timer_t *handle)
{
    struct host_timer *t = handle->data;
    struct agent *core = t->host->core;
    uint64_t token = t->token;
    unlink_timer(t);
    if (core) core_on_timer(core, token);
}

static enum err host_timer(void *self, uint64_t delay_ms, uint64_t token)
{
    struct host_uv *h = self;
    struct host_timer *t = calloc(1, sizeof *t);
    if (t == NULL) return ERR_MEMORY;
    *t = (struct host_timer){ .host = h, .token = token, .next = h->timers };
    (void)uv_timer_init(h->loop, &t->handle); /* cannot fail on an initialised loop */
    t->handle.data = t;
    h->pending++;
    if (h->timers) h->timers->previous = t;
    h->timers = t;
    (void)uv_update_time(h->loop); /* the loop's clock is from before a long handler */
    (void)uv_timer_start(&t->handle, timer_fired, delay_ms, 0);
    return OK;
}

static void work_run(uv_work_t *request)
{
    struct host_work *w = request->data;
    w->job.run(w->job.job);
}

static void work_done(uv_work_t *request, int status)
{
    struct host_work *w = request->data;
    struct host_uv *h = w->host;
    (void)status;
    if (h->core) core_on_job(h->core, w->token); /* else core_free releases it: the core still has it in its list */
    free(w);
    gone(h);
}

static enum err host_offload(void *self, const struct agent_job *job, uint64_t token)
{
    struct host_uv *h = self;
    struct host_work *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_MEMORY;
    *w = (struct host_work){ .host = h, .job = *job, .token = token };
    w->request.data = w;
    if (uv_queue_work(h->loop, &w->request, work_run, work_done) != 0) {
        free(w);
        return ERR_MEMORY;
    }
    h->pending++;
    return OK;
}

static uint64_t host_mono(void *self)
{
    (void)self;
    return clock_mono_ms();
}

static int64_t host_wall(void *self)
{
    (void)self;
    return clock_wall_ms();
}

static enum err host_random(void *self, void *out, size_t n)
{
    (void)self;
    return os_random(out, n);
}

struct host host_uv_host(struct host_uv *h)
{
    return (struct host){ h, host_mono, host_wall, host_random, host_timer, host_offload };
}

void host_uv_close(struct host_uv *h)
{
    if (h == NULL) return;
    h->core = NULL;
    h->closing = true;
    h->pending++;
    while (h->timers) unlink_timer(h->timers);
    gone(h);
}
