/* How long a round takes on a real broker, against the very same stanzas sent bare.
 *
 * Four kinds, all connected at once and measured in turn, so that what else the machine does hits all alike: bare
 * libstrophe (twice: with the stanzas of the empty round, and of the whole one), the runtime with toy agents without
 * and with files under their stores, and the real coordinator with its journal. */
#include "tests/bench/fan.h"
#include "tests/bench/team.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMPTY_BYTES = 330, MOST_ROUNDS = 2000 };
enum { TOY = YARD_WAYS, TOY_JOURNAL, REAL, KINDS };

static const struct size {
    size_t trainers;
    unsigned blocks, rounds; /* rounds a block */
    int ways;                /* of the yardstick */
} sizes[] = { { 3, 6, 50, YARD_FAN }, { 100, 5, 9, YARD_WAYS }, { 1000, 3, 2, YARD_WAYS } };

static const char task[] =
    "name: bench\n"
    "data:\n"
    "  header: no\n"
    "  columns:\n"
    "%s"
    "    - { name: y, role: label, classes: [\"0\", \"1\"] }\n"
    "standardise: none\n"
    "server: { learning_rate: 0.001 }\n" /* the toys send the model back as their change: it must not run away */
    "model: { arch: logistic, seed: 3 }\n"
    "rounds: { count: 1000, quorum: 2, join_deadline: 600s, round_deadline: 600s, patience: 0 }\n";
enum { COLUMNS = 30 };

struct kind {
    struct team *group;
    double times[MOST_ROUNDS];
    size_t n;
    double broker_s, ends_s; /* processor time of the rounds */
    size_t rounds;           /* also those that do not count */
};

static void write_task(const struct place *p)
{
    char columns[COLUMNS * 64] = "";
    char path[PLACE_PATH_BYTES + 32];
    for (size_t i = 0, at = 0; i < COLUMNS; i++)
        at += (size_t)snprintf(columns + at, sizeof columns - at,
                               "    - { name: x%zu, kind: real, min: -10, max: 10 }\n", i);
    place_shell("mkdir -p %s/tasks", p->dir);
    (void)snprintf(path, sizeof path, "%s/tasks/bench.yaml", p->dir);
    FILE *f = fopen(path, "w");
    if (f == NULL || fprintf(f, task, columns) < 0 || fclose(f) != 0) report_die("%s", path);
}

static void measure(const struct place *p, struct kind *k, unsigned what, unsigned rounds)
{
    struct order o = { .what = what, .count = rounds, .bytes = EMPTY_BYTES };
    double broker_s = place_usage(p->broker).cpu_s;
    double ends_s = team_usage(k->group).cpu_s;
    k->n += team_rounds(k->group, o, k->times + k->n, MOST_ROUNDS - k->n);
    k->broker_s += place_usage(p->broker).cpu_s - broker_s;
    k->ends_s += team_usage(k->group).cpu_s - ends_s;
    k->rounds += rounds + 1;
}

static void tell(const char *what, struct kind *k)
{
    if (k->n == 0) return;
    double median = report_quantile(k->times, k->n, 0.5);
    report_line("    %-34s %9.2f %9.2f %9.2f %5zu %12.2f %12.2f", what, median, report_quantile(k->times, k->n, 0.1),
                report_quantile(k->times, k->n, 0.9), k->n, k->broker_s * 1e3 / (double)k->rounds,
                k->ends_s * 1e3 / (double)k->rounds);
}

/* Of both sides, a round; what else the machine does hardly moves it. */
static double processor_ms(const struct kind *k) { return (k->broker_s + k->ends_s) * 1e3 / (double)k->rounds; }

static void compare(const char *what, size_t trainers, struct kind *ours, struct kind *yard, double aim)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s, %zu trainers, against bare stanzas", what, trainers);
    double ratio = report_quantile(ours->times, ours->n, 0.5) / report_quantile(yard->times, yard->n, 0.5);
    report_ratio(&(struct report_ratio){ name, ratio, aim, false, "" });
    report_line("  the same in processor time of broker and agents: %.2f", processor_ms(ours) / processor_ms(yard));
}

/* What fanning out by the broker would have to reach before agents did it: their attachments are sealed to each
 * receiver and their messages numbered for each, so a published one would need a key for all, and each its own message
 * still. */
static void compare_fan(size_t trainers, struct kind *k)
{
    char name[128];
    double whole = report_quantile(k[YARD_FAN].times, k[YARD_FAN].n, 0.5) /
                   report_quantile(k[YARD_EMPTY].times, k[YARD_EMPTY].n, 0.5);
    double out = report_quantile(k[YARD_FAN_BRIEF].times, k[YARD_FAN_BRIEF].n, 0.5) /
                 report_quantile(k[YARD_BRIEF].times, k[YARD_BRIEF].n, 0.5);
    (void)snprintf(name, sizeof name, "pubsub fan-out / directed fan-out, %zu trainers, a round", trainers);
    report_ratio(&(struct report_ratio){ name, whole, 1 / 1.3, false, "" });
    report_line("  the same with answers as short as can be: %.2f; in the broker's processor time: %.2f and %.2f", out,
                k[YARD_FAN].broker_s / k[YARD_EMPTY].broker_s, k[YARD_FAN_BRIEF].broker_s / k[YARD_BRIEF].broker_s);
}

