#include "tests/sim/federation.h"
#include "agents/coordinator/journal.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include "common/wire/codec.h"
#include "tests/sim/keeper.h"
#include "tests/sim/rationed.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct agent_def coordinator_agent, trainer_agent, guardian_agent;

enum { ROWS = 60, VIRTUAL_MS = 7200 * 1000, ASK_AGAIN_MS = 20000, LOOK_MS = 500, MINUTE_MS = 60000 };
enum { JOIN_DEADLINE_MS = 300000, ROUND_DEADLINE_MS = 300000 }; /* ten tries of a message that is lost, each */

static const char task_head[] = "name: toy\n"
                                "data:\n"
                                "  header: no\n"
                                "  columns:\n"
                                "    - { name: a, kind: real, min: -10, max: 10 }\n"
                                "    - { name: b, kind: real, min: -10, max: 10 }\n"
                                "    - { name: y, role: label, classes: [\"0\", \"1\"] }\n"
                                "model: { arch: logistic, seed: 3 }\n";
static const char train_head[] = "train: { optimizer: sgd, learning_rate: 0.1, epochs: 1, test_fraction: 0.3, seed: 5";
static const char policy_head[] = "tasks: any\nmodels: any\nmin_cohort: 5\nmax_rounds: 100\n";
enum { EPSILON_A_ROUND = 5 };

/* ---- files ---- */

