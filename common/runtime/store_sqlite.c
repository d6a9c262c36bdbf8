/* The store of a real agent: one SQLite file in WAL mode, held by one process. */
#include "common/runtime/store_ops.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum statement { BEGIN, COMMIT, ROLLBACK, PUT, DEL, GET, NEXT, NEXT_AFTER, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PUT] = "INSERT INTO kept(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2",
    [DEL] = "DELETE FROM kept WHERE key = ?1",
    [GET] = "SELECT value FROM kept WHERE key = ?1",
    [NEXT] = "SELECT key, value FROM kept WHERE key >= ?1 ORDER BY key LIMIT 1",
    [NEXT_AFTER] = "SELECT key, value FROM kept WHERE key > ?1 ORDER BY key LIMIT 1",
};

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
};

/* One row, or the end, of a bound statement. */
static enum err step(sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) return OK;
    if (rc == SQLITE_DONE) return ERR_ABSENT;
    return rc == SQLITE_NOMEM ? ERR_MEMORY : ERR_STORE;
}

static void rewind_statement(sqlite3_stmt *const *st)
{
    (void)sqlite3_reset(*st);
    (void)sqlite3_clear_bindings(*st);
}

static enum err run(struct sqlite *s, enum statement which)
{
    sqlite3_stmt *st CLEANUP(rewind_statement) = s->statements[which];
    enum err e = step(st);
    return e == ERR_ABSENT ? OK : e;
}

static enum err sqlite_begin(void *self) { return run(self, BEGIN); }
static enum err sqlite_commit(void *self) { return run(self, COMMIT); }

static void sqlite_rollback(void *self)
{
    struct sqlite *s = self;
    if (!sqlite3_get_autocommit(s->db)) (void)run(s, ROLLBACK);
}

static enum err bind_key(sqlite3_stmt *st, const char *key)
{
    return sqlite3_bind_blob(st, 1, key, (int)strlen(key), SQLITE_STATIC) == SQLITE_OK ? OK : ERR_STORE;
}

static enum err sqlite_put(void *self, const char *key, struct bytes value)
{
    struct sqlite *s = self;
    sqlite3_stmt *st CLEANUP(rewind_statement) = s->statements[PUT];
    TRY(bind_key(st, key));
    /* A NULL pointer would bind SQL NULL, an empty value is not that. */
    int rc = sqlite3_bind_blob64(st, 2, value.n ? (const void *)value.p : "", value.n, SQLITE_STATIC);
    if (rc != SQLITE_OK) return ERR_STORE;
    enum err e = step(st);
    return e == ERR_ABSENT ? OK : e;
}

static enum err sqlite_del(void *self, const char *key)
{
    struct sqlite *s = self;
    sqlite3_stmt *st CLEANUP(rewind_statement) = s->statements[DEL];
    TRY(bind_key(st, key));
    enum err e = step(st);
    return e == ERR_ABSENT ? OK : e;
}

static enum err column(sqlite3_stmt *st, int i, struct buf *out)
{
    const void *p = sqlite3_column_blob(st, i);
    int n = sqlite3_column_bytes(st, i);
    buf_add(out, p, (size_t)n);
    return buf_err(out);
}

static enum err sqlite_get(void *self, const char *key, struct buf *out)
{
    struct sqlite *s = self;
    sqlite3_stmt *st CLEANUP(rewind_statement) = s->statements[GET];
    TRY(bind_key(st, key));
    TRY(step(st));
    return column(st, 0, out);
}

static enum err sqlite_next(void *self, const char *prefix, const char *from, bool after, struct buf *key,
                            struct buf *value)
{
    struct sqlite *s = self;
    sqlite3_stmt *st CLEANUP(rewind_statement) = s->statements[after ? NEXT_AFTER : NEXT];
    TRY(bind_key(st, from));
    TRY(step(st));
    TRY(column(st, 0, key));
    if (!str_starts(buf_str(key), prefix)) return ERR_ABSENT;
    return column(st, 1, value);
}

static void sqlite_close(void *self)
{
    struct sqlite *s = self;
    for (int i = 0; i < STATEMENTS; i++) (void)sqlite3_finalize(s->statements[i]);
    (void)sqlite3_close(s->db);
    free(s);
}

static enum err complain(struct sqlite *s, const char *path, struct why *why)
{
    int rc = sqlite3_errcode(s->db);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        return why_say(why, ERR_STORE, "%s: another process holds this store; stop it first", path);
    if (rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT)
        return why_say(why, ERR_STORE, "%s: the store is damaged; put it aside and restore a copy", path);
    return why_say(why, ERR_STORE, "%s: %s", path, sqlite3_errmsg(s->db));
}

static enum err prepare(struct sqlite *s, enum store_safety safety)
{
    static const char *const setup[] = {
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE IF NOT EXISTS kept(key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)",
        "PRAGMA user_version = 1",
    };
    const char *sync = safety == STORE_POWER_SAFE ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
    if (sqlite3_exec(s->db, sync, NULL, NULL, NULL) != SQLITE_OK) return ERR_STORE;
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++)
        if (sqlite3_exec(s->db, setup[i], NULL, NULL, NULL) != SQLITE_OK) return ERR_STORE;
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL) != SQLITE_OK)
            return ERR_STORE;
    return OK;
}

enum err store_open_file(const char *path, enum store_safety safety, struct store **out, struct why *why)
{
    static const struct store_ops ops = { sqlite_close, sqlite_begin, sqlite_commit, sqlite_rollback,
                                          sqlite_put,   sqlite_del,   sqlite_get,    sqlite_next };
    struct store *made = calloc(1, sizeof *made);
    struct sqlite *s = calloc(1, sizeof *s);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (made == NULL || s == NULL) {
        free(made);
        free(s);
        return ERR_MEMORY;
    }
    if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK || prepare(s, safety) != OK) {
        enum err e = s->db ? complain(s, path, why) : ERR_MEMORY;
        sqlite_close(s);
        free(made);
        return e;
    }
    *made = (struct store){ .ops = &ops, .self = s };
    *out = made;
    return OK;
}
