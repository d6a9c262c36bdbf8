/* The store of a real agent: one SQLite file in WAL mode, held by one process, and files of long values beside it.
 *
 *   kept(key, value)   value: the bytes when they are at most STORE_ROW_BYTES, else the id of a long one (store_long.h)
 *
 * One tree: where the key had an index beside the table, as in older stores, which are read and written as they are, a
 * commit writes a sixth more pages.
 */
#include "common/runtime/store_long.h"
#include "common/runtime/store_ops.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum statement { BEGIN, COMMIT, ROLLBACK, PUT, PUT_BYTES, DEL, DEL_BYTES, LOOK, GET, NEXT, NEXT_AFTER, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PUT] = "INSERT INTO kept(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2",
    /* The two leave a key alone that holds a long value, and have changed nothing then: most hold none. */
    [PUT_BYTES] = ("INSERT INTO kept(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2"
                   " WHERE typeof(value) <> 'integer'"),
    [DEL] = "DELETE FROM kept WHERE key = ?1",
    [DEL_BYTES] = "DELETE FROM kept WHERE key = ?1 AND typeof(value) <> 'integer'",
    /* Asked so, SQLite does not load the value. */
    [LOOK] = "SELECT length(value), CASE WHEN typeof(value) = 'integer' THEN value END FROM kept WHERE key = ?1",
    [GET] = "SELECT value FROM kept WHERE key = ?1",
    [NEXT] = "SELECT key, value FROM kept WHERE key >= ?1 ORDER BY key LIMIT 1",
    [NEXT_AFTER] = "SELECT key, value FROM kept WHERE key > ?1 ORDER BY key LIMIT 1",
};

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    struct longs longs;
    bool damaged, lacks; /* found when it was opened; lacks: the file of a long value */
    const char *trouble; /* of the last transaction: SQLite's words, which live for ever */
};
/* What a key holds. */
enum holding { HOLDS_NOTHING, HOLDS_BYTES, HOLDS_BIG };
struct held {
    enum holding what;
    uint64_t bytes;
    struct big big;
};

static enum err run(struct sqlite *s, enum statement which)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = s->statements[which];
    enum err e = statement_step(st);
    return e == ERR_ABSENT ? OK : e;
}

static const char *trouble_of(int error)
{
    static const struct {
        int error, rc;
    } same[] = { { ENOSPC, SQLITE_FULL }, { EDQUOT, SQLITE_FULL }, { EFBIG, SQLITE_FULL }, { EROFS, SQLITE_READONLY } };
    size_t i = 0;
    while (i < sizeof same / sizeof *same && same[i].error != error) i++;
    return sqlite3_errstr(i < sizeof same / sizeof *same ? same[i].rc : SQLITE_IOERR);
}

/* To be asked before anything else is: each call of SQLite's forgets it. */
static void note_trouble(struct sqlite *s)
{
    int rc = sqlite3_errcode(s->db);
    if (s->longs.files.trouble != 0)
        s->trouble = trouble_of(s->longs.files.trouble);
    else if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
        s->trouble = sqlite3_errstr(rc);
}

static enum err sqlite_begin(void *self)
{
    struct sqlite *s = self;
    s->trouble = "";
    s->longs.files.trouble = 0;
    enum err e = run(s, BEGIN);
    if (e != OK) note_trouble(s);
    return e;
}

/* Before a file goes, the commit that names it no more must outlive a power cut as surely as the file's end does. */
static bool log_is_synced(struct sqlite *s)
{
    sqlite3_file *log = NULL;
    if (s->longs.files.always) return true; /* by the commit itself */
    int rc = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&log);
    return rc == SQLITE_OK && log && log->pMethods && log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

static enum err sqlite_commit(void *self)
{
    struct sqlite *s = self;
    struct files *f = &s->longs.files;
    TRY(files_before_commit(f));
    TRY(run(s, COMMIT));
    files_committed(f, files_dropping(f) && log_is_synced(s));
    return OK;
}

