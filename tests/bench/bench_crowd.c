/* How many trainers a broker carries: so many really logged in, each with its own core, store and connection (TLS,
 * SCRAM), what each costs the broker and us, and what a round of them all does.
 *
 *   bench-crowd [TRAINERS]      or BENCH_CROWD=TRAINERS; 1000 else */
#include "tests/bench/team.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TRAINERS = 1000,
    MOST = TEAM_MAX_PROCESSES * TEAM_TRAINERS_A_PROCESS,
    ROUNDS = 3,
    IDLE_S = 5,
    MODEL_BYTES = 330
};

struct both { /* the broker and the agents, at one moment */
    struct place_usage broker, ours;
    double at_s;
};

static struct both look(const struct place *p, const struct team *g)
{
    struct both b = { .broker = place_usage(p->broker), .at_s = (double)report_now_ns() / 1e9 };
    if (g) b.ours = team_usage(g);
    return b;
}

static void tell(const char *what, const char *unit, double broker, double ours)
{
    report_line("    %-34s %10.2f %10.2f  %-3s  broker's share %3.0f %%", what, broker, ours, unit,
                100 * broker / (broker + ours));
}

static void tell_login(size_t n, double seconds, const struct both *before, const struct both *after)
{
    double each = 1.0 / (double)n;
    report_line("  %zu trainers logged in, in %.1f s: %.0f a second", n, seconds, (double)n / seconds);
    report_line("    %-34s %10s %10s", "", "broker", "agents");
    tell("CPU of a login", "ms", (after->broker.cpu_s - before->broker.cpu_s) * 1e3 * each,
         after->ours.cpu_s * 1e3 * each);
    tell("memory of a connection", "kB", (after->broker.rss_mb - before->broker.rss_mb) * 1024 * each,
         after->ours.rss_mb * 1024 * each);
    tell("memory of all", "MB", after->broker.rss_mb, after->ours.rss_mb);
}

/* Nothing is to be done: what the ticking of so many connections costs. */
static void tell_idle(const struct place *p, const struct team *g, size_t n)
{
    team_go_on(g);
    struct both from = look(p, g);
    (void)sleep(IDLE_S); /* this is what is measured */
    struct both to = look(p, g);
    team_hold(g);
    double each = 1e6 / (to.at_s - from.at_s) / (double)n;
    tell("CPU of a second's idleness, each", "us", (to.broker.cpu_s - from.broker.cpu_s) * each,
         (to.ours.cpu_s - from.ours.cpu_s) * each);
}

static void tell_rounds(const struct place *p, struct team *g, size_t n)
{
    double times[ROUNDS];
    struct both from = look(p, g);
    size_t got = team_rounds(g, (struct order){ .count = ROUNDS, .bytes = MODEL_BYTES }, times, ROUNDS);
    struct both to = look(p, g);
    double each = 1e3 / (double)(ROUNDS + 1) / (double)n;
    tell("CPU of a round, each", "ms", (to.broker.cpu_s - from.broker.cpu_s) * each,
         (to.ours.cpu_s - from.ours.cpu_s) * each);
    report_line("  an empty round of %zu trainers: median %.0f ms of %zu", n, report_quantile(times, got, 0.5), got);
}

static size_t wanted(const char *text)
{
    char *end = NULL;
    size_t n = text ? strtoull(text, &end, 10) : TRAINERS;
    if (n < 1 || n > MOST || (end && *end)) report_die("trainers: a number from 1 to %d", MOST);
    return n;
}

int main(int argc, char **argv)
{
    size_t n = wanted(argc > 1 ? argv[1] : getenv("BENCH_CROWD"));
    struct place p;
    struct team g;
    place_make(&p);
    place_accounts(&p, "n", n);
    place_accounts(&p, "nc", 1);
    place_start(&p);
    struct both before = look(&p, NULL);
    const struct team_plan plan = { .place = &p,
                                    .kind = TEAM_TOY,
                                    .prefix = "n",
                                    .trainers = n,
                                    .coordinator_settings = "",
                                    .trainer_settings = "reply_bytes: 1570\n" };
    team_start(&g, &plan);
    struct both after = look(&p, &g);
    tell_login(n, g.login_s, &before, &after);
    tell_idle(&p, &g, n);
    tell_rounds(&p, &g, n);
    team_end(&g);
    place_end(&p);
    return 0;
}
