#include "tests/support/crowd.h"
#include "agents/coordinator/journal.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct agent_def coordinator_agent, trainer_agent;

enum { ROWS = 12, INPUTS = 10, JOIN_MS = 5000, LOOK_MS = 20, SAID_MS = 100 };
#define LONGEST_MS ((uint64_t)90 * 24 * 3600 * 1000)

static enum err put_file(const struct crowd *c, const char *name, const struct buf *text, struct why *why)
{
    char path[128];
    TRY(buf_err(text));
    (void)snprintf(path, sizeof path, "%s/%s", c->dir, name);
    return file_write(path, buf_bytes(text), 0600, why);
}

static enum err write_records(const struct crowd *c, struct why *why)
{
    struct rng rng = rng_make(1);
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < INPUTS; k++) buf_addf(&text, "%.4f,", (i % 2 ? 1 : -1) + rng_normal(&rng));
        buf_addf(&text, "%d\n", i % 2);
    }
    return put_file(c, "records.csv", &text, why);
}

static enum err write_task(const struct crowd *c, const struct crowd_order *o, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    char dir[100];
    buf_add_z(&text, "name: toy\ndata:\n  header: no\n  columns:\n");
    for (int k = 0; k < INPUTS; k++) buf_addf(&text, "    - { name: x%d, kind: real, min: -10, max: 10 }\n", k);
    buf_add_z(&text, "    - { name: y, role: label, classes: [\"0\", \"1\"] }\n");
    if (o->hidden)
        buf_addf(&text, "model: { arch: mlp, hidden: [%llu], seed: 3 }\n", (unsigned long long)o->hidden);
    else
        buf_add_z(&text, "model: { arch: logistic, seed: 3 }\n");
    buf_add_z(&text, "standardise: ranges\ntrain: { optimizer: sgd, learning_rate: 0.01, epochs: 1, batch: 16, "
                     "test_fraction: 0.3, seed: 5 }\n");
    buf_addf(&text,
             "rounds: { count: %llu, quorum: %llu, evaluate_every: %llu, join_deadline: 120s, round_deadline: 300s }\n",
             (unsigned long long)o->rounds, (unsigned long long)o->quorum,
             (unsigned long long)(o->evaluate_every ? o->evaluate_every : 1));
    (void)snprintf(dir, sizeof dir, "%s/tasks", c->dir);
    if (mkdir(dir, 0700) != 0) return why_say(why, ERR_IO, "%s", dir);
    return put_file(c, "tasks/toy.yaml", &text, why);
}

static enum err write_files(struct crowd *c, const struct crowd_order *o, struct why *why)
{
    struct buf policy CLEANUP(buf_free) = buf_make(1 << 16);
    (void)snprintf(c->dir, sizeof c->dir, "/tmp/himas-crowd-XXXXXX");
    if (mkdtemp(c->dir) == NULL) return why_say(why, ERR_IO, "%s", c->dir);
    buf_add_z(&policy, "tasks: any\nmodels: any\nmin_cohort: 1\nmax_rounds: 1000000\nstatistics: yes\n"
                       "privacy: { mode: optional, epsilon_max: 1, delta: 1.0e-5, epsilon_per_round_max: 1 }\n");
    TRY(put_file(c, "policy.yaml", &policy, why));
    TRY(write_records(c, why));
    return write_task(c, o, why);
}

