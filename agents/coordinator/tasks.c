#include "agents/coordinator/tasks.h"
#include "agents/coordinator/run.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/runtime/agent.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TASK_ARENA_BYTES = 8 << 20, TASK_ENVELOPE_BYTES = 1024 };

/* A task travels in a message: its text as JSON, and some room for the envelope. */
static size_t wire_bytes(struct str text)
{
    size_t n = TASK_ENVELOPE_BYTES;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool short_escape = c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t';
        n += short_escape ? 2 : c < ' ' ? 6 : 1;
    }
    return n;
}

static enum err parse(struct task_file *f)
{
    struct model_spec spec;
    size_t bytes = wire_bytes(buf_str(&f->text));
    if (bytes > MSG_MAX_BYTES)
        return why_say(&f->why, ERR_LIMIT, "%s is too long to be sent: %zu bytes as a message, %d are the most",
                       f->file, bytes, MSG_MAX_BYTES);
    TRY(task_parse(buf_str(&f->text), f->file, &f->arena, &f->task, &f->why));
    return run_model(&f->task, &spec, &f->why);
}

enum err task_file_init(struct task_file *out, const char *file, struct str text)
{
    *out = (struct task_file){ .text = buf_make(TASK_MAX_BYTES), .arena = arena_make(TASK_ARENA_BYTES) };
    (void)snprintf(out->file, sizeof out->file, "%s", file);
    buf_add_str(&out->text, text);
    TRY(buf_err(&out->text));
    TRY(agent_sha256(buf_bytes(&out->text), out->digest));
    out->good = parse(out) == OK;
    return OK;
}

void task_file_fini(struct task_file *f)
{
    if (f == NULL) return;
    buf_free(&f->text);
    arena_free(&f->arena);
    *f = (struct task_file){ 0 };
}

static int by_file(const void *a, const void *b)
{
    return strcmp(((const struct task_file *)a)->file, ((const struct task_file *)b)->file);
}

static bool is_yaml(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && n < TASKS_FILE_BYTES && strcmp(name + n - 5, ".yaml") == 0;
}

/* A file that cannot be read is a bad file, like one that cannot be parsed. */
static enum err add_file(struct tasks *t, const char *directory, const char *name)
{
    CLEANUP(buf_free) struct buf text = buf_make(TASK_MAX_BYTES);
    char path[4096];
    struct why why = { 0 };
    if (t->count == TASKS_MAX) return ERR_LIMIT;
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path) return ERR_LIMIT;
    enum err read = file_read(path, &text, &why);
    struct task_file *f = &t->files[t->count++];
    TRY(task_file_init(f, name, read == OK ? buf_str(&text) : STR("")));
    if (read == OK) return OK;
    f->good = false;
    f->why = why;
    if (why.text[0] == 0)
        (void)why_say(&f->why, read, "%s is too large; a task has at most %d bytes", name, TASK_MAX_BYTES);
    return OK;
}

/* Two tasks of one name would be two meanings of one word: the second is refused. */
static void refuse_doubles(struct tasks *t)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < i && t->files[i].good; k++)
            if (t->files[k].good && strcmp(t->files[k].task.name, t->files[i].task.name) == 0) {
                t->files[i].good = false;
                (void)why_say(&t->files[i].why, ERR_SETTING, "%s has the task name of %s; names are unique",
                              t->files[i].file, t->files[k].file);
            }
}

static void close_dir(DIR **dir)
{
    if (*dir) (void)closedir(*dir);
}

enum err tasks_init(struct tasks *t, const char *directory, struct why *why)
{
    t->files = calloc(TASKS_MAX, sizeof *t->files);
    if (t->files == NULL) return ERR_MEMORY;
    if (directory[0] == 0) return OK;
    CLEANUP(close_dir) DIR *dir = opendir(directory);
    if (dir == NULL) return why_say(why, ERR_SETTING, "tasks: cannot read %s: %s", directory, strerror(errno));
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (!is_yaml(entry->d_name)) continue;
        enum err e = add_file(t, directory, entry->d_name);
        if (e == ERR_LIMIT)
            return why_say(why, ERR_SETTING, "tasks: %s holds more than %d tasks", directory, TASKS_MAX);
        TRY(e);
    }
    qsort(t->files, t->count, sizeof *t->files, by_file);
    refuse_doubles(t);
    return OK;
}

void tasks_fini(struct tasks *t)
{
    if (t == NULL) return;
    for (size_t i = 0; i < t->count; i++) task_file_fini(&t->files[i]);
    free(t->files);
    *t = (struct tasks){ 0 };
}

struct task_file *tasks_find(const struct tasks *t, struct str name)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->files[i].good && str_is(name, t->files[i].task.name)) return &t->files[i];
    return NULL;
}

const char *tasks_near(const struct tasks *t, struct str name)
{
    struct text_near near = { .word = name };
    for (size_t i = 0; i < t->count; i++)
        if (t->files[i].good) text_near_try(&near, t->files[i].task.name);
    return near.best;
}