static void tell_all(const struct place *p, size_t trainers, struct kind *k)
{
    size_t out[2] = { 0 };
    size_t back[2] = { 0 };
    size_t more[2] = { 0 };
    compare("empty round", trainers, &k[TOY], &k[YARD_EMPTY], 1.3);
    compare("empty round, journalling", trainers, &k[TOY_JOURNAL], &k[YARD_EMPTY], 1.3);
    compare("whole round of the coordinator, journalling", trainers, &k[REAL], &k[YARD_WHOLE], 1.5);
    if (k[YARD_FAN].n > 0) compare_fan(trainers, k);
    (void)yard_sizes(p, 0, 0, &out[0], &back[0]);
    (void)yard_sizes(p, 1, 0, &out[1], &back[1]);
    (void)yard_sizes(p, 1, 1, &more[0], &more[1]);
    report_line("  %zu trainers; stanzas of %zu B out and %zu B back; whole round %zu and %zu, then %zu and %zu",
                trainers, out[0], back[0], out[1], back[1], more[0], more[1]);
    report_line("    %-34s %9s %9s %9s %5s %12s %12s", "ms a round", "median", "10 %", "90 %", "n", "broker's CPU",
                "agents' CPU");
    tell("bare stanzas of the empty round", &k[YARD_EMPTY]);
    tell("empty round", &k[TOY]);
    tell("empty round, journalling", &k[TOY_JOURNAL]);
    tell("bare stanzas of the whole round", &k[YARD_WHOLE]);
    tell("whole round, journalling", &k[REAL]);
    tell("bare, published (XEP-0060)", &k[YARD_FAN]);
    tell("bare, brief answers", &k[YARD_BRIEF]);
    tell("bare, published, brief answers", &k[YARD_FAN_BRIEF]);
}

static void start(struct team *g, const struct place *p, enum team_kind kind, const char *prefix, size_t trainers,
                  bool journal)
{
    static char settings[PLACE_PATH_BYTES + 32];
    (void)snprintf(settings, sizeof settings, "tasks: %s/tasks\n", p->dir);
    bool sm = getenv("BENCH_SM") != NULL; /* agents do without unless told */
    const struct team_plan plan = { .place = p,
                                    .kind = kind,
                                    .prefix = prefix,
                                    .trainers = trainers,
                                    .journal = journal,
                                    .stream_management = sm,
                                    .coordinator_settings = kind == TEAM_REAL ? settings : "",
                                    .trainer_settings = kind == TEAM_REAL ? "" : "reply_bytes: 1570\n",
                                    .task = "bench" };
    team_start(g, &plan);
}

static void run_size(const struct size *s)
{
    struct place p;
    struct team g[4];
    struct kind *k = calloc(KINDS, sizeof *k);
    static const char *const prefixes[] = { "y", "yc", "t", "tc", "j", "jc", "r", "rc", NULL };
    if (k == NULL) report_die("memory");
    place_make(&p);
    for (size_t i = 0; prefixes[i]; i++) place_accounts(&p, prefixes[i], i % 2 ? 1 : s->trainers);
    write_task(&p);
    fan_allow(p.dir, "y");
    place_start(&p);
    start(&g[0], &p, TEAM_TOY, "t", s->trainers, false);
    start(&g[1], &p, TEAM_TOY, "j", s->trainers, true);
    start(&g[2], &p, TEAM_REAL, "r", s->trainers, true);
    k[TOY].group = &g[0];
    k[TOY_JOURNAL].group = &g[1];
    k[REAL].group = &g[2];
    for (int i = TOY; i <= REAL; i++) { /* the first rounds give the yardstick its texts, and warm up */
        measure(&p, &k[i], 0, 1);
        k[i] = (struct kind){ .group = k[i].group };
    }
    start(&g[3], &p, TEAM_YARDSTICK, "y", s->trainers, false);
    for (int i = 0; i < YARD_WAYS; i++) k[i].group = &g[3];
    for (unsigned b = 0; b < s->blocks; b++)
        for (int i = 0; i < KINDS; i++)
            if (i < s->ways || i >= YARD_WAYS) measure(&p, &k[i], (unsigned)i, s->rounds);
    tell_all(&p, s->trainers, k);
    for (size_t i = 0; i < 4; i++) team_end(&g[i]);
    place_end(&p);
    free(k);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (argc < 2 || strtoull(argv[1], NULL, 10) == sizes[i].trainers) run_size(&sizes[i]);
    return 0;
}
