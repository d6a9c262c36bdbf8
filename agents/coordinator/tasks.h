/*
 * tasks -- the task documents this coordinator knows, read at start.
 *
 * Every *.yaml of the directory is one task.  A bad file is kept with the
 * reason, so that `tasks list` shows it; the others load.
 */
#pragma once
#include "agents/coordinator/schedule.h"
#include "common/base/buf.h"
#include "common/wire/task.h"

enum { TASKS_MAX = 256, TASKS_FILE_BYTES = 256, TASKS_DIGEST_BYTES = 65 };

struct task_file {
    char file[TASKS_FILE_BYTES]; /* without the directory */
    bool good;
    struct why why;                  /* not good: the reason */
    struct buf text;                 /* owned */
    char digest[TASKS_DIGEST_BYTES]; /* SHA-256 of text */
    struct arena arena;
    struct task task;
    struct schedule schedule; /* stored under "auto/<task>" */
};
struct tasks {
    struct task_file *files; /* owned, sorted by file name */
    size_t count;
};

/* "" is no directory and no tasks.  Blocks on the disk.  ERR_SETTING with a sentence for a directory that cannot be
 * read, or holds more than TASKS_MAX; ERR_MEMORY. */
enum err tasks_init(struct tasks *t, const char *directory, struct why *why) MUST_USE;
void tasks_fini(struct tasks *t);
/* Parses one document; what is wrong goes into out->why. */
enum err task_file_init(struct task_file *out, const char *file, struct str text) MUST_USE; /* ERR_MEMORY, ERR_LIMIT */
void task_file_fini(struct task_file *f);
struct task_file *tasks_find(const struct tasks *t, struct str name); /* by the task's name; only good ones */
/* The name nearest to a mistaken one, or NULL. */
const char *tasks_near(const struct tasks *t, struct str name);
