/*
 * store_files -- the files of long values, in the folder "<store>-long" beside
 * the SQLite file; for store_long.c and store_sqlite.c only.
 *
 * A file's name is its value's id.  It only grows, and what is behind the length that the value's row tells is as if it
 * were not there: so a transaction that is rolled back, or a killed process, leaves nothing to mend.  No file is opened
 * for longer than a call.  All block on the disk; ERR_STORE, and then trouble is the system's errno, or ERR_MEMORY.
 */
#pragma once
#include "common/base/buf.h"

struct files_touched { /* in this transaction, or not synced since an earlier one */
    int64_t id;
    bool made, unsynced, must_last, dropped;
};
struct files {
    char *dir;
    bool always; /* every commit outlives a power cut */
    struct files_touched *touched;
    size_t n, cap;
    int trouble;
};

enum err files_init(struct files *f, const char *store_path, bool always) MUST_USE; /* f zeroed; makes nothing yet */
void files_fini(struct files *f);

enum err files_make(struct files *f, int64_t id) MUST_USE; /* empty, whatever was there */
enum err files_write(struct files *f, int64_t id, uint64_t at, struct bytes more) MUST_USE;
enum err files_read(struct files *f, int64_t id, uint64_t at, size_t n, uint8_t *out) MUST_USE;
bool files_has(const struct files *f, int64_t id);
enum err files_must_last(struct files *f, int64_t id) MUST_USE; /* what is in it is synced before this commit */
enum err files_drop(struct files *f, int64_t id) MUST_USE;      /* goes with this commit */

enum err files_before_commit(struct files *f) MUST_USE; /* syncs what must be */
bool files_dropping(const struct files *f);
void files_committed(struct files *f, bool remove); /* remove: what was dropped; else it stays for files_prune */
void files_rolled_back(struct files *f);

/* Removes every file whose id nobody wants. */
typedef enum err files_wanted_fn(void *to, int64_t id, bool *out);
enum err files_prune(struct files *f, files_wanted_fn *wanted, void *to) MUST_USE;
