/*
 * store_long -- long values of a SQLite store; for store_sqlite.c only.
 *
 *   big(id, bytes, names)   a long value, and how many keys hold it
 *
 * Its bytes are a file (store_files.h): SQLite would write them twice, log and table, read them twice, and sum them up.
 * Nothing here begins or ends a transaction.
 */
#pragma once
#include "common/runtime/store.h"
#include "common/runtime/store_files.h"
#include <sqlite3.h>

enum long_statement { LONG_MAKE, LONG_LOOK, LONG_GROW, LONG_NAME, LONG_DROP, LONG_IDS, LONG_STATEMENTS };
struct longs {
    sqlite3 *db;
    struct files files;
    int64_t last_id; /* none is given again while the process lives: its file may still be there */
    sqlite3_stmt *statements[LONG_STATEMENTS];
};
struct big {
    int64_t id;
    uint64_t bytes;
    int64_t names;
};

/* Makes the table, takes over what an older store has in its tables, removes files that no row names; l zeroed.
 * ERR_STORE and *out_lacks when a row's file is not there. */
enum err long_init(struct longs *l, sqlite3 *db, const char *path, enum store_safety safety, bool *out_lacks) MUST_USE;
void long_fini(struct longs *l);

enum err long_make(struct longs *l, struct big *out) MUST_USE; /* empty, with one name */
enum err long_look(struct longs *l, int64_t id, struct big *out) MUST_USE;
enum err long_append(struct longs *l, struct big *b, struct bytes more) MUST_USE;
enum err long_read(struct longs *l, const struct big *b, uint64_t offset, size_t n, uint8_t *out) MUST_USE;
enum err long_get(struct longs *l, const struct big *b, struct buf *out) MUST_USE; /* whole */
/* One name more (+1) or less (-1); without a name it is gone. */
enum err long_name(struct longs *l, struct big *b, int change) MUST_USE;

/* Shared with store_sqlite.c: one row (OK) or the end (ERR_ABSENT) of a bound statement; makes it ready again. */
enum err statement_step(sqlite3_stmt *st) MUST_USE;
void statement_rewind(sqlite3_stmt *const *st); /* for CLEANUP() */
void statement_end(sqlite3_stmt *const *st);    /* the same, of one that was prepared for once */
enum err statement_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out) MUST_USE;