static const char *sqlite_trouble(const void *self) { return ((const struct sqlite *)self)->trouble; }

static void sqlite_rollback(void *self)
{
    struct sqlite *s = self;
    note_trouble(s);
    if (!sqlite3_get_autocommit(s->db)) (void)run(s, ROLLBACK);
    files_rolled_back(&s->longs.files);
}

static enum err bind_key(sqlite3_stmt *st, const char *key)
{
    return sqlite3_bind_blob(st, 1, key, (int)strlen(key), SQLITE_STATIC) == SQLITE_OK ? OK : ERR_STORE;
}

/* ---- what a key holds ---- */

static enum err find(struct sqlite *s, const char *key, struct held *out)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = s->statements[LOOK];
    TRY(bind_key(st, key));
    enum err e = statement_step(st);
    *out = (struct held){ .what = HOLDS_NOTHING };
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    if (sqlite3_column_type(st, 1) != SQLITE_INTEGER) {
        *out = (struct held){ .what = HOLDS_BYTES, .bytes = (uint64_t)sqlite3_column_int64(st, 0) };
        return OK;
    }
    out->what = HOLDS_BIG;
    TRY(long_look(&s->longs, sqlite3_column_int64(st, 1), &out->big));
    out->bytes = out->big.bytes;
    return OK;
}

/* The row's big value, when that is what it holds. */
static bool is_big(sqlite3_stmt *st, int i) { return sqlite3_column_type(st, i) == SQLITE_INTEGER; }

static enum err column(sqlite3_stmt *st, int i, struct buf *out)
{
    const void *p = sqlite3_column_blob(st, i);
    int n = sqlite3_column_bytes(st, i);
    buf_add(out, p, (size_t)n);
    return buf_err(out);
}

/* ---- changing ---- */

static bool changed(const struct sqlite *s) { return sqlite3_changes(s->db) > 0; }

static enum err hold_bytes(struct sqlite *s, enum statement put, const char *key, struct bytes value)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = s->statements[put];
    TRY(bind_key(st, key));
    /* A NULL pointer would bind SQL NULL, an empty value is not that. */
    int rc = sqlite3_bind_blob64(st, 2, value.n ? (const void *)value.p : "", value.n, SQLITE_STATIC);
    if (rc != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    return e == ERR_ABSENT ? OK : e;
}

static enum err hold_big(struct sqlite *s, const char *key, const struct big *b)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = s->statements[PUT];
    TRY(bind_key(st, key));
    if (sqlite3_bind_int64(st, 2, b->id) != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    return e == ERR_ABSENT ? OK : e;
}

/* Before its key is deleted, or holds something else. */
static enum err let_go(struct sqlite *s, const char *key)
{
    struct held h;
    TRY(find(s, key, &h));
    return h.what == HOLDS_BIG ? long_name(&s->longs, &h.big, -1) : OK;
}

static enum err sqlite_put(void *self, const char *key, struct bytes value)
{
    struct sqlite *s = self;
    struct big b;
    bool row = value.n <= STORE_ROW_BYTES;
    if (row) TRY(hold_bytes(s, PUT_BYTES, key, value));
    if (row && changed(s)) return OK;
    TRY(let_go(s, key));
    if (row) return hold_bytes(s, PUT, key, value);
    TRY(long_make(&s->longs, &b));
    TRY(long_append(&s->longs, &b, value));
    return hold_big(s, key, &b);
}

static enum err take_out(struct sqlite *s, enum statement del, const char *key)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = s->statements[del];
    TRY(bind_key(st, key));
    enum err e = statement_step(st);
    return e == ERR_ABSENT ? OK : e;
}

static enum err sqlite_del(void *self, const char *key)
{
    struct sqlite *s = self;
    TRY(take_out(s, DEL_BYTES, key));
    if (changed(s)) return OK;
    TRY(let_go(s, key));
    return take_out(s, DEL, key);
}

