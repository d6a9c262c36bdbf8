#include "tests/sim/federation.h"
#include "agents/coordinator/journal.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include "common/wire/codec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct agent_def coordinator_agent, trainer_agent;

enum { ROWS = 60, VIRTUAL_MS = 3600 * 1000, ASK_AGAIN_MS = 20000 };

static const char task_head[] =
    "name: toy\n"
    "data:\n"
    "  header: no\n"
    "  columns:\n"
    "    - { name: a, kind: real, min: -10, max: 10 }\n"
    "    - { name: b, kind: real, min: -10, max: 10 }\n"
    "    - { name: y, role: label, classes: [\"0\", \"1\"] }\n"
    "model: { arch: logistic, seed: 3 }\n"
    "train: { optimizer: sgd, learning_rate: 0.1, epochs: 1, batch: 16, test_fraction: 0.3, seed: 5 }\n";
static const char policy_head[] = "tasks: any\nmodels: any\nmin_cohort: 5\nmax_rounds: 100\nstatistics: yes\n";

/* ---- files ---- */

static enum err put_file(struct federation *f, const char *name, const struct buf *text, struct why *why)
{
    char path[128];
    TRY(buf_err(text));
    (void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return file_write(path, buf_bytes(text), 0600, why);
}

/* Two classes around (1, 1) and (-1, -1), some overlap. */
static enum err write_records(struct federation *f, unsigned site, struct why *why)
{
    struct rng rng = rng_make(1000 + site);
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    char name[32];
    for (int i = 0; i < ROWS; i++) {
        int y = i % 2;
        double at = y ? 1 : -1;
        buf_addf(&text, "%.4f,%.4f,%d\n", at + rng_normal(&rng), at + rng_normal(&rng), y);
    }
    (void)snprintf(name, sizeof name, "records-%u.csv", site);
    return put_file(f, name, &text, why);
}

static enum err write_policy(struct federation *f, const char *name, double epsilon_max, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    buf_addf(&text, "%sprivacy: { mode: optional, epsilon_max: %g, delta: 1.0e-5, epsilon_per_round_max: 10 }\n",
             policy_head, epsilon_max);
    return put_file(f, name, &text, why);
}

static enum err write_task(struct federation *f, const struct federation_plan *p, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    char dir[100];
    buf_addf(&text, "%sstandardise: %s\n", task_head, p->moments ? "moments" : "ranges");
    buf_addf(&text, "rounds: { count: %u, quorum: %u, join_deadline: 120s, round_deadline: 300s }\n", p->rounds,
             p->quorum);
    if (p->noise) buf_add_z(&text, "privacy: { mechanism: gaussian, epsilon: 5, delta: 1.0e-6, clip: 1 }\n");
    (void)snprintf(dir, sizeof dir, "%s/tasks", f->dir);
    if (mkdir(dir, 0700) != 0) return why_say(why, ERR_IO, "%s", dir);
    return put_file(f, "tasks/toy.yaml", &text, why);
}

static enum err write_files(struct federation *f, const struct federation_plan *p, struct why *why)
{
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/himas-sim-XXXXXX");
    if (mkdtemp(f->dir) == NULL) return why_say(why, ERR_IO, "%s", f->dir);
    TRY(write_task(f, p, why));
    TRY(write_policy(f, "policy.yaml", 1000, why));
    TRY(write_policy(f, "spent.yaml", 0.001, why));
    for (unsigned i = 0; i < p->sites; i++) TRY(write_records(f, i, why));
    return OK;
}

/* ---- the eye ---- */

static struct seen_update *find(struct federation *f, struct str id, const char *from)
{
    for (size_t i = 0; i < f->nupdates; i++)
        if (str_is(id, f->updates[i].id) && (from == NULL || strcmp(from, f->updates[i].from) == 0))
            return &f->updates[i];
    return NULL;
}

static void on_update(struct federation *f, const char *from, const struct msg *m)
{
    struct str name = str_of(from);
    if (f->spent && str_is(str_next(&name, '@'), f->spent)) f->from_spent++;
    if (find(f, str_of(m->id), from) || f->nupdates == FEDERATION_MAX_SEEN) return;
    struct seen_update *u = &f->updates[f->nupdates++];
    *u = (struct seen_update){ .round = m->round };
    (void)snprintf(u->from, sizeof u->from, "%s", from);
    memcpy(u->id, m->id, sizeof u->id);
    memcpy(u->run, m->run, sizeof u->run);
}

static void look_at(void *to, const char *from, const struct packet *p)
{
    struct federation *f = to;
    struct arena arena CLEANUP(arena_free) = arena_make(8 << 20);
    struct msg m;
    if (p->kind == PACKET_CHAT) return;
    if (msg_decode(p->body, &arena, &m, NULL, NULL) != OK) {
        f->off_schema++;
        return;
    }
    if (m.type == MSG_UPDATE) on_update(f, from, &m);
    for (size_t i = 0; i < m.nacks && str_starts(str_of(from), "coordinator@"); i++) {
        struct seen_update *u = find(f, m.acks[i], p->peer);
        if (u) u->acked = true;
    }
}

/* ---- life ---- */

static enum err add_hospitals(struct federation *f, const struct federation_plan *p, struct why *why)
{
    static const char *const names[FEDERATION_MAX_SITES] = { "hospital-0", "hospital-1", "hospital-2", "hospital-3",
                                                             "hospital-4", "hospital-5", "hospital-6", "hospital-7" };
    for (unsigned i = 0; i < p->sites; i++) {
        char settings[400];
        bool spent = p->one_spent && i + 1 == p->sites;
        if (spent) f->spent = names[i];
        (void)snprintf(settings, sizeof settings, "records: %s/records-%u.csv\npolicy: %s/%s\nsite: %s\n", f->dir, i,
                       f->dir, spent ? "spent.yaml" : "policy.yaml", names[i]);
        TRY(sim_add(f->sim, &trainer_agent, names[i], settings, why));
    }
    return OK;
}

enum err federation_init(struct federation *f, const struct federation_plan *p, struct why *why)
{
    char settings[300];
    *f = (struct federation){ .sites = p->sites };
    TRY(write_files(f, p, why));
    f->sim = sim_new(p->seed, &p->faults);
    f->updates = calloc(FEDERATION_MAX_SEEN, sizeof *f->updates);
    if (f->sim == NULL || f->updates == NULL) return ERR_MEMORY;
    sim_watch(f->sim, look_at, f);
    (void)snprintf(settings, sizeof settings, "tasks: %s/tasks\nexport_dir: %s\n", f->dir, f->dir);
    TRY(sim_add(f->sim, &coordinator_agent, "coordinator", settings, why));
    TRY(add_hospitals(f, p, why));
    TRY(sim_add_person(f->sim, "olga", ROLE_OPERATOR));
    return sim_start(f->sim, why);
}

void federation_fini(struct federation *f)
{
    char path[128];
    sim_free(f->sim);
    free(f->updates);
    if (f->dir[0] == '\0') return;
    for (unsigned i = 0; i < f->sites; i++) {
        (void)snprintf(path, sizeof path, "%s/records-%u.csv", f->dir, i);
        (void)unlink(path);
    }
    static const char *const files[] = { "policy.yaml", "spent.yaml", "tasks/toy.yaml" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/tasks", f->dir);
    (void)rmdir(path);
    (void)rmdir(f->dir);
}

/* ---- how it stands ---- */

struct look {
    struct federation_end *end;
    struct sim *sim;
    bool found;
};

static enum err look_at_head(void *to, const char *key, struct bytes value)
{
    struct look *l = to;
    struct run_head head;
    (void)key;
    TRY(journal_read_head(value, &head));
    l->found = true;
    l->end->rounds = head.round;
    l->end->open_late = head.late + head.refused;
    (void)snprintf(l->end->state, sizeof l->end->state, "%s", run_state_name(head.state));
    (void)snprintf(l->end->why, sizeof l->end->why, "%s", head.why);
    return OK;
}

static enum err newest_version(void *to, const char *key, struct bytes value)
{
    struct look *l = to;
    (void)key;
    return agent_sha256(value, l->end->model);
}

enum err federation_look(struct federation *f, struct federation_end *out, struct why *why)
{
    struct federation_end end = { 0 };
    struct look l = { .end = &end, .sim = f->sim };
    struct store *s = sim_store(f->sim, "coordinator");
    TRY(store_scan(s, "head/", look_at_head, &l));
    TRY(store_scan(s, "weights/", newest_version, &l));
    *out = end;
    return l.found ? OK : why_say(why, ERR_ABSENT, "there is no run");
}

static bool over(struct sim *s, void *to)
{
    struct federation *f = to;
    struct federation_end end;
    (void)s;
    if (federation_look(f, &end, NULL) != OK) return false;
    return strcmp(end.state, "done") == 0 || strcmp(end.state, "failed") == 0 || strcmp(end.state, "aborted") == 0;
}

static bool begun(struct sim *s, void *to)
{
    struct federation_end end;
    (void)s;
    return federation_look(to, &end, NULL) == OK;
}

bool federation_run(struct federation *f)
{
    (void)sim_run(f->sim, ASK_AGAIN_MS, NULL, NULL);
    for (int i = 0; i < 100 && !begun(f->sim, f); i++) { /* talk may be lost: a person says it again */
        sim_say(f->sim, "olga", "coordinator", "start toy");
        (void)sim_run(f->sim, ASK_AGAIN_MS, begun, f);
    }
    return sim_run(f->sim, VIRTUAL_MS, over, f);
}

/* ---- invariants ---- */

struct rows {
    struct journal_row *p;
    size_t n, cap;
    uint64_t late, refused; /* over all closed rounds */
};

static enum err take_row(void *to, const char *key, struct bytes value)
{
    struct rows *r = to;
    (void)key;
    if (r->n == r->cap) {
        size_t more = r->cap ? 2 * r->cap : 64;
        struct journal_row *p = realloc(r->p, more * sizeof *p);
        if (p == NULL) return ERR_MEMORY;
        r->p = p;
        r->cap = more;
    }
    TRY(journal_read_row(value, &r->p[r->n]));
    r->n++;
    return OK;
}

static enum err take_round(void *to, const char *key, struct bytes value)
{
    struct rows *r = to;
    struct round_row row;
    (void)key;
    TRY(journal_read_round(value, &row));
    r->late += row.late;
    r->refused += row.refused;
    return row.in <= row.joined ? OK : ERR_BUG;
}

static size_t counted(const struct rows *rows, const struct seen_update *u)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct journal_row *r = &rows->p[i];
        n += strcmp(r->site, u->from) == 0 && r->round == u->round && strcmp(r->from, "training") == 0;
    }
    return n;
}

