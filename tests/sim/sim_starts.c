/*
 * Federations that nobody starts: by schedule, when enough hospitals are
 * here, when a hospital has new data.  In virtual time, on the real agents.
 */
#include "agents/coordinator/journal.h"
#include "common/base/file.h"
#include "common/runtime/sim.h"
#include "tests/support/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct agent_def coordinator_agent, trainer_agent;

enum { SITES = 3, ROWS = 40, MINUTE_MS = 60000 };

static const char task[] = "name: toy\n"
                           "data:\n"
                           "  header: no\n"
                           "  columns:\n"
                           "    - { name: a, kind: real, min: -10, max: 10 }\n"
                           "    - { name: y, role: label, classes: [\"0\", \"1\"] }\n"
                           "standardise: ranges\n"
                           "model: { arch: logistic, seed: 3 }\n"
                           "rounds: { count: 1, quorum: 2, join_deadline: 20s, round_deadline: 20s }\n";
static const char policy[] = "tasks: any\nmodels: any\nmin_cohort: 5\nmax_rounds: 100\nstatistics: no\n"
                             "privacy: { mode: optional, epsilon_max: 1, delta: 1.0e-5, epsilon_per_round_max: 1 }\n";

struct house {
    char dir[64];
    struct sim *sim;
};

static bool put(const struct house *h, const char *name, struct str text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", h->dir, name);
    return file_write(path, str_bytes(text), 0600, NULL) == OK;
}

static bool put_records(const struct house *h, int site, int rows)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    char name[32];
    for (int i = 0; i < rows; i++) buf_addf(&text, "%.3f,%d\n", (i % 2 ? 1.0 : -1.0) + 0.01 * (i + site), i % 2);
    (void)snprintf(name, sizeof name, "records-%d.csv", site);
    return put(h, name, buf_str(&text));
}

static bool put_files(struct house *h, const char *start)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    char tasks[128];
    (void)snprintf(h->dir, sizeof h->dir, "/tmp/himas-starts-XXXXXX");
    if (mkdtemp(h->dir) == NULL) return false;
    (void)snprintf(tasks, sizeof tasks, "%s/tasks", h->dir);
    buf_addf(&text, "%sstart: { %s }\n", task, start);
    bool made =
        mkdir(tasks, 0700) == 0 && put(h, "tasks/toy.yaml", buf_str(&text)) && put(h, "policy.yaml", str_of(policy));
    for (int i = 0; i < SITES; i++) made = made && put_records(h, i, ROWS);
    return made;
}

static bool open_house(struct house *h, const char *start, int sites)
{
    struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 20 };
    struct why why = { 0 };
    char settings[400];
    h->sim = sim_new(1, &calm);
    bool made = h->sim && put_files(h, start);
    (void)snprintf(settings, sizeof settings, "tasks: %s/tasks\n", h->dir);
    made = made && sim_add(h->sim, &coordinator_agent, "coordinator", settings, &why) == OK;
    for (int i = 0; made && i < sites; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "hospital-%d", i);
        (void)snprintf(settings, sizeof settings,
                       "records: %s/records-%d.csv\npolicy: %s/policy.yaml\nrescan_ms: 5000\n", h->dir, i, h->dir);
        made = sim_add(h->sim, &trainer_agent, name, settings, &why) == OK;
    }
    made = made && sim_start(h->sim, &why) == OK;
    if (!made) tap_note("cannot begin: %s", why.text);
    return made;
}

static void close_house(struct house *h)
{
    static const char *const names[] = { "tasks/toy.yaml", "policy.yaml", "records-0.csv", "records-1.csv",
                                         "records-2.csv" };
    char path[128];
    sim_free(h->sim);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", h->dir, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/tasks", h->dir);
    (void)rmdir(path);
    (void)rmdir(h->dir);
}

struct count {
    unsigned runs, done;
};
static enum err look(void *to, const char *key, struct bytes value)
{
    struct count *c = to;
    struct run_head head;
    (void)key;
    TRY(journal_read_head(value, &head));
    c->runs++;
    c->done += head.state == RUN_DONE;
    return OK;
}

static struct count runs(const struct house *h)
{
    struct count c = { 0 };
    if (store_scan(sim_store(h->sim, "coordinator"), "head/", look, &c) != OK) tap_note("a head cannot be read");
    return c;
}

static void by_schedule(struct tap *t)
{
    struct house h = { 0 };
    bool made = open_house(&h, "cron: \"*/10 * * * *\", min_interval: 1s", SITES);
    (void)sim_run(h.sim, 65 * MINUTE_MS, NULL, NULL);
    struct count c = runs(&h);
    tap_is(t, made && c.runs == 6 && c.done == 6, "every ten minutes: six runs in 65 minutes (%u, %u done)", c.runs,
           c.done);
    close_house(&h);
}

static void when_present(struct tap *t)
{
    struct house h = { 0 };
    bool made = open_house(&h, "when_present: 3, min_interval: 1h", 2);
    (void)sim_run(h.sim, 5 * MINUTE_MS, NULL, NULL);
    struct count two = runs(&h);
    close_house(&h);
    made = open_house(&h, "when_present: 3, min_interval: 1h", SITES) && made;
    (void)sim_run(h.sim, 5 * MINUTE_MS, NULL, NULL);
    struct count three = runs(&h);
    sim_kill(h.sim, "hospital-0", 1000);
    (void)sim_run(h.sim, 5 * MINUTE_MS, NULL, NULL);
    struct count again = runs(&h);
    tap_is(t, made && two.runs == 0 && three.done == 1 && again.runs == 1,
           "when three are here, and not again within the hour (%u, %u, %u)", two.runs, three.done, again.runs);
    close_house(&h);
}

static void when_new_data(struct tap *t)
{
    struct house h = { 0 };
    bool made = open_house(&h, "when_new_data: yes, min_interval: 1s", SITES);
    (void)sim_run(h.sim, 5 * MINUTE_MS, NULL, NULL);
    struct count before = runs(&h);
    made = made && put_records(&h, 1, ROWS + 10);
    (void)sim_run(h.sim, 5 * MINUTE_MS, NULL, NULL);
    struct count after = runs(&h);
    tap_is(t, made && before.runs == 0 && after.done == 1, "when a hospital has new data (%u, then %u)", before.runs,
           after.done);
    close_house(&h);
}

int main(void)
{
    struct tap t = { 0 };
    by_schedule(&t);
    when_present(&t);
    when_new_data(&t);
    return tap_end(&t);
}
