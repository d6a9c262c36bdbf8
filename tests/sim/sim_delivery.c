/*
 * The delivery promise on its own, with two toy agents: whatever the network
 * and the reaper do, each announcement is counted exactly once.
 */
#include "tests/sim/schedules.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEDULES = 11000, VIRTUAL_MS = 3600 * 1000 };

struct sender {
    uint64_t said;
};
struct counter {
    uint64_t count;
    uint64_t sum;
};

static enum err load(struct agent *a, const char *key, uint64_t *out)
{
    struct buf text CLEANUP(buf_free) = buf_make(32);
    enum err e = agent_get(a, key, &text);
    if (e == ERR_ABSENT) return OK;
    TRY(e);
    return str_u64(buf_str(&text), out);
}

static enum err save(struct agent *a, const char *key, uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return agent_put(a, key, str_bytes(str_of(text)));
}

static enum err sender_init(struct agent *a, void *self, struct why *why)
{
    struct sender *s = self;
    (void)why;
    return load(a, "said", &s->said);
}

static enum err sender_tick(struct agent *a, void *self)
{
    struct sender *s = self;
    struct msg m = msg_make(MSG_DATA_NEW, NULL);
    if (s->said == settings_u64(agent_settings(a), "announcements")) return OK;
    m.data_new.records = s->said + 1;
    TRY(agent_send(a, "counter@sim.local", &m));
    TRY(save(a, "said", s->said + 1));
    s->said++;
    return OK;
}

static enum err counter_init(struct agent *a, void *self, struct why *why)
{
    struct counter *c = self;
    (void)why;
    TRY(load(a, "count", &c->count));
    return load(a, "sum", &c->sum);
}

static enum err on_data(struct agent *a, void *self, const struct msg *m)
{
    struct counter *c = self;
    TRY(save(a, "count", c->count + 1));
    TRY(save(a, "sum", c->sum + m->data_new.records));
    c->count++;
    c->sum += m->data_new.records;
    return OK;
}

static const struct setting period[] = { { "period_ms", SET_COUNT, "500", 1, 1e6, "between announcements, ms" },
                                         { "announcements", SET_COUNT, "20", 1, 1e6, "how many" },
                                         { 0 } };
static const struct setting none[] = { { 0 } };
static const struct agent_ticker ticks[] = { { "period_ms", sender_tick }, { 0 } };
static const struct agent_handler handlers[] = { { MSG_DATA_NEW, on_data, MSG_NONE }, { 0 } };
static const struct agent_def sender_agent = {
    .name = "sender",
    .role = ROLE_TRAINER,
    .peers = ROLE_COORDINATOR,
    .state_size = sizeof(struct sender),
    .init = sender_init,
    .settings = period,
    .tickers = ticks,
};
static const struct agent_def counter_agent = {
    .name = "counter",
    .role = ROLE_COORDINATOR,
    .peers = ROLE_TRAINER,
    .state_size = sizeof(struct counter),
    .init = counter_init,
    .settings = none,
    .handlers = handlers,
};

/* In these plans sites are senders, and rounds the announcements of each. */
static const struct counter *counter(struct sim *s)
{
    static const struct counter gone;
    const struct agent *a = sim_agent(s, "counter");
    return a ? core_state(a) : &gone;
}

static bool alive(struct sim *s, void *unused)
{
    (void)unused;
    const struct agent *a = sim_agent(s, "counter");
    return a && core_ready(a);
}

/* And kept: a counter whose commit failed is not ready, and what it counted then comes again. */
static bool all_counted(struct sim *s, void *to)
{
    const struct plan *p = to;
    return alive(s, NULL) && counter(s)->count >= p->sites * p->rounds;
}

