/*
 * records -- a hospital's records as one task needs them, and what may be told
 * of them.
 *
 * Read on a worker thread; immutable afterwards and counted by their holders,
 * so that jobs share them without a copy.  The memory is wiped when the last
 * holder lets go.
 */
#pragma once
#include "agents/trainer/dataset.h"
#include "agents/trainer/split.h"
#include "common/base/buf.h"
#include "common/learn/table.h"
#include <stdatomic.h>

enum { RECORDS_REPORT_BYTES = 4096 };

/* What a file's state is told by: another stamp, other contents. */
struct records_stamp {
    bool there;
    uint64_t bytes;
    int64_t modified_ns;
};

/* Numbers and names of columns and classes only: this may be shown. */
struct records_about {
    uint64_t good;
    uint64_t flawed;   /* lines left out */
    struct buf report; /* owned; in plain words, with the first line of each flaw */
    size_t nclasses;
    char (*classes)[CONTRACT_NAME_BYTES]; /* owned */
    uint64_t *class_counts;               /* owned */
};

struct records {
    atomic_uint holders;
    struct dataset *data;
    struct split split;
    float *fill; /* for missing values: the means of the training rows */
};

struct records_order {
    const char *path;            /* of the CSV */
    const char *schema;          /* of the hospital's own contract; "" for none */
    const struct contract *need; /* the task's; NULL: the hospital's own */
    double test_fraction;
    uint64_t seed;
};

/* Reads all of it, and says by which contract, whose columns are in the arena or the order's.  The same errors; blocks.
 */
enum err records_read(const struct records_order *order, struct arena *arena, struct contract *by, struct dataset **out,
                      struct why *why) MUST_USE;
/* Reads, splits, and tells about it.  out (may be NULL) has one holder, the caller.  ERR_DATA, ERR_IO, ERR_SETTING and
 * the like with a sentence; ERR_ABSENT when neither a schema nor a task says how the file is written.  Blocks. */
enum err records_load(const struct records_order *order, struct records **out, struct records_about *about,
                      struct why *why) MUST_USE;
struct records *records_hold(struct records *r); /* returns r; NULL is fine */
void records_drop(struct records *r);            /* NULL is fine */
void records_about_fini(struct records_about *a);

enum records_side { RECORDS_TRAINING, RECORDS_HELD_OUT };
size_t records_count(const struct records *r, enum records_side side);
/* The units of the training rows as records_take gives them: a unit is a patient's records, which follow one another;
 * without a patient column equal records are one.  Writes the first row of each and the number of rows, one number more
 * than it returns; starts may be NULL. */
size_t records_units(const struct records *r, uint32_t *starts);
/* A table of that side's rows in the file's units, missing values filled.  ERR_LIMIT, ERR_MEMORY. */
enum err records_take(const struct records *r, enum records_side side, struct table *out) MUST_USE;

struct records_stamp records_stamp(const char *path); /* looks at the file, reads nothing */
bool records_stamp_same(struct records_stamp a, struct records_stamp b);
