/* What a simulated agent stands on: a lossy network, virtual time, seeded dice, workers that take a while. */
#include "common/runtime/sim_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOB_MAX_MS = 400 };

/* ---- packets ---- */

static void one_copy(struct sim_node *from, struct sim_node *to, const struct packet *p)
{
    struct sim *s = from->sim;
    struct sim_event e = { .kind = SIM_PACKET, .node = to->index, .from = from->index, .link = to->link };
    e.at_ms = sim_packet_at(from, to, p->body.n);
    e.flag = p->kind == PACKET_CHAT;
    e.body = buf_make(SIZE_MAX / 2);
    buf_add_str(&e.body, p->body);
    sim_push(s, &e);
}

void sim_transmit(struct sim_node *from, const struct packet *p)
{
    struct sim *s = from->sim;
    struct sim_node *to = sim_node(s, p->peer);
    s->counts.packets++;
    s->counts.bytes += p->body.n;
    if (s->watch) s->watch(s->watch_to, from->jid, p);
    bool lost =
        to == NULL || (to->def && !to->up) || (from->def && !from->up) || sim_chance(s, &s->loss, s->faults.drop);
    s->counts.dropped += lost;
    if (lost) return;
    one_copy(from, to, p);
    if (!sim_chance(s, &s->loss, s->faults.duplicate)) return;
    s->counts.duplicated++;
    one_copy(from, to, p);
}

static enum err sim_send(void *self, const struct packet *p)
{
    struct sim_node *n = self;
    if (!n->up) return ERR_NETWORK;
    if (!n->dying) sim_transmit(n, p);
    return OK;
}

/* ---- presence: kept in order, as a stream keeps it ---- */

static void presence(struct sim_node *from, size_t to, bool online)
{
    struct sim_event e = { .kind = SIM_PRESENCE, .node = to, .from = from->index, .flag = online };
    e.at_ms = from->sim->now_ms + from->sim->faults.delay_max_ms;
    sim_push(from->sim, &e);
}

static enum err sim_show(void *self, const char *to, bool online)
{
    struct sim_node *n = self;
    const struct sim_node *other = sim_node(n->sim, to);
    if (!n->up) return ERR_NETWORK;
    if (n->dying || other == NULL) return OK;
    presence(n, other->index, online);
    for (size_t i = 0; i < n->nshown; i++)
        if (n->shown[i] == other->index) return OK;
    if (n->nshown == n->cap_shown) {
        size_t more = n->cap_shown ? 2 * n->cap_shown : 4;
        size_t *p = realloc(n->shown, more * sizeof *p);
        if (p == NULL) return ERR_MEMORY;
        n->shown = p;
        n->cap_shown = more;
    }
    n->shown[n->nshown++] = other->index;
    return OK;
}

void sim_unseen(struct sim_node *n)
{
    for (size_t i = 0; i < n->nshown; i++) presence(n, n->shown[i], false);
    n->nshown = 0;
}

static void sim_answer(void *self, uint64_t call_id, const struct result *r)
{
    (void)self; /* nobody in a simulation uses structured calls: people chat */
    (void)call_id;
    (void)r;
}

struct transport sim_transport(struct sim_node *n)
{
    return (struct transport){ n, sim_send, sim_show, sim_answer, sim_store_chunk, sim_fetch_chunk };
}

/* ---- host ---- */

static uint64_t host_mono(void *self) { return ((struct sim_node *)self)->sim->now_ms; }

/* Virtual time begins at a fixed date, so that what is written down is reproducible. */
static int64_t host_wall(void *self)
{
    const struct sim_node *n = self;
    return INT64_C(1767225600000) + (int64_t)n->sim->now_ms + n->clock_ms; /* 2026-01-01 UTC */
}

static enum err host_random(void *self, void *out, size_t n)
{
    struct sim_node *node = self;
    for (uint8_t *p = out; n > 0; p++, n--) *p = (uint8_t)rng_u64(&node->sim->rng);
    return OK;
}

