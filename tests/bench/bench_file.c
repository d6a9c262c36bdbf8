/* What a large model costs on its way: 44 MB to 3 trainers and an update as long back from each, against curl(1) with
 * the same files on the same service, in turn, and what of it is the agents' own work; and what it does to small
 * messages of others while it goes to 50. */
#include "tests/bench/parts.h"
#include "tests/bench/pinger.h"
#include "tests/bench/plain.h"
#include "tests/bench/team.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MODEL_BYTES = 44 * 1000 * 1000, TRAINERS = 3, BLOCKS = 3, FAN_TRAINERS = 50, IDLE_S = 5 };

struct keeper { /* who keeps the files */
    const char *name;
    bool external, counts; /* counts: the 99th percentile with it is the one that has an aim */
};
struct costs {
    double wall_s[BLOCKS * 2], cpu_s[BLOCKS * 2], broker_s[BLOCKS * 2];
    size_t n;
};

static void team_of(struct team *g, const struct place *p, const char *prefix, size_t trainers, size_t a_process,
                    const char *settings)
{
    team_start(g, &(struct team_plan){ .place = p,
                                       .kind = TEAM_TOY,
                                       .prefix = prefix,
                                       .trainers = trainers,
                                       .a_process = a_process,
                                       .journal = true,
                                       .coordinator_settings = "",
                                       .trainer_settings = settings });
}

/* ---- there and back ---- */

static void ours(const struct place *p, struct team *g, struct costs *c)
{
    double ms = 0;
    double broker_s = place_usage(p->broker).cpu_s;
    double cpu_s = team_usage(g).cpu_s;
    if (team_rounds(g, (struct order){ .count = 1, .bytes = MODEL_BYTES }, &ms, 1) != 1) report_die("no round");
    c->wall_s[c->n] = ms / 1e3;
    c->cpu_s[c->n] = (team_usage(g).cpu_s - cpu_s) / 2; /* one more round went before it */
    c->broker_s[c->n++] = (place_usage(p->broker).cpu_s - broker_s) / 2;
}

static void theirs(const struct place *p, struct plain *plain, struct costs *c)
{
    double broker_s = place_usage(p->broker).cpu_s;
    struct plain_cost cost = plain_round(plain);
    c->wall_s[c->n] = cost.wall_s;
    c->cpu_s[c->n] = cost.cpu_s;
    c->broker_s[c->n++] = place_usage(p->broker).cpu_s - broker_s;
}

static void tell(const char *what, struct costs *c)
{
    report_line("    %-34s %9.2f %12.2f %12.2f %5zu", what, report_quantile(c->wall_s, c->n, 0.5),
                report_quantile(c->cpu_s, c->n, 0.5), report_quantile(c->broker_s, c->n, 0.5), c->n);
}

/* A round's work that curl does not do, each part measured alone; the rest is what both do: TLS, HTTP, copies. */
static void tell_parts(const struct place *p, double ours_s, double curl_s)
{
    struct part parts[PARTS];
    double all_s = 0;
    parts_measure(p, MODEL_BYTES, TRAINERS, parts);
    report_line("    %-34s %9s %12s %12s %12s", "the agents' own work, by itself", "times", "wall ms", "CPU ms",
                "CPU s a round");
    for (size_t i = 0; i < PARTS; i++) {
        double cpu_s = parts[i].cpu_ms * (double)parts[i].times / 1e3;
        all_s += cpu_s;
        report_line("    %-34s %9zu %12.1f %12.1f %12.2f", parts[i].what, parts[i].times, parts[i].wall_ms,
                    parts[i].cpu_ms, cpu_s);
    }
    report_line("    %-34s %9s %12s %12s %12.2f", "all of these", "", "", "", all_s);
    report_line("    %-34s %9s %12s %12s %12.2f   (curl's: %.2f)", "what is left: TLS, HTTP, copies", "", "", "",
                ours_s - all_s, curl_s);
}

static void there_and_back(const struct place *p, const struct keeper *keeper)
{
    struct team g;
    struct costs us = { .n = 0 };
    struct costs curl = { .n = 0 };
    char settings[64];
    (void)snprintf(settings, sizeof settings, "reply_bytes: %d\n", MODEL_BYTES);
    team_of(&g, p, "t", TRAINERS, 1, settings); /* as hospitals are, and curl */
    struct plain *plain = plain_open(p, MODEL_BYTES, TRAINERS);
    (void)plain_round(plain);
    for (int i = 0; i < BLOCKS; i++) {
        theirs(p, plain, &curl);
        ours(p, &g, &us);
        theirs(p, plain, &curl);
    }
    double wall = report_quantile(us.wall_s, us.n, 0.5) / report_quantile(curl.wall_s, curl.n, 0.5);
    report_ratio(&(struct report_ratio){ "44 MB to 3 trainers and back, against curl", wall, 1.15, false, "" });
    report_line(
        "  %d MB to %d trainers and back by %s; the agents' files are sealed, hashed and journalled, curl's are not",
        MODEL_BYTES / 1000000, TRAINERS, keeper->name);
    report_line("    %-34s %9s %12s %12s %5s", "seconds", "wall", "clients' CPU", "broker's CPU", "n");
    tell("curl, PUT and GET", &curl);
    tell("agents", &us);
    double ours_s = report_quantile(us.cpu_s, us.n, 0.5);
    double curl_s = report_quantile(curl.cpu_s, curl.n, 0.5);
    report_line("    processor seconds, agents / curl: %.2f of the clients, %.2f with the broker's", ours_s / curl_s,
                (ours_s + report_quantile(us.broker_s, us.n, 0.5)) /
                    (curl_s + report_quantile(curl.broker_s, curl.n, 0.5)));
    team_end(&g);
    tell_parts(p, ours_s, curl_s);
}