static enum err put_file(const struct federation_files *f, const char *name, const struct buf *text, struct why *why)
{
    char path[128];
    TRY(buf_err(text));
    (void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return file_write(path, buf_bytes(text), 0600, why);
}

/* Two classes around (1, 1) and (-1, -1), some overlap. */
static enum err write_records(const struct federation_files *f, uint64_t site, struct why *why)
{
    struct rng rng = rng_make(1000 + site);
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    char name[40];
    for (int i = 0; i < ROWS; i++) {
        int y = i % 2;
        double at = y ? 1 : -1;
        buf_addf(&text, "%.4f,%.4f,%d\n", at + rng_normal(&rng), at + rng_normal(&rng), y);
    }
    (void)snprintf(name, sizeof name, "records-%llu.csv", (unsigned long long)site);
    return put_file(f, name, &text, why);
}

static enum err write_policy(const struct federation_files *f, const char *name, double epsilon_max, bool silent,
                             bool wary, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    buf_addf(&text, "%sstatistics: %s\n", policy_head, silent ? "no" : "yes");
    buf_addf(&text, "privacy: { mode: optional, epsilon_max: %g, delta: 1.0e-5, epsilon_per_round_max: 10 }\n",
             epsilon_max);
    if (wary) buf_addf(&text, "secure_sums: { min_hospitals: %d }\n", FEDERATION_MAX_SITES + 1);
    return put_file(f, name, &text, why);
}

static uint64_t or_else(uint64_t value, uint64_t fallback) { return value ? value : fallback; }

static enum err write_task(const struct federation_files *f, const struct plan *p, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    char dir[100];
    buf_addf(&text, "%sstandardise: %s\n", task_head, p->moments ? "moments" : "ranges");
    buf_addf(&text, "%s%s }\n", train_head, p->local_steps ? "" : ", batch: 16");
    buf_addf(&text,
             "rounds: { count: %llu, quorum: %llu, evaluate_every: %llu, join_deadline: %llums, "
             "round_deadline: %llums, max_update_norm: %s }\n",
             (unsigned long long)p->rounds, (unsigned long long)p->quorum,
             (unsigned long long)or_else(p->evaluate_every, 1),
             (unsigned long long)or_else(p->join_deadline_ms, JOIN_DEADLINE_MS),
             (unsigned long long)or_else(p->round_deadline_ms, ROUND_DEADLINE_MS), p->narrow ? "0.000001" : "10000");
    if (p->noise && p->secure && p->local_steps)
        buf_addf(&text, "privacy: { mechanism: dp-sgd, epsilon: 8, delta: 1.0e-6, clip: 1, rate: 0.25 }\n");
    else if (p->noise && p->secure)
        buf_addf(&text, "privacy: { mechanism: distributed, unit: site, epsilon: 8, delta: 1.0e-6, clip: 1 }\n");
    else if (p->noise)
        buf_addf(&text, "privacy: { mechanism: gaussian, epsilon: %d, delta: 1.0e-6, clip: 1 }\n", EPSILON_A_ROUND);
    if (p->secure)
        buf_addf(&text, "aggregation: { secure: yes, adversaries: %llu }\n", (unsigned long long)p->adversaries);
    (void)snprintf(dir, sizeof dir, "%s/tasks", f->dir);
    if (mkdir(dir, 0700) != 0) return why_say(why, ERR_IO, "%s", dir);
    return put_file(f, "tasks/toy.yaml", &text, why);
}

static enum err write_veto(const struct federation_files *f, const struct plan *p, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    buf_addf(&text,
             "min_cohort: %d\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nnoise_max: %g\nepsilon_max: %g\n"
             "delta: 1.0e-5\npermit_minutes: 600\n",
             p->guardian == PLAN_VETO ? FEDERATION_MAX_SITES + 1 : 1,
             p->guardian == PLAN_RATION ? RATIONED_NOISE_MAX : 0, p->guardian == PLAN_RATION ? RATIONED_EPSILON : 1000);
    return put_file(f, "guardian.yaml", &text, why);
}

enum err federation_files_make(struct federation_files *f, const struct plan *p, struct why *why)
{
    *f = (struct federation_files){ .sites = p->sites };
    if (p->sites > FEDERATION_MAX_SITES) return why_say(why, ERR_LIMIT, "at most %d sites", FEDERATION_MAX_SITES);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/himas-sim-XXXXXX");
    if (mkdtemp(f->dir) == NULL) return why_say(why, ERR_IO, "%s", f->dir);
    TRY(write_task(f, p, why));
    double enough = .001 + EPSILON_A_ROUND * (double)p->spent_after;
    TRY(write_policy(f, "policy.yaml", 1000, false, false, why));
    TRY(write_policy(f, "other.yaml", p->one_spent ? enough : 1000, false, p->one_wary, why));
    for (uint64_t i = 0; i < p->sites; i++) TRY(write_records(f, i, why));
    return write_veto(f, p, why);
}

static void remove_file(const struct federation_files *f, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
    (void)remove(path);
}

void federation_files_remove(struct federation_files *f)
{
    static const char *const names[] = { "policy.yaml", "other.yaml", "guardian.yaml", "tasks/toy.yaml", "tasks" };
    char name[40];
    if (f->dir[0] == '\0') return;
    for (uint64_t i = 0; i < f->sites; i++) {
        (void)snprintf(name, sizeof name, "records-%llu.csv", (unsigned long long)i);
        remove_file(f, name);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) remove_file(f, names[i]);
    (void)remove(f->dir);
    f->dir[0] = '\0';
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
    bool spent = f->spent[0] && str_is(str_next(&name, '@'), f->spent);
    if (spent && m->round > f->plan->spent_after) f->from_spent++;
    if (find(f, str_of(m->id), from) || f->nupdates == FEDERATION_MAX_SEEN) return;
    struct seen_update *u = &f->updates[f->nupdates++];
    *u = (struct seen_update){ .round = m->round };
    (void)snprintf(u->from, sizeof u->from, "%s", from);
    memcpy(u->id, m->id, sizeof u->id);
    memcpy(u->run, m->run, sizeof u->run);
}

/* Every update and whatever acknowledges one is read, and of the rest one in eight: enough to see one off schema. */
static bool worth_reading(struct federation *f, const char *from, const struct packet *p)
{
    bool acks = str_starts(str_of(from), "coordinator@") && strstr(p->body.p, "\"ack\":[\"");
    return acks || strstr(p->body.p, "\"type\":\"update\"") || strstr(p->body.p, "\"type\":\"secure.input\"") ||
           strstr(p->body.p, "\"type\":\"secure.header\"") || strstr(p->body.p, "\"type\":\"secure.answer\"") ||
           ++f->packets % 8 == 0;
}

/* How many records a hospital has, in clear: any number but 0. */
static bool tells_count(struct str body)
{
    static const char *const keys[] = { "\"records\":", "\"samples\":", "\"count\":" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (const char *at = strstr(body.p, keys[i]); at != NULL; at = strstr(at + 1, keys[i]))
            if (at[strlen(keys[i])] != '0') return true;
    return false;
}

static void look_at(void *to, const char *from, const struct packet *p)
{
    struct federation *f = to;
    struct arena arena CLEANUP(arena_free) = arena_make(8 << 20);
    struct msg m;
    if (p->kind == PACKET_CHAT) return;
    f->unmasked += strstr(p->body.p, "\"type\":\"evaluation\"") != NULL;
    f->counted += str_starts(str_of(from), "hospital-") && tells_count(p->body);
    if (!worth_reading(f, from, p)) return;
    if (msg_decode(p->body, &arena, &m, NULL, NULL) != OK) {
        f->off_schema++;
        return;
    }
    if (m.type == MSG_UPDATE) on_update(f, from, &m);
    if (paid_see(&f->paid, from, &m) != OK) f->off_schema++;
    if (answered_see(&f->answered, sim_identity(f->sim, "coordinator"), from, &m) != OK) f->off_schema++;
    for (size_t i = 0; i < m.nacks && str_starts(str_of(from), "coordinator@"); i++) {
        struct seen_update *u = find(f, m.acks[i], p->peer);
        if (u) u->acked = true;
    }
}

/* ---- life ---- */

void federation_hospital(uint64_t i, char out[FEDERATION_NAME_BYTES])
{
    (void)snprintf(out, FEDERATION_NAME_BYTES, "hospital-%llu", (unsigned long long)i);
}

static enum err add_hospitals(struct federation *f, struct why *why)
{
    const char *dir = f->files->dir;
    vandal_make(&f->vandal, (enum vandalism)f->plan->vandalism);
    for (uint64_t i = 0; i < f->plan->sites; i++) {
        char settings[400];
        char name[FEDERATION_NAME_BYTES];
        bool other = i + 1 == f->plan->sites;
        federation_hospital(i, name);
        if (other && f->plan->one_spent) (void)snprintf(f->spent, sizeof f->spent, "%s", name);
        (void)snprintf(settings, sizeof settings, "records: %s/records-%llu.csv\npolicy: %s/%s\nsite: %s\n", dir,
                       (unsigned long long)i, dir, other ? "other.yaml" : "policy.yaml", name);
        bool vandal = i >= f->plan->sites - f->plan->vandals;
        TRY(sim_add(f->sim, vandal ? &f->vandal.def : &trainer_agent, name, settings, why));
    }
    return OK;
}

static enum err add_guardian(struct federation *f, struct why *why)
{
    char settings[100];
    if (f->plan->guardian == 0) return OK;
    if (f->plan->guardian >= PLAN_GUARDIAN) {
        (void)snprintf(settings, sizeof settings, "policy: %s/guardian.yaml\n", f->files->dir);
        return sim_add(f->sim, &guardian_agent, "guardian", settings, why);
    }
    (void)snprintf(settings, sizeof settings, "mood: %s\n", keeper_moods[f->plan->guardian - 1]);
    return sim_add(f->sim, &keeper_agent, "guardian", settings, why);
}

enum err federation_init(struct federation *f, const struct plan *p, const struct federation_files *files,
                         struct why *why)
{
    char settings[300];
    struct sim_faults faults = p->faults;
    *f = (struct federation){ .plan = p, .files = files };
    faults.strikes = p->strikes;
    faults.nstrikes = p->nstrikes;
    if (p->one_silent) TRY(write_policy(files, "other.yaml", 1000, false, false, why));
    f->sim = sim_new(p->seed, &faults);
    f->updates = calloc(FEDERATION_MAX_SEEN, sizeof *f->updates);
    if (f->sim == NULL || f->updates == NULL) return ERR_MEMORY;
    sim_watch(f->sim, look_at, f);
    (void)snprintf(settings, sizeof settings, "tasks: %s/tasks\nexport_dir: %s\n", files->dir, files->dir);
    TRY(sim_add(f->sim, &coordinator_agent, "coordinator", settings, why));
    TRY(add_hospitals(f, why));
    TRY(add_guardian(f, why));
    TRY(sim_add_person(f->sim, "olga", ROLE_OPERATOR));
    return sim_start(f->sim, why);
}

void federation_fini(struct federation *f)
{
    sim_free(f->sim);
    free(f->updates);
    paid_fini(&f->paid);
    answered_fini(&f->answered);
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
    l->end->sums = head.sums;
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

static bool is_over(const char *state)
{
    return strcmp(state, "done") == 0 || strcmp(state, "failed") == 0 || strcmp(state, "aborted") == 0;
}

static bool due(struct federation *f)
{
    if (sim_now_ms(f->sim) - f->looked_ms < LOOK_MS) return false;
    f->looked_ms = sim_now_ms(f->sim);
    return true;
}

static enum err damage_one(void *to, const char *key, struct bytes value)
{
    (void)value;
    TRY(store_begin(to));
    TRY(store_put(to, key, bytes_of("rot", 3)));
    return store_commit(to);
}

static bool over(struct sim *s, void *to)
{
    struct federation_end end;
    struct federation *f = to;
    if (f->plan->damaged && store_scan(sim_store(s, "coordinator"), "delta/", damage_one, sim_store(s, "coordinator")))
        return false;
    return due(to) && federation_look(to, &end, NULL) == OK && is_over(end.state);
}

static bool begun(struct sim *s, void *to)
{
    struct federation_end end;
    (void)s;
    return due(to) && federation_look(to, &end, NULL) == OK;
}

/* The last hospital's policy changes, and it is started again. */
static void fall_silent(struct federation *f)
{
    char name[FEDERATION_NAME_BYTES];
    (void)sim_run(f->sim, f->plan->seed * 97 % 2500, NULL, NULL);
    federation_hospital(f->plan->sites - 1, name);
    if (write_policy(f->files, "other.yaml", 1000, true, false, NULL) == OK) sim_kill(f->sim, name, 1);
}

/* The operator changes her mind at random, for as long as other things go wrong too. */
static bool meddle(struct federation *f)
{
    static const char *const orders[] = { "pause", "resume", "pause", "resume", "resume", "abort" };
    const struct plan *p = f->plan;
    struct rng rng = rng_make(p->seed + 77);
    while (p->meddle_per_minute > 0 && sim_now_ms(f->sim) < p->faults.faults_until_ms) {
        double wait_ms = -log(1 - rng_unit(&rng)) / p->meddle_per_minute * MINUTE_MS;
        if (sim_run(f->sim, (uint64_t)wait_ms + 1, over, f)) return true;
        sim_say(f->sim, "olga", "coordinator", orders[rng_below(&rng, p->aborts ? 6 : 5)]);
    }
    return false;
}

void federation_begin(struct federation *f)
{
    (void)sim_run(f->sim, f->plan->seed % 2 ? ASK_AGAIN_MS : 1, NULL, NULL);
    bool runs = false;
    for (int i = 0; i < 100 && !runs; i++) { /* talk may be lost: a person says it again */
        sim_say(f->sim, "olga", "coordinator", "start toy");
        runs = sim_run(f->sim, ASK_AGAIN_MS, begun, f);
    }
}

bool federation_finish(struct federation *f)
{
    if (f->plan->one_silent) fall_silent(f);
    bool ended = meddle(f);
    while (!ended && sim_now_ms(f->sim) < VIRTUAL_MS) {
        ended = sim_run(f->sim, 10 * ASK_AGAIN_MS, over, f);
        if (!ended) sim_say(f->sim, "olga", "coordinator", "resume"); /* were it paused */
    }
    return ended;
}

bool federation_run(struct federation *f)
{
    federation_begin(f);
    return federation_finish(f);
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

/* Where a secure sum came to its end the hospitals' answers were looked at. */
static enum err check_answers(struct federation *f, struct why *why)
{
    struct federation_end end;
    TRY(federation_look(f, &end, why));
    TRY(answered_check(&f->answered, why));
    bool ended = f->plan->secure && strcmp(end.state, "done") == 0;
    return ended && f->answered.answers == 0 ? why_say(why, ERR_BUG, "nobody saw an answer leave") : OK;
}

/* Whatever happened to its keeper, the log is whole: it reads as it was signed. */
static enum err check_log(struct federation *f, struct why *why)
{
    struct store *s = f->plan->guardian ? sim_store(f->sim, "guardian") : NULL;
    return s ? keeper_check(s, why) : OK;
}

enum err federation_check(struct federation *f, struct why *why)
{
    struct store *s = sim_store(f->sim, "coordinator");
    struct rows rows = { 0 };
    if (f->off_schema) return why_say(why, ERR_BUG, "%llu packets were off schema", (unsigned long long)f->off_schema);
    if (f->from_spent) return why_say(why, ERR_BUG, "%s sent an update without budget", f->spent);
    if (f->plan->secure && f->nupdates > 0) return why_say(why, ERR_BUG, "an update left unmasked");
    if (f->plan->secure && f->unmasked > 0) return why_say(why, ERR_BUG, "scores left unmasked");
    if (f->plan->secure && f->counted > 0) return why_say(why, ERR_BUG, "a number of records left in clear");
    if (!f->plan->secure && f->nupdates > 0 && f->counted == 0)
        return why_say(why, ERR_BUG, "who looks for numbers of records saw none, where each update tells one");
    if (f->plan->secure && f->plan->noise) TRY(paid_check(&f->paid, f->sim, f->plan, why));
    TRY(check_answers(f, why));
    TRY(journal_check(s, why));
    TRY(check_log(f, why));
    if (f->plan->guardian == PLAN_RATION) TRY(rationed_check(f->sim, why));
    enum err e = store_scan(s, "journal/", take_row, &rows);
    if (e == OK) e = store_scan(s, "round/", take_round, &rows);
    if (e == ERR_BUG) e = why_say(why, e, "a round counted more updates than hospitals");
    if (e == OK) e = check_updates(f, &rows, why);
    free(rows.p);
    return e;
}
