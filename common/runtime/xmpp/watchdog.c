#include "common/runtime/xmpp/watchdog.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <uv.h>

struct watchdog {
    uv_thread_t thread;
    uv_mutex_t mutex;
    uv_cond_t cond;
    int fd;
    uint64_t end_ns;
    bool stopped, acted;
};

static void watch(void *arg)
{
    struct watchdog *w = arg;
    uv_mutex_lock(&w->mutex);
    for (uint64_t now = uv_hrtime(); !w->stopped && now < w->end_ns; now = uv_hrtime())
        (void)uv_cond_timedwait(&w->cond, &w->mutex, w->end_ns - now);
    w->acted = !w->stopped;
    if (w->acted) (void)shutdown(w->fd, SHUT_RDWR);
    uv_mutex_unlock(&w->mutex);
}

enum err watchdog_start(int fd, uint64_t timeout_ms, struct watchdog **out)
{
    struct watchdog *w = calloc(1, sizeof *w);
    if (!w) return ERR_MEMORY;
    w->fd = fd;
    w->end_ns = uv_hrtime() + timeout_ms * 1000000;
    if (uv_mutex_init(&w->mutex) != 0) {
        free(w);
        return ERR_MEMORY;
    }
    bool cond = uv_cond_init(&w->cond) == 0;
    if (cond && uv_thread_create(&w->thread, watch, w) == 0) {
        *out = w;
        return OK;
    }
    if (cond) uv_cond_destroy(&w->cond);
    uv_mutex_destroy(&w->mutex);
    free(w);
    return ERR_MEMORY;
}

bool watchdog_stop(struct watchdog *w)
{
    if (!w) return false;
    uv_mutex_lock(&w->mutex);
    w->stopped = true;
    uv_cond_signal(&w->cond);
    uv_mutex_unlock(&w->mutex);
    (void)uv_thread_join(&w->thread);
    bool acted = w->acted;
    uv_cond_destroy(&w->cond);
    uv_mutex_destroy(&w->mutex);
    free(w);
    return acted;
}