enum err crowd_init(struct crowd *c, const struct crowd_order *o, struct why *why)
{
    char settings[400];
    char name[32];
    *c = (struct crowd){ 0 };
    TRY(write_files(c, o, why));
    c->sim = sim_new(1, &o->faults);
    if (c->sim == NULL) return ERR_MEMORY;
    (void)snprintf(settings, sizeof settings, "tasks: %s/tasks\nexport_dir: %s\n", c->dir, c->dir);
    if (o->on_disk) sim_keep_in(c->sim, c->dir);
    TRY(sim_add(c->sim, &coordinator_agent, "coordinator", settings, why));
    sim_keep_in(c->sim, NULL);
    (void)snprintf(settings, sizeof settings, "records: %s/records.csv\npolicy: %s/policy.yaml\n", c->dir, c->dir);
    for (uint64_t i = 0; i < o->sites; i++) {
        (void)snprintf(name, sizeof name, "h%llu", (unsigned long long)i);
        TRY(sim_add(c->sim, &trainer_agent, name, settings, why));
    }
    TRY(sim_add_person(c->sim, "olga", ROLE_OPERATOR));
    return sim_start(c->sim, why);
}

void crowd_fini(struct crowd *c)
{
    static const char *const names[] = { "records.csv", "policy.yaml", "tasks/toy.yaml", "tasks", "coordinator.db" };
    char path[128];
    sim_free(c->sim);
    for (size_t i = 0; i < sizeof names / sizeof *names && c->dir[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", c->dir, names[i]);
        (void)remove(path);
    }
    if (c->dir[0]) (void)rmdir(c->dir);
}

/* ---- looking: at the head of the run in memory of the coordinator's store, not too often ---- */

static enum err look_at_head(void *to, const char *key, struct bytes value)
{
    struct crowd_end *end = to;
    struct run_head head;
    (void)key;
    TRY(journal_read_head(value, &head));
    end->rounds = head.round;
    (void)snprintf(end->state, sizeof end->state, "%s", run_state_name(head.state));
    (void)snprintf(end->why, sizeof end->why, "%s", head.why);
    return OK;
}

static enum err add_round(void *to, const char *key, struct bytes value)
{
    struct crowd_end *end = to;
    struct round_row row;
    (void)key;
    TRY(journal_read_round(value, &row));
    end->updates += row.in;
    return OK;
}

enum err crowd_look(struct crowd *c, struct crowd_end *out)
{
    struct crowd_end end = { 0 };
    struct store *s = sim_store(c->sim, "coordinator");
    TRY(store_scan(s, "head/", look_at_head, &end));
    TRY(store_scan(s, "round/", add_round, &end));
    *out = end;
    return OK;
}

struct waiting {
    uint64_t rounds;
    uint64_t looked_ms;
};

static bool enough(struct sim *s, void *to)
{
    struct waiting *w = to;
    struct crowd_end end = { 0 };
    if (sim_now_ms(s) - w->looked_ms < LOOK_MS) return false;
    w->looked_ms = sim_now_ms(s);
    if (store_scan(sim_store(s, "coordinator"), "head/", look_at_head, &end) != OK) return false;
    bool over = strcmp(end.state, "done") == 0 || strcmp(end.state, "failed") == 0 || strcmp(end.state, "aborted") == 0;
    return over || (w->rounds > 0 && end.rounds > w->rounds);
}

static bool has_begun(struct crowd *c)
{
    struct crowd_end end = { 0 };
    return store_scan(sim_store(c->sim, "coordinator"), "head/", look_at_head, &end) == OK && end.state[0];
}

bool crowd_run(struct crowd *c, uint64_t rounds)
{
    struct waiting w = { .rounds = rounds };
    if (sim_now_ms(c->sim) == 0) (void)sim_run(c->sim, JOIN_MS, NULL, NULL);
    for (int i = 0; i < 10 && !has_begun(c); i++) {
        sim_say(c->sim, "olga", "coordinator", "start toy");
        (void)sim_run(c->sim, SAID_MS, NULL, NULL);
    }
    return sim_run(c->sim, LONGEST_MS, enough, &w);
}

/* ---- memory ---- */

uint64_t crowd_resident_bytes(void)
{
    unsigned long long all = 0;
    unsigned long long resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL) return 0;
    if (fscanf(f, "%llu %llu", &all, &resident) != 2) resident = 0;
    (void)fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t crowd_allocated_bytes(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}
