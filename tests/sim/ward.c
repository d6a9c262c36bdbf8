#include "tests/sim/ward.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct agent_def coordinator_agent, guardian_agent, trainer_agent;

enum {
    PATH_BYTES = 200,
    SETTINGS_BYTES = 1000,
    TASK_BYTES = 1 << 12,
    RECORDS_BYTES = 1 << 20,
    WAIT_MS = 5000,
    LIMIT_MS = 120000,
    WAITS = 120,
    SEED = 7
};

enum err ward_init(struct ward *w)
{
    static const struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 20 };
    char path[PATH_BYTES];
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/himas-ward-XXXXXX");
    if (mkdtemp(w->dir) == NULL) return ERR_IO;
    (void)snprintf(path, sizeof path, "%s/tasks", w->dir);
    if (mkdir(path, 0700) != 0) return ERR_IO;
    w->sim = sim_new(w->seed ? w->seed : SEED, &calm);
    return w->sim ? OK : ERR_MEMORY;
}

static void remove_all(char *dir)
{
    FTS *all = fts_open((char *[]){ dir, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *e; all && (e = fts_read(all)) != NULL;)
        if (e->fts_info != FTS_D) (void)remove(e->fts_path);
    if (all) (void)fts_close(all);
}

void ward_free(struct ward *w)
{
    sim_free(w->sim);
    if (w->dir[0]) remove_all(w->dir);
    *w = (struct ward){ .sim = NULL };
}

enum err ward_put(const struct ward *w, const char *name, const struct buf *text)
{
    char path[PATH_BYTES];
    TRY(buf_err(text));
    (void)snprintf(path, sizeof path, "%s/%s", w->dir, name);
    return file_write(path, buf_bytes(text), 0600, NULL);
}

enum err ward_add(struct ward *w, const struct agent_def *def, const char *name, const char *settings, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(SETTINGS_BYTES);
    for (const char *p = settings; *p; p++) {
        if (*p == '@')
            buf_add_z(&text, w->dir);
        else
            buf_add(&text, p, 1);
    }
    buf_add(&text, "", 1);
    TRY(buf_err(&text));
    return sim_add(w->sim, def, name, (const char *)text.p, why);
}

enum err ward_staff(struct ward *w, size_t hospitals, const struct agent_def *last, struct why *why)
{
    TRY(ward_add(w, &guardian_agent, "guardian", "policy: @/guardian.yaml\n", why));
    TRY(ward_add(w, &coordinator_agent, "coordinator", "tasks: @/tasks\n", why));
    for (size_t i = 0; i < hospitals; i++) {
        char name[40], settings[100];
        (void)snprintf(name, sizeof name, "hospital-%zu", i);
        (void)snprintf(settings, sizeof settings, "records: @/records-%zu.csv\npolicy: @/policy.yaml\n", i);
        TRY(ward_add(w, last && i + 1 == hospitals ? last : &trainer_agent, name, settings, why));
    }
    TRY(sim_add_person(w->sim, "paul", ROLE_OFFICER));
    TRY(sim_add_person(w->sim, "olga", ROLE_OPERATOR));
    TRY(sim_start(w->sim, why));
    ward_wait(w);
    return OK;
}

/* ---- a toy ---- */

static enum err put_words(const struct ward *w, const char *name, const char *words)
{
    struct buf text CLEANUP(buf_free) = buf_make(TASK_BYTES);
    buf_add_z(&text, words);
    return ward_put(w, name, &text);
}

static enum err put_task(const struct ward *w, const struct ward_toy *toy, const char *tail)
{
    struct buf text CLEANUP(buf_free) = buf_make(TASK_BYTES);
    buf_addf(&text, "%sdata:\n  columns:\n", toy->head);
    for (size_t i = 0; i < toy->inputs; i++) buf_addf(&text, "    - { name: x%zu, min: -1, max: 1 }\n", i);
    buf_addf(&text, "    - { name: y, role: label, classes: [\"0\", \"1\"] }\n%s", tail);
    return ward_put(w, "tasks/toy.yaml", &text);
}

static enum err put_records(const struct ward *w, const struct ward_toy *toy, size_t hospital)
{
    struct rng rng = rng_make(toy->seed + w->seed * toy->hospitals + hospital);
    struct buf text CLEANUP(buf_free) = buf_make(RECORDS_BYTES);
    char name[40];
    for (size_t k = 0; k < toy->inputs; k++) buf_addf(&text, "x%zu,", k);
    buf_add_z(&text, "y\n");
    for (size_t i = 0; i < toy->patients; i++) {
        double first = 2 * rng_unit(&rng) - 1;
        buf_addf(&text, "%.4f,", first);
        for (size_t k = 1; k < toy->inputs; k++) buf_addf(&text, "%.4f,", 2 * rng_unit(&rng) - 1);
        buf_addf(&text, "%d\n", toy->by_chance ? rng_unit(&rng) < .5 : first > 0);
    }
    (void)snprintf(name, sizeof name, "records-%zu.csv", hospital);
    return ward_put(w, name, &text);
}

enum err ward_open(struct ward *w, const struct ward_toy *toy, const char *tail, const struct agent_def *last,
                   struct why *why)
{
    TRY(ward_init(w));
    TRY(put_task(w, toy, tail));
    TRY(put_words(w, "policy.yaml", toy->policy));
    TRY(put_words(w, "guardian.yaml", toy->guardian));
    for (size_t i = 0; i < toy->hospitals; i++) TRY(put_records(w, toy, i));
    return ward_staff(w, toy->hospitals, last, why);
}

/* ---- what people do ---- */

const char *ward_train(struct ward *w, const char *task)
{
    char words[SETTINGS_BYTES];
    (void)snprintf(words, sizeof words, "start %s", task);
    const char *said = ward_ask(w, "olga", "coordinator", words);
    if (strstr(said, "-1") == NULL) return said;
    (void)snprintf(words, sizeof words, "runs show %s-1", task);
    for (int i = 0; i < WAITS; i++) {
        ward_wait(w);
        said = ward_ask(w, "olga", "coordinator", words);
        if (strstr(said, "done") || strstr(said, "failed")) break;
    }
    return said;
}

void ward_wait(struct ward *w) { (void)sim_run(w->sim, WAIT_MS, NULL, NULL); }

static bool heard(struct sim *s, void *person) { return sim_heard(s, person).n > 0; }

const char *ward_ask(struct ward *w, const char *person, const char *agent, const char *words)
{
    char who[ROSTER_NAME_BYTES];
    (void)snprintf(who, sizeof who, "%s", person);
    sim_forget(w->sim, person);
    sim_say(w->sim, person, agent, words);
    (void)sim_run(w->sim, LIMIT_MS, heard, who);
    return sim_heard(w->sim, person).n ? sim_heard(w->sim, person).p : "";
}
