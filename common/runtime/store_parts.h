/*
 * store_parts -- long values in SQLite, in parts; for store_sqlite.c only.
 *
 *   big(id, bytes, names)   a long value, and how many keys hold it
 *   part(place, value)      its bytes: place = id * 2^24 + number, each of STORE_PART_BYTES but the last
 *
 * A part has a row of its own because SQLite walks a row's pages from the first one on: what is deep inside one long
 * row is slow to reach.  Nothing here begins or ends a transaction.
 */
#pragma once
#include "common/runtime/store.h"
#include <sqlite3.h>

enum parts_statement {
    PARTS_MAKE,
    PARTS_LOOK,
    PARTS_GROW,
    PARTS_NAME,
    PARTS_DROP,
    PARTS_DROP_ALL,
    PARTS_GET,
    PARTS_PUT,
    PARTS_STATEMENTS
};
struct parts {
    sqlite3 *db;
    sqlite3_stmt *statements[PARTS_STATEMENTS];
};
struct big {
    int64_t id;
    uint64_t bytes;
    int64_t names;
};

enum err parts_init(struct parts *p, sqlite3 *db) MUST_USE; /* makes the tables; p zeroed */
void parts_fini(struct parts *p);

enum err parts_make(struct parts *p, struct big *out) MUST_USE; /* empty, with one name */
enum err parts_look(struct parts *p, int64_t id, struct big *out) MUST_USE;
enum err parts_append(struct parts *p, struct big *b, struct bytes more) MUST_USE;
enum err parts_read(struct parts *p, const struct big *b, uint64_t offset, size_t n, uint8_t *out) MUST_USE;
enum err parts_get(struct parts *p, const struct big *b, struct buf *out) MUST_USE; /* whole */
/* One name more (+1) or less (-1); without a name it is gone. */
enum err parts_name(struct parts *p, struct big *b, int change) MUST_USE;

/* Shared with store_sqlite.c: one row (OK) or the end (ERR_ABSENT) of a bound statement; makes it ready again. */
enum err statement_step(sqlite3_stmt *st) MUST_USE;
void statement_rewind(sqlite3_stmt *const *st); /* for CLEANUP() */
void statement_end(sqlite3_stmt *const *st);    /* the same, of one that was prepared for once */
enum err statement_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out) MUST_USE;