/* An acknowledged update is in the journal, unless it was late or refused, which the rounds count, or came when its run
 * had ended without closing its round. */
static enum err check_updates(struct federation *f, const struct rows *rows, struct why *why)
{
    struct federation_end end;
    uint64_t missing = 0;
    TRY(federation_look(f, &end, why));
    for (size_t i = 0; i < f->nupdates; i++) {
        const struct seen_update *u = &f->updates[i];
        bool useless = u->round == end.rounds && strcmp(end.state, "done") != 0;
        missing += u->acked && !useless && counted(rows, u) == 0;
    }
    if (missing <= rows->late + rows->refused + end.open_late) return OK;
    return why_say(why, ERR_BUG, "%llu acknowledged updates are nowhere", (unsigned long long)missing);
}

enum err federation_check(struct federation *f, struct why *why)
{
    struct store *s = sim_store(f->sim, "coordinator");
    struct rows rows = { 0 };
    if (f->off_schema) return why_say(why, ERR_BUG, "%llu packets were off schema", (unsigned long long)f->off_schema);
    if (f->from_spent) return why_say(why, ERR_BUG, "%s sent an update without budget", f->spent);
    TRY(journal_check(s, why));
    enum err e = store_scan(s, "journal/", take_row, &rows);
    if (e == OK) e = store_scan(s, "round/", take_round, &rows);
    if (e == ERR_BUG) e = why_say(why, e, "a round counted more updates than hospitals");
    if (e == OK) e = check_updates(f, &rows, why);
    free(rows.p);
    return e;
}
