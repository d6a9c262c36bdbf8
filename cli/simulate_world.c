#define _XOPEN_SOURCE 700 /* nftw(3) */
#include "cli/simulate_world.h"
#include "cli/emit.h"
#include "cli/program.h"
#include "common/base/file.h"
#include "common/wire/doc.h"
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX_BYTES ((size_t)1 << 32)

enum {
    FILE_MODE = 0600,
    NAMES_MAX_BYTES = 1 << 20,
    TASK_MAX_TEXT = 1 << 20,
    TASK_ARENA_BYTES = 8 << 20,
    OPEN_FOLDERS = 16
};

static const char policy[] =
    "tasks: any\nmodels: any\nmin_cohort: 1\nmax_rounds: 1000000\nstatistics: yes\n"
    "privacy: {mode: optional, epsilon_max: 1000, delta: 1.0e-5, epsilon_per_round_max: 1000}\n";

char *world_site(size_t i, char out[WORLD_SITE_BYTES])
{
    (void)snprintf(out, WORLD_SITE_BYTES, "s%zu", i + 1);
    return out;
}

static enum err make_folder(struct world *w, struct why *why)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(w->home.root, sizeof w->home.root, "%s/himas-simulate-XXXXXX", base && *base ? base : "/tmp");
    if (mkdtemp(w->home.root)) return OK;
    enum err e = why_say(why, ERR_IO, "cannot make a folder %s: %s", w->home.root, strerror(errno));
    w->home.root[0] = '\0';
    return e;
}

static size_t count_lines(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) n += text.p[i] == '\n';
    return n;
}

/* A file too short for so many sites is dealt out several times over: what repeats is seen at several sites. */
static enum err lengthen(struct world *w, const struct world_order *o, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(RECORDS_MAX_BYTES);
    CLEANUP(buf_free) struct buf more = buf_make(RECORDS_MAX_BYTES);
    TRY(file_read(o->records, &text, why));
    if (text.n && text.p[text.n - 1] != '\n') buf_add_z(&text, "\n");
    struct str rows = buf_str(&text);
    struct str head = str_next(&rows, '\n');
    size_t n = count_lines(rows);
    w->copies = n ? (o->nsites * WORLD_SITE_RECORDS + n - 1) / n : 1;
    buf_addf(&more, STR_F "\n", STR_ARG(head));
    for (size_t i = 0; i < w->copies; i++) buf_add(&more, rows.p, rows.n);
    TRY(buf_err(&more));
    return file_write(home_at(&w->home, "records.csv").text, buf_bytes(&more), FILE_MODE, why);
}

static enum err deal(const struct world *w, const struct world_order *o, struct why *why)
{
    char program[PROGRAM_PATH_BYTES];
    char name[WORLD_SITE_BYTES];
    char alpha[40];
    char seed[24];
    CLEANUP(buf_free) struct buf names = buf_make(NAMES_MAX_BYTES);
    struct path folder = home_at(&w->home, "sites");
    struct path log = home_at(&w->home, "partition.log");
    TRY(program_beside("himas-partition", program, sizeof program, why));
    for (size_t i = 0; i < o->nsites; i++) {
        TRY(home_folder(home_at(&w->home, "sites/%s", world_site(i, name)).text, why));
        buf_addf(&names, "%s%s", i ? "," : "", name);
    }
    TRY(buf_err(&names));
    (void)snprintf(alpha, sizeof alpha, "%.17g", o->alpha);
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
    struct path records = home_at(&w->home, "records.csv");
    const char *const argv[] = {
        program, records.text, o->task, folder.text, (const char *)names.p, alpha, seed, NULL
    };
    return program_run(&(struct program_start){ .argv = argv, .log_path = log.text, .log_passes = true }, why);
}

static void emit_others(const struct doc *map, const char *but, const char *between, struct buf *out)
{
    for (size_t i = 0; map && i < map->count; i++) {
        if (str_is(map->items[i]->key, but)) continue;
        emit_text(out, map->items[i]->key);
        buf_add_z(out, ": ");
        emit_doc(out, map->items[i]);
        buf_add_z(out, between);
    }
}

/* Hospitals take part in a task as it is written: a run of more rounds is a run of another task. */
static enum err task_text(const struct world_order *o, struct buf *out, struct why *why)
{
    const struct doc *task = NULL;
    CLEANUP(arena_free) struct arena arena = arena_make(TASK_ARENA_BYTES);
    if (!o->rounds) return file_read(o->task, out, why);
    TRY(doc_read(o->task, &arena, &task, why));
    emit_others(task, "rounds", "\n", out);
    buf_add_z(out, "rounds: {");
    emit_others(doc_get(task, "rounds"), "count", ", ", out);
    buf_addf(out, "count: %llu}\n", (unsigned long long)o->rounds);
    return buf_err(out);
}

static enum err fill(struct world *w, const struct world_order *o, struct why *why)
{
    CLEANUP(buf_free) struct buf task = buf_make(TASK_MAX_TEXT);
    TRY(home_folder(home_at(&w->home, "tasks").text, why));
    TRY(task_text(o, &task, why));
    TRY(file_write(home_at(&w->home, "tasks/task.yaml").text, buf_bytes(&task), FILE_MODE, why));
    TRY(file_write(home_at(&w->home, "policy.yaml").text, bytes_of(policy, sizeof policy - 1), FILE_MODE, why));
    TRY(lengthen(w, o, why));
    return deal(w, o, why);
}

enum err world_make(const struct world_order *order, struct world *out, struct why *why)
{
    out->nsites = order->nsites;
    TRY(make_folder(out, why));
    return fill(out, order, why);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

void world_remove(struct world *w)
{
    if (*w->home.root) (void)nftw(w->home.root, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    w->home.root[0] = '\0';
}

void world_coordinator(const struct world *w, struct buf *out)
{
    emit_pair(out, "tasks", home_at(&w->home, "tasks").text);
}

void world_trainer(const struct world *w, size_t i, struct buf *out)
{
    char name[WORLD_SITE_BYTES];
    emit_pair(out, "records", home_at(&w->home, "sites/%s/records.csv", world_site(i, name)).text);
    emit_pair(out, "policy", home_at(&w->home, "policy.yaml").text);
}
