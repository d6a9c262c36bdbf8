#include "common/runtime/store_long.h"
#include <string.h>

static const char *const sql[LONG_STATEMENTS] = {
    [LONG_MAKE] = "INSERT INTO big(id, bytes, names) VALUES(?1, 0, 1)",
    [LONG_LOOK] = "SELECT bytes, names FROM big WHERE id = ?1",
    [LONG_GROW] = "UPDATE big SET bytes = ?2 WHERE id = ?1",
    [LONG_NAME] = "UPDATE big SET names = ?2 WHERE id = ?1",
    [LONG_DROP] = "DELETE FROM big WHERE id = ?1",
    [LONG_IDS] = "SELECT id FROM big ORDER BY id",
};

enum err statement_step(sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) return OK;
    if (rc == SQLITE_DONE) return ERR_ABSENT;
    return rc == SQLITE_NOMEM ? ERR_MEMORY : ERR_STORE;
}

void statement_rewind(sqlite3_stmt *const *st)
{
    (void)sqlite3_reset(*st);
    (void)sqlite3_clear_bindings(*st);
}

void statement_end(sqlite3_stmt *const *st) { (void)sqlite3_finalize(*st); }

enum err statement_prepare(sqlite3 *db, const char *text, sqlite3_stmt **out)
{
    int rc = sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? OK : ERR_STORE;
}

/* Runs a statement of up to two whole numbers that yields no row. */
static enum err run(struct longs *l, enum long_statement which, int64_t first, int64_t second)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = l->statements[which];
    if (sqlite3_bind_int64(st, 1, first) != SQLITE_OK) return ERR_STORE;
    if (sqlite3_bind_parameter_count(st) > 1 && sqlite3_bind_int64(st, 2, second) != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    return e == ERR_ABSENT ? OK : e;
}

/* ---- one value ---- */

enum err long_make(struct longs *l, struct big *out)
{
    int64_t id = ++l->last_id;
    TRY(run(l, LONG_MAKE, id, 0));
    TRY(files_make(&l->files, id));
    *out = (struct big){ .id = id, .names = 1 };
    return OK;
}

enum err long_look(struct longs *l, int64_t id, struct big *out)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = l->statements[LONG_LOOK];
    if (sqlite3_bind_int64(st, 1, id) != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    if (e != OK) return e == ERR_ABSENT ? ERR_STORE : e;
    *out = (struct big){ id, (uint64_t)sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1) };
    return OK;
}

enum err long_append(struct longs *l, struct big *b, struct bytes more)
{
    TRY(files_write(&l->files, b->id, b->bytes, more));
    b->bytes += more.n;
    return run(l, LONG_GROW, b->id, (int64_t)b->bytes);
}

enum err long_read(struct longs *l, const struct big *b, uint64_t offset, size_t n, uint8_t *out)
{
    return files_read(&l->files, b->id, offset, n, out);
}

enum err long_get(struct longs *l, const struct big *b, struct buf *out)
{
    uint8_t *to = buf_grow(out, (size_t)b->bytes);
    if (to == NULL) return buf_err(out);
    enum err e = long_read(l, b, 0, (size_t)b->bytes, to);
    if (e != OK) out->n -= (size_t)b->bytes;
    return e;
}

enum err long_name(struct longs *l, struct big *b, int change)
{
    b->names += change;
    if (change > 0) TRY(files_must_last(&l->files, b->id));
    if (b->names > 0) return run(l, LONG_NAME, b->id, b->names);
    TRY(files_drop(&l->files, b->id));
    return run(l, LONG_DROP, b->id, 0);
}

/* ---- opening ---- */

/* Until layout 3 the bytes were rows: place = id * 2^24 + number, in order. */
enum { OLD_PART_BITS = 24 };

static enum err take_part(struct longs *l, int64_t id, struct bytes value, uint64_t *at)
{
    if (*at == 0) TRY(files_make(&l->files, id));
    TRY(files_write(&l->files, id, *at, value));
    *at += value.n;
    return OK;
}

static enum err take_parts(struct longs *l)
{
    sqlite3_stmt *st CLEANUP(statement_end) = NULL;
    int64_t id = -1;
    uint64_t at = 0;
    TRY(statement_prepare(l->db, "SELECT place, value FROM part ORDER BY place", &st));
    enum err e = statement_step(st);
    for (; e == OK; e = statement_step(st)) {
        int64_t of = sqlite3_column_int64(st, 0) >> OLD_PART_BITS;
        struct bytes value = bytes_of(sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1));
        if (of != id) at = 0;
        id = of;
        TRY(take_part(l, id, value, &at));
    }
    return e == ERR_ABSENT ? files_before_commit(&l->files) : e;
}

static enum err take_over(struct longs *l)
{
    bool old = sqlite3_table_column_metadata(l->db, NULL, "part", NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
    if (!old) return OK;
    TRY(take_parts(l));
    if (sqlite3_exec(l->db, "DROP TABLE part", NULL, NULL, NULL) != SQLITE_OK) return ERR_STORE;
    files_committed(&l->files, false);
    return OK;
}

static enum err look_at_each(struct longs *l, bool *out_lacks)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = l->statements[LONG_IDS];
    enum err e = statement_step(st);
    for (; e == OK; e = statement_step(st)) {
        l->last_id = sqlite3_column_int64(st, 0);
        *out_lacks = *out_lacks || !files_has(&l->files, l->last_id);
    }
    return e == ERR_ABSENT && *out_lacks ? ERR_STORE : e == ERR_ABSENT ? OK : e;
}

static enum err is_wanted(void *to, int64_t id, bool *out)
{
    struct longs *l = to;
    sqlite3_stmt *st CLEANUP(statement_rewind) = l->statements[LONG_LOOK];
    if (sqlite3_bind_int64(st, 1, id) != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    *out = e == OK;
    return e == ERR_ABSENT ? OK : e;
}

enum err long_init(struct longs *l, sqlite3 *db, const char *path, enum store_safety safety, bool *out_lacks)
{
    static const char table[] = "CREATE TABLE IF NOT EXISTS big(id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL,"
                                " names INTEGER NOT NULL)";
    l->db = db;
    TRY(files_init(&l->files, path, safety == STORE_POWER_SAFE));
    if (sqlite3_exec(db, table, NULL, NULL, NULL) != SQLITE_OK) return ERR_STORE;
    TRY(take_over(l));
    for (int i = 0; i < LONG_STATEMENTS; i++) TRY(statement_prepare(db, sql[i], &l->statements[i]));
    TRY(look_at_each(l, out_lacks));
    return files_prune(&l->files, is_wanted, l);
}

void long_fini(struct longs *l)
{
    for (int i = 0; i < LONG_STATEMENTS; i++) (void)sqlite3_finalize(l->statements[i]);
    files_fini(&l->files);
}