static enum err sqlite_get(void *self, const char *key, struct buf *out)
{
    struct sqlite *s = self;
    struct big b;
    sqlite3_stmt *st CLEANUP(statement_rewind) = s->statements[GET];
    TRY(bind_key(st, key));
    TRY(statement_step(st));
    if (!is_big(st, 0)) return column(st, 0, out);
    TRY(long_look(&s->longs, sqlite3_column_int64(st, 0), &b));
    return long_get(&s->longs, &b, out);
}

/* Bytes stay in their row as long as they are few. */
static enum err sqlite_append(void *self, const char *key, struct bytes more)
{
    struct sqlite *s = self;
    struct held h;
    struct buf whole CLEANUP(buf_free) = buf_make(STORE_ROW_BYTES);
    TRY(find(s, key, &h));
    if (h.what == HOLDS_BIG) return h.big.names > 1 ? ERR_STATE : long_append(&s->longs, &h.big, more);
    if (h.what == HOLDS_BYTES) TRY(sqlite_get(self, key, &whole));
    if (more.n <= STORE_ROW_BYTES - whole.n) {
        buf_add(&whole, more.p, more.n);
        TRY(buf_err(&whole));
        return hold_bytes(s, PUT, key, buf_bytes(&whole));
    }
    TRY(long_make(&s->longs, &h.big));
    TRY(long_append(&s->longs, &h.big, buf_bytes(&whole)));
    TRY(long_append(&s->longs, &h.big, more));
    return hold_big(s, key, &h.big);
}

static enum err sqlite_link(void *self, const char *from, const char *to)
{
    struct sqlite *s = self;
    struct held h;
    struct buf whole CLEANUP(buf_free) = buf_make(STORE_ROW_BYTES);
    TRY(find(s, from, &h));
    if (h.what == HOLDS_NOTHING) return ERR_ABSENT;
    if (h.what == HOLDS_BYTES) {
        TRY(sqlite_get(self, from, &whole));
        return sqlite_put(self, to, buf_bytes(&whole));
    }
    TRY(long_name(&s->longs, &h.big, 1));
    TRY(let_go(s, to));
    return hold_big(s, to, &h.big);
}

/* ---- reading ---- */

static enum err sqlite_size(void *self, const char *key, uint64_t *out)
{
    struct held h;
    TRY(find(self, key, &h));
    if (h.what == HOLDS_NOTHING) return ERR_ABSENT;
    *out = h.bytes;
    return OK;
}

static enum err sqlite_read(void *self, const char *key, uint64_t offset, size_t n, void *out)
{
    struct sqlite *s = self;
    struct big b;
    sqlite3_stmt *st CLEANUP(statement_rewind) = s->statements[GET];
    TRY(bind_key(st, key));
    TRY(statement_step(st));
    if (!is_big(st, 0)) {
        const uint8_t *p = sqlite3_column_blob(st, 0);
        if (!store_holds((uint64_t)sqlite3_column_bytes(st, 0), offset, n)) return ERR_INPUT;
        if (n > 0) memcpy(out, p + offset, n);
        return OK;
    }
    TRY(long_look(&s->longs, sqlite3_column_int64(st, 0), &b));
    if (!store_holds(b.bytes, offset, n)) return ERR_INPUT;
    return long_read(&s->longs, &b, offset, n, out);
}

static enum err sqlite_next(void *self, const char *prefix, const char *from, bool after, struct buf *key,
                            struct buf *value)
{
    struct sqlite *s = self;
    struct big b;
    sqlite3_stmt *st CLEANUP(statement_rewind) = s->statements[after ? NEXT_AFTER : NEXT];
    TRY(bind_key(st, from));
    TRY(statement_step(st));
    TRY(column(st, 0, key));
    if (!str_starts(buf_str(key), prefix)) return ERR_ABSENT;
    if (value == NULL) return OK;
    if (!is_big(st, 1)) return column(st, 1, value);
    TRY(long_look(&s->longs, sqlite3_column_int64(st, 1), &b));
    return long_get(&s->longs, &b, value);
}

