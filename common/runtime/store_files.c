#define _GNU_SOURCE /* sync_file_range */
#include "common/runtime/store_files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 24, FIRST_TOUCHED = 8 };
static const char suffix[] = "-long";

static enum err fail(struct files *f)
{
    f->trouble = errno;
    return errno == ENOMEM ? ERR_MEMORY : ERR_STORE;
}

enum err files_init(struct files *f, const char *store_path, bool always)
{
    size_t n = strlen(store_path) + sizeof suffix;
    f->always = always;
    f->dir = malloc(n);
    if (f->dir == NULL) return ERR_MEMORY;
    (void)snprintf(f->dir, n, "%s%s", store_path, suffix);
    return OK;
}

void files_fini(struct files *f)
{
    free(f->dir);
    free(f->touched);
}

/* ---- one file ---- */

static void close_file(const int *fd)
{
    if (*fd >= 0) (void)close(*fd);
}

static int open_folder(const struct files *f) { return open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

static int open_file(const struct files *f, int64_t id, int flags)
{
    char name[NAME_BYTES];
    int dir CLEANUP(close_file) = open_folder(f);
    (void)snprintf(name, sizeof name, "%" PRId64, id);
    return dir < 0 ? -1 : openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void remove_file(const struct files *f, int64_t id)
{
    char name[NAME_BYTES];
    int dir CLEANUP(close_file) = open_folder(f);
    (void)snprintf(name, sizeof name, "%" PRId64, id);
    if (dir >= 0) (void)unlinkat(dir, name, 0); /* what stays is nobody's, and goes when the store is opened again */
}

bool files_has(const struct files *f, int64_t id)
{
    int fd CLEANUP(close_file) = open_file(f, id, O_RDONLY);
    return fd >= 0;
}

enum err files_read(struct files *f, int64_t id, uint64_t at, size_t n, uint8_t *out)
{
    int fd CLEANUP(close_file) = open_file(f, id, O_RDONLY);
    if (fd < 0) return fail(f);
    while (n > 0) {
        ssize_t got = pread(fd, out, n, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(f);
        if (got == 0) return ERR_STORE; /* shorter than its row says: damage */
        out += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return OK;
}

/* ---- what a transaction does to them ---- */

static enum err touch(struct files *f, int64_t id, struct files_touched **out)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->touched[i].id == id) return *out = &f->touched[i], OK;
    if (f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : FIRST_TOUCHED;
        struct files_touched *grown = realloc(f->touched, cap * sizeof *grown);
        if (grown == NULL) return ERR_MEMORY;
        f->touched = grown;
        f->cap = cap;
    }
    f->touched[f->n] = (struct files_touched){ .id = id };
    *out = &f->touched[f->n++];
    return OK;
}

enum err files_make(struct files *f, int64_t id)
{
    struct files_touched *t = NULL;
    if (mkdir(f->dir, 0700) != 0 && errno != EEXIST) return fail(f);
    TRY(touch(f, id, &t));
    int fd CLEANUP(close_file) = open_file(f, id, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0) return fail(f);
    *t = (struct files_touched){ .id = id, .made = true, .unsynced = true, .must_last = true };
    return OK;
}

enum err files_write(struct files *f, int64_t id, uint64_t at, struct bytes more)
{
    struct files_touched *t = NULL;
    int fd CLEANUP(close_file) = open_file(f, id, O_WRONLY);
    if (fd < 0) return fail(f);
    TRY(touch(f, id, &t));
    t->unsynced = true;
    for (size_t done = 0; done < more.n;) {
        ssize_t put = pwrite(fd, more.p + done, more.n - done, (off_t)(at + done));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail(f);
        done += (size_t)put;
    }
    /* The disk begins now, so that there is little to wait for when it is synced; only a hint. */
    (void)sync_file_range(fd, (off_t)at, (off_t)more.n, SYNC_FILE_RANGE_WRITE);
    return OK;
}

enum err files_must_last(struct files *f, int64_t id)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->touched[i].id == id) f->touched[i].must_last = true;
    return OK;
}

enum err files_drop(struct files *f, int64_t id)
{
    struct files_touched *t = NULL;
    TRY(touch(f, id, &t));
    t->dropped = true;
    return OK;
}

static enum err sync_one(struct files *f, struct files_touched *t)
{
    int fd CLEANUP(close_file) = open_file(f, t->id, O_WRONLY);
    if (fd < 0 || fdatasync(fd) != 0) return fail(f);
    t->unsynced = false;
    return OK;
}

static enum err sync_folder(struct files *f)
{
    int dir CLEANUP(close_file) = open_folder(f);
    return dir < 0 || fsync(dir) != 0 ? fail(f) : OK;
}

enum err files_before_commit(struct files *f)
{
    bool made = false;
    for (size_t i = 0; i < f->n; i++) {
        struct files_touched *t = &f->touched[i];
        if (t->dropped || !t->unsynced || !(f->always || t->must_last)) continue;
        TRY(sync_one(f, t));
        made = made || t->made;
    }
    return made ? sync_folder(f) : OK;
}

bool files_dropping(const struct files *f)
{
    size_t i = 0;
    while (i < f->n && !f->touched[i].dropped) i++;
    return i < f->n;
}

void files_committed(struct files *f, bool remove)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n; i++) {
        struct files_touched t = f->touched[i];
        if (t.dropped && remove) remove_file(f, t.id);
        if (!t.dropped && t.unsynced) f->touched[kept++] = (struct files_touched){ .id = t.id, .unsynced = true };
    }
    f->n = kept;
}

void files_rolled_back(struct files *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n; i++) {
        struct files_touched t = f->touched[i];
        if (t.made) remove_file(f, t.id);
        if (!t.made && t.unsynced) f->touched[kept++] = (struct files_touched){ .id = t.id, .unsynced = true };
    }
    f->n = kept;
}

/* ---- what nobody's transaction kept ---- */

static void close_folder(DIR *const *d)
{
    if (*d) (void)closedir(*d);
}

enum err files_prune(struct files *f, files_wanted_fn *wanted, void *to)
{
    DIR *d CLEANUP(close_folder) = opendir(f->dir);
    if (d == NULL) return errno == ENOENT ? OK : fail(f);
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
        uint64_t id = 0;
        bool keep = true;
        if (str_u64(str_of(e->d_name), &id) != OK || id > INT64_MAX) continue;
        TRY(wanted(to, (int64_t)id, &keep));
        if (!keep) remove_file(f, (int64_t)id);
    }
    return OK;
}
