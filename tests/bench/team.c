#include "tests/bench/team.h"
#include "tests/bench/toys.h"
#include <string.h>

extern const struct agent_def coordinator_agent;
enum { LOGIN_S = 900, ROUNDS_S = 600, QUIET_S = 120 };

static void start_crowds(struct team *g, struct yard_recorder *recorder)
{
    const struct team_plan *p = &g->plan;
    size_t most = p->a_process ? p->a_process : TEAM_TRAINERS_A_PROCESS;
    for (size_t at = 0; at < p->trainers; at += most) {
        size_t left = p->trainers - at;
        size_t n = left < most ? left : most;
        struct yard_plan yard = {
            .place = p->place, .prefix = p->prefix, .first = at, .n = n, .stream_management = p->stream_management
        };
        struct crowd_plan crowd = { .place = p->place,
                                    .def = &toy_trainer,
                                    .prefix = p->prefix,
                                    .settings = p->trainer_settings,
                                    .first = at,
                                    .n = n,
                                    .members = p->trainers,
                                    .journal = p->journal,
                                    .stream_management = p->stream_management };
        if (at == 0) {
            crowd.look = yard_record;
            crowd.to = recorder;
        }
        if (p->kind == TEAM_YARDSTICK)
            g->crowds[g->ncrowds++] = child_start(yard_trainers_child, &yard);
        else
            g->crowds[g->ncrowds++] = child_start(crowd_child, &crowd);
    }
}

static void start_boss(struct team *g, struct yard_recorder *recorder)
{
    const struct team_plan *p = &g->plan;
    struct yard_plan yard = {
        .place = p->place, .prefix = p->prefix, .n = p->trainers, .stream_management = p->stream_management
    };
    struct boss_plan boss = { .crowd = { .place = p->place,
                                         .def = p->kind == TEAM_REAL ? &coordinator_agent : &toy_coordinator,
                                         .prefix = p->prefix,
                                         .settings = p->coordinator_settings,
                                         .n = 1,
                                         .members = p->trainers,
                                         .coordinator = true,
                                         .journal = p->journal,
                                         .stream_management = p->stream_management,
                                         .look = yard_record,
                                         .to = recorder },
                              .real = p->kind == TEAM_REAL,
                              .task = p->task };
    if (p->kind == TEAM_YARDSTICK)
        g->boss = child_start(yard_coordinator_child, &yard);
    else
        g->boss = child_start(boss_child, &boss);
}

void team_start(struct team *g, const struct team_plan *plan)
{
    *g = (struct team){ .plan = *plan };
    const char *kind = plan->kind == TEAM_REAL ? "whole" : "empty";
    struct yard_recorder trainers = { .place = plan->place, .kind = kind };
    struct yard_recorder boss = { .place = plan->place, .kind = kind, .coordinator = true };
    double seconds = 0;
    start_crowds(g, &trainers);
    for (size_t i = 0; i < g->ncrowds; i++) {
        (void)child_hear(&g->crowds[i], &seconds, 1, LOGIN_S);
        if (seconds > g->login_s) g->login_s = seconds;
    }
    start_boss(g, &boss);
    (void)child_hear(&g->boss, &seconds, 1, LOGIN_S);
    team_hold(g);
}

void team_hold(const struct team *g)
{
    child_hold(&g->boss);
    for (size_t i = 0; i < g->ncrowds; i++) child_hold(&g->crowds[i]);
}

void team_go_on(const struct team *g)
{
    child_go_on(&g->boss);
    for (size_t i = 0; i < g->ncrowds; i++) child_go_on(&g->crowds[i]);
}

/* What is owed goes out before they are held, or it would go out again later. */
static void wait_quiet(const struct team *g)
{
    const struct order quiet = { .count = 0 };
    child_tell(&g->boss, quiet);
    for (size_t i = 0; i < g->ncrowds; i++) child_tell(&g->crowds[i], quiet);
    (void)child_hear(&g->boss, NULL, 0, QUIET_S);
    for (size_t i = 0; i < g->ncrowds; i++) (void)child_hear(&g->crowds[i], NULL, 0, QUIET_S);
}

size_t team_rounds(struct team *g, struct order o, double *out, size_t max)
{
    double times[CHILD_MAX_NUMBERS];
    team_go_on(g);
    o.count++;
    child_tell(&g->boss, o);
    size_t n = child_hear(&g->boss, times, CHILD_MAX_NUMBERS, ROUNDS_S);
    if (g->plan.kind != TEAM_YARDSTICK) wait_quiet(g);
    team_hold(g);
    n = n > 1 ? n - 1 : 0;
    if (n > max) n = max;
    memcpy(out, times + 1, n * sizeof *out);
    return n;
}

struct place_usage team_usage(const struct team *g)
{
    struct place_usage all = place_usage(g->boss.pid);
    for (size_t i = 0; i < g->ncrowds; i++) {
        struct place_usage one = place_usage(g->crowds[i].pid);
        all.cpu_s += one.cpu_s;
        all.rss_mb += one.rss_mb;
    }
    return all;
}

void team_end(struct team *g)
{
    team_go_on(g);
    child_end(&g->boss);
    for (size_t i = 0; i < g->ncrowds; i++) child_end(&g->crowds[i]);
}