static enum err host_timer(void *self, uint64_t delay_ms, uint64_t token)
{
    struct sim_node *n = self;
    struct sim_event e = { .kind = SIM_TIMER, .node = n->index, .life = n->life, .token = token };
    e.at_ms = n->sim->now_ms + delay_ms;
    sim_push(n->sim, &e);
    return OK;
}

static enum err host_offload(void *self, const struct agent_job *job, uint64_t token)
{
    struct sim_node *n = self;
    struct sim_event e = { .kind = SIM_JOB, .node = n->index, .life = n->life, .token = token };
    uint64_t most_ms = n->sim->faults.job_max_ms ? n->sim->faults.job_max_ms : JOB_MAX_MS;
    if (n->dying) return OK;
    job->run(job->job);
    e.at_ms = n->sim->now_ms + 1 + rng_below(&n->sim->rng, most_ms);
    sim_push(n->sim, &e);
    return OK;
}

struct host sim_host(struct sim_node *n)
{
    return (struct host){ n, host_mono, host_wall, host_random, host_timer, host_offload };
}

/* ---- the store, which may fail, and at whose commits an agent may die ---- */

static const struct store *kept(void *self) { return ((struct sim_node *)self)->kept; }
static bool fails(void *self) { return sim_write_fate(self, false) == SIM_STRIKE_STORE; }
static void wrap_close(void *self) { (void)self; }
static enum err wrap_begin(void *self)
{
    return ((struct sim_node *)self)->dying ? ERR_STORE : kept(self)->ops->begin(kept(self)->self);
}
static void wrap_rollback(void *self) { kept(self)->ops->rollback(kept(self)->self); }
static enum err wrap_put(void *self, const char *k, struct bytes v)
{
    return fails(self) ? ERR_STORE : kept(self)->ops->put(kept(self)->self, k, v);
}
static enum err wrap_del(void *self, const char *k)
{
    return fails(self) ? ERR_STORE : kept(self)->ops->del(kept(self)->self, k);
}
static enum err wrap_get(void *self, const char *k, struct buf *out)
{
    return kept(self)->ops->get(kept(self)->self, k, out);
}

static enum err wrap_append(void *self, const char *k, struct bytes v)
{
    return fails(self) ? ERR_STORE : kept(self)->ops->append(kept(self)->self, k, v);
}
static enum err wrap_link(void *self, const char *from, const char *to)
{
    return fails(self) ? ERR_STORE : kept(self)->ops->link(kept(self)->self, from, to);
}
static enum err wrap_size(void *self, const char *k, uint64_t *out)
{
    return kept(self)->ops->size(kept(self)->self, k, out);
}
static enum err wrap_read(void *self, const char *k, uint64_t offset, size_t n, void *out)
{
    return kept(self)->ops->read(kept(self)->self, k, offset, n, out);
}

static enum err wrap_next(void *self, const char *prefix, const char *from, bool after, struct buf *k, struct buf *v)
{
    return kept(self)->ops->next(kept(self)->self, prefix, from, after, k, v);
}

static enum err wrap_commit(void *self)
{
    enum sim_strike_kind fate = sim_write_fate(self, true);
    if (fate == SIM_STRIKE_STORE || fate == SIM_STRIKE_CRASH_BEFORE) return ERR_STORE;
    return kept(self)->ops->commit(kept(self)->self);
}

void sim_wrap_store(struct sim_node *n)
{
    static const struct store_ops ops = {
        .close = wrap_close,
        .begin = wrap_begin,
        .commit = wrap_commit,
        .rollback = wrap_rollback,
        .put = wrap_put,
        .del = wrap_del,
        .get = wrap_get,
        .append = wrap_append,
        .link = wrap_link,
        .size = wrap_size,
        .read = wrap_read,
        .next = wrap_next,
    };
    n->wrapped = (struct store){ .ops = &ops, .self = n };
}
