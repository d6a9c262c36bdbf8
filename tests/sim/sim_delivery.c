/*
 * The delivery promise on its own, with two toy agents: whatever the network
 * and the reaper do, each announcement is counted exactly once.
 */
#include "common/runtime/sim.h"
#include "tests/support/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANNOUNCEMENTS = 20, SENDERS = 3, SCHEDULES = 300, VIRTUAL_MS = 3600 * 1000 };

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
    if (s->said == ANNOUNCEMENTS) return OK;
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

static bool all_counted(struct sim *s, void *unused)
{
    (void)unused;
    const struct agent *a = sim_agent(s, "counter");
    const struct counter *c = a ? core_state(a) : NULL;
    return c && c->count >= SENDERS * ANNOUNCEMENTS;
}

static bool alive(struct sim *s, void *unused)
{
    (void)unused;
    return sim_agent(s, "counter") != NULL;
}

static struct sim *make(uint64_t seed, const struct sim_faults *faults)
{
    struct sim *s = sim_new(seed, faults);
    struct why why = { 0 };
    bool made = s && sim_add(s, &counter_agent, "counter", "", &why) == OK;
    for (int i = 0; made && i < SENDERS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "sender-%d", i);
        made = sim_add(s, &sender_agent, name, "", &why) == OK;
    }
    if (made && sim_start(s, &why) == OK) return s;
    tap_note("cannot start: %s", why.text);
    sim_free(s);
    return NULL;
}

/* Returns whether the promise held; says what broke it. */
static bool holds(uint64_t seed, const struct sim_faults *faults)
{
    struct sim *s = make(seed, faults);
    if (s == NULL) return false;
    bool arrived = sim_run(s, VIRTUAL_MS, all_counted, NULL);
    (void)sim_run(s, 120000, NULL, NULL); /* whatever still flies must change nothing */
    (void)sim_run(s, 120000, alive, NULL);
    const struct agent *a = sim_agent(s, "counter");
    const struct counter *c = a ? core_state(a) : &(struct counter){ 0 };
    uint64_t sum = SENDERS * ANNOUNCEMENTS * (ANNOUNCEMENTS + 1) / 2;
    bool held = arrived && c->count == SENDERS * ANNOUNCEMENTS && c->sum == sum;
    if (!held)
        tap_note("seed %llu: arrived %d, counted %llu of %d, sum %llu of %llu", (unsigned long long)seed, arrived,
                 (unsigned long long)c->count, SENDERS * ANNOUNCEMENTS, (unsigned long long)c->sum,
                 (unsigned long long)sum);
    sim_free(s);
    return held;
}

#define CALM_AFTER .faults_until_ms = 600000
#define DOWN .down_min_ms = 100, .down_max_ms = 5000
static const struct {
    const char *name;
    struct sim_faults faults;
} rows[] = {
    { "calm", { .delay_min_ms = 1, .delay_max_ms = 5 } },
    { "slow and out of order", { .delay_min_ms = 1, .delay_max_ms = 5000 } },
    { "a third lost", { .delay_min_ms = 1, .delay_max_ms = 100, .drop = .33, CALM_AFTER } },
    { "half twice", { .delay_min_ms = 1, .delay_max_ms = 1000, .duplicate = .5 } },
    { "killed", { .delay_min_ms = 1, .delay_max_ms = 50, .kill_per_second = .05, DOWN, CALM_AFTER } },
    { "cut", { .delay_min_ms = 1, .delay_max_ms = 50, .cut_per_second = .1, DOWN, CALM_AFTER } },
    { "killed at commits", { .delay_min_ms = 1, .delay_max_ms = 50, .crash_at_commit = .02, DOWN, CALM_AFTER } },
    { "all of it",
      { .delay_min_ms = 1,
        .delay_max_ms = 500,
        .drop = .2,
        .duplicate = .2,
        .kill_per_second = .02,
        .cut_per_second = .05,
        .crash_at_commit = .01,
        DOWN,
        CALM_AFTER } },
};

int main(void)
{
    struct tap t = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t broken = 0;
        for (uint64_t seed = 1; seed <= SCHEDULES; seed++) broken += !holds(seed, &rows[i].faults);
        tap_is(&t, broken == 0, "delivered exactly once: %s (%d schedules)", rows[i].name, SCHEDULES);
    }
    return tap_end(&t);
}