/* ---- to fifty, and who waits meanwhile ---- */

static size_t ping_end(const struct child *c, double *times)
{
    child_tell(c, (struct order){ .count = 0 });
    return child_hear(c, times, CHILD_MAX_NUMBERS, 120);
}

static void tell_pings(const char *what, double *times, size_t n)
{
    report_line("    %-34s %9.2f %9.2f %9.2f %5zu", what, report_quantile(times, n, 0.5),
                report_quantile(times, n, 0.99), report_quantile(times, n, 1), n);
}

static void fan_out(const struct place *p, const struct keeper *keeper)
{
    struct team g;
    double idle[CHILD_MAX_NUMBERS];
    double busy[CHILD_MAX_NUMBERS];
    double ms = 0;
    char name[96];
    struct place with = *p;
    struct child ping = child_start(pinger_child, &with);
    (void)child_hear(&ping, &ms, 1, 60);
    team_of(&g, p, "f", FAN_TRAINERS, 0, "reply_bytes: 1570\n");
    child_tell(&ping, (struct order){ .count = 1 });
    (void)sleep(IDLE_S);
    size_t nidle = ping_end(&ping, idle);
    child_tell(&ping, (struct order){ .count = 1 });
    uint64_t began_ns = report_now_ns();
    (void)team_rounds(&g, (struct order){ .count = 0, .bytes = MODEL_BYTES }, &ms, 1); /* the one that does not count */
    ms = (double)(report_now_ns() - began_ns) / 1e6;
    size_t nbusy = ping_end(&ping, busy);
    (void)snprintf(name, sizeof name, "p99 of small messages while 44 MB goes to %d, by %s", FAN_TRAINERS,
                   keeper->name);
    if (keeper->counts)
        report_ratio(&(struct report_ratio){ name, report_quantile(busy, nbusy, 0.99), 50, false, " ms" });
    report_line("  44 MB to %d trainers by %s: %.1f s, %.0f MB/s of them all", FAN_TRAINERS, keeper->name, ms / 1e3,
                (double)MODEL_BYTES * FAN_TRAINERS / 1e3 / ms);
    report_line("    %-34s %9s %9s %9s %5s", "ms a small message", "median", "99 %", "most", "n");
    tell_pings("with nothing else", idle, nidle);
    tell_pings("while the model goes out", busy, nbusy);
    team_end(&g);
    child_end(&ping);
}

typedef void measure_fn(const struct place *p, const struct keeper *keeper);

static void at_a_place(const struct keeper *keeper, measure_fn *measure)
{
    struct place p;
    static const struct {
        const char *prefix;
        size_t n;
    } accounts[] = { { "t", TRAINERS }, { "tc", 1 },         { "f", FAN_TRAINERS },
                     { "fc", 1 },       { PLAIN_PREFIX, 1 }, { PINGER_PREFIX, 2 } };
    place_make(&p);
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
        place_accounts(&p, accounts[i].prefix, accounts[i].n);
    if (keeper->external) place_external_upload(&p);
    place_start(&p);
    measure(&p, keeper);
    place_end(&p);
}

/* As broker.sh asks for it: tools/install-deps.sh upload. */
static bool has_nginx(void)
{
    return system("command -v nginx >/dev/null") == 0 &&
           access("/usr/lib/nginx/modules/ngx_http_js_module.so", R_OK) == 0;
}

int main(int argc, char **argv)
{
    bool back = argc < 2 || strcmp(argv[1], "back") == 0;
    bool fan = argc < 2 || strcmp(argv[1], "fan") == 0;
    bool nginx = has_nginx();
    const struct keeper prosody = { "Prosody itself", false, !nginx };
    const struct keeper beside = { "nginx beside Prosody", true, true };
    if (back) at_a_place(&prosody, there_and_back);
    if (fan && nginx) at_a_place(&beside, fan_out);
    if (fan) at_a_place(&prosody, fan_out);
    if (fan && !nginx) report_line("  no nginx with JavaScript here: not measured with an upload service of its own");
    return 0;
}