static void sqlite_close(void *self)
{
    struct sqlite *s = self;
    for (int i = 0; i < STATEMENTS; i++) (void)sqlite3_finalize(s->statements[i]);
    long_fini(&s->longs);
    (void)sqlite3_close(s->db);
    free(s);
}

static enum err complain(struct sqlite *s, const char *path, struct why *why)
{
    int rc = sqlite3_errcode(s->db);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        return why_say(why, ERR_STORE, "%s: another process holds this store; stop it first", path);
    if (s->lacks)
        return why_say(why, ERR_STORE, "%s: the folder %s lacks a file that the store names; restore the two together",
                       path, s->longs.files.dir);
    if (s->damaged || rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT)
        return why_say(why, ERR_STORE, "%s: the store is damaged; put it aside and restore a copy", path);
    return why_say(why, ERR_STORE, "%s: %s", path, sqlite3_errmsg(s->db));
}

/* Damage is to be found before anything stands on it.  The files of long values are not looked through, there may be
 * gigabytes: their digests are told by whoever uses them. */
static enum err look_through(struct sqlite *s)
{
    sqlite3_stmt *st CLEANUP(statement_end) = NULL;
    TRY(statement_prepare(s->db, "PRAGMA quick_check", &st));
    TRY(statement_step(st));
    const char *found = (const char *)sqlite3_column_text(st, 0);
    if (found == NULL) return ERR_MEMORY;
    s->damaged = strcmp(found, "ok") != 0;
    return s->damaged ? ERR_STORE : OK;
}

static enum err prepare(struct sqlite *s, const char *path, enum store_safety safety)
{
    static const char *const setup[] = {
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA journal_mode = WAL",
        "PRAGMA journal_size_limit = 67108864", /* what one long value made of the log is given back */
        "PRAGMA secure_delete = FAST",          /* else a long value is written once more to be forgotten */
        "CREATE TABLE IF NOT EXISTS kept(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        "PRAGMA user_version = 3",
    };
    const char *sync = safety == STORE_POWER_SAFE ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
    if (sqlite3_exec(s->db, sync, NULL, NULL, NULL) != SQLITE_OK) return ERR_STORE;
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++)
        if (sqlite3_exec(s->db, setup[i], NULL, NULL, NULL) != SQLITE_OK) return ERR_STORE;
    TRY(look_through(s));
    for (int i = 0; i < STATEMENTS; i++) TRY(statement_prepare(s->db, sql[i], &s->statements[i]));
    return long_init(&s->longs, s->db, path, safety, &s->lacks);
}

enum err store_open_file(const char *path, enum store_safety safety, struct store **out, struct why *why)
{
    static const struct store_ops ops = {
        .close = sqlite_close,
        .begin = sqlite_begin,
        .commit = sqlite_commit,
        .rollback = sqlite_rollback,
        .trouble = sqlite_trouble,
        .put = sqlite_put,
        .del = sqlite_del,
        .get = sqlite_get,
        .append = sqlite_append,
        .link = sqlite_link,
        .size = sqlite_size,
        .read = sqlite_read,
        .next = sqlite_next,
    };
    struct store *made = calloc(1, sizeof *made);
    struct sqlite *s = calloc(1, sizeof *s);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (made == NULL || s == NULL) {
        free(made);
        free(s);
        return ERR_MEMORY;
    }
    s->trouble = "";
    if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK || prepare(s, path, safety) != OK) {
        enum err e = s->db ? complain(s, path, why) : ERR_MEMORY;
        sqlite_close(s);
        free(made);
        return e;
    }
    *made = (struct store){ .ops = &ops, .self = s };
    *out = made;
    return OK;
}