static enum err make(const struct plan *p, struct sim **out, struct why *why)
{
    char settings[40];
    char name[32];
    struct sim_faults faults = p->faults;
    faults.strikes = p->strikes;
    faults.nstrikes = p->nstrikes;
    struct sim *s = *out = sim_new(p->seed, &faults);
    if (s == NULL) return ERR_MEMORY;
    TRY(sim_add(s, &counter_agent, "counter", "", why));
    (void)snprintf(settings, sizeof settings, "announcements: %llu\n", (unsigned long long)p->rounds);
    for (unsigned long long i = 0; i < p->sites; i++) {
        (void)snprintf(name, sizeof name, "sender-%llu", i);
        TRY(sim_add(s, &sender_agent, name, settings, why));
    }
    return sim_start(s, why);
}

static enum err check(struct sim *s, const struct plan *p, struct why *why)
{
    bool arrived = sim_run(s, VIRTUAL_MS, all_counted, (void *)(uintptr_t)p);
    (void)sim_run(s, 120000, NULL, NULL); /* whatever still flies must change nothing */
    (void)sim_run(s, 120000, alive, NULL);
    const struct counter *c = counter(s);
    uint64_t sum = p->sites * p->rounds * (p->rounds + 1) / 2;
    if (arrived && c->count == p->sites * p->rounds && c->sum == sum) return OK;
    return why_say(why, ERR_BUG, "arrived %d, counted %llu of %llu, sum %llu of %llu", arrived,
                   (unsigned long long)c->count, (unsigned long long)(p->sites * p->rounds), (unsigned long long)c->sum,
                   (unsigned long long)sum);
}

static void run(void *unused, const struct plan *p, struct outcome *out)
{
    struct sim *s = NULL;
    (void)unused;
    enum err e = make(p, &s, &out->why);
    if (e == OK) e = check(s, p, &out->why);
    out->failed = e != OK;
    if (e != OK && s) outcome_take_strikes(out, s);
    sim_free(s);
}

#define CALM_AFTER .faults_until_ms = 600000
#define DOWN .down_min_ms = 100, .down_max_ms = 5000
#define ROW(name_, ...)                                                                                                \
    {                                                                                                                  \
        .name = name_, .plan = {.sites = 3, .rounds = 20, .faults = { __VA_ARGS__ } }                                  \
    }
static const struct schedule_row rows[] = {
    ROW("calm", .delay_min_ms = 1, .delay_max_ms = 5),
    ROW("slow and out of order", .delay_min_ms = 1, .delay_max_ms = 5000),
    ROW("a third lost", .delay_min_ms = 1, .delay_max_ms = 100, .drop = .33, CALM_AFTER),
    ROW("half twice", .delay_min_ms = 1, .delay_max_ms = 1000, .duplicate = .5),
    ROW("killed", .delay_min_ms = 1, .delay_max_ms = 50, .kill_per_second = .05, DOWN, CALM_AFTER),
    ROW("cut", .delay_min_ms = 1, .delay_max_ms = 50, .cut_per_second = .1, DOWN, CALM_AFTER),
    ROW("killed at commits", .delay_min_ms = 1, .delay_max_ms = 50, .crash_at_commit = .02, DOWN, CALM_AFTER),
    ROW("stores that fail", .delay_min_ms = 1, .delay_max_ms = 50, .store_fail = .02, CALM_AFTER),
    ROW("clocks that jump", .delay_min_ms = 1, .delay_max_ms = 50, .drop = .1, .clock_jump_per_second = .2,
        .clock_jump_max_ms = 86400000, .kill_per_second = .02, DOWN, CALM_AFTER),
    ROW("all of it", .delay_min_ms = 1, .delay_max_ms = 500, .drop = .2, .duplicate = .2, .kill_per_second = .02,
        .cut_per_second = .05, .crash_at_commit = .01, .store_fail = .005, .clock_jump_per_second = .05,
        .clock_jump_max_ms = 3600000, DOWN, CALM_AFTER),
};

int main(int argc, char **argv)
{
    struct tap t = { 0 };
    const struct schedules all = { "sim-delivery", rows, sizeof rows / sizeof *rows, SCHEDULES, run, NULL };
    (void)schedules_run(&all, &t, argc, argv);
    return tap_end(&t);
}
