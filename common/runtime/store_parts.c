#include "common/runtime/store_parts.h"
#include <string.h>

enum { PART_BITS = 24 }; /* parts of a value: 16 TiB */

static const char *const sql[PARTS_STATEMENTS] = {
    [PARTS_MAKE] = "INSERT INTO big(bytes, names) VALUES(0, 1)",
    [PARTS_LOOK] = "SELECT bytes, names FROM big WHERE id = ?1",
    [PARTS_GROW] = "UPDATE big SET bytes = ?2 WHERE id = ?1",
    [PARTS_NAME] = "UPDATE big SET names = ?2 WHERE id = ?1",
    [PARTS_DROP] = "DELETE FROM big WHERE id = ?1",
    [PARTS_DROP_ALL] = "DELETE FROM part WHERE place BETWEEN ?1 AND ?2",
    [PARTS_GET] = "SELECT value FROM part WHERE place = ?1",
    [PARTS_PUT] = "INSERT OR REPLACE INTO part(place, value) VALUES(?1, ?2)",
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

enum err parts_init(struct parts *p, sqlite3 *db)
{
    static const char tables[] = "CREATE TABLE IF NOT EXISTS big(id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL,"
                                 " names INTEGER NOT NULL);"
                                 "CREATE TABLE IF NOT EXISTS part(place INTEGER PRIMARY KEY, value BLOB NOT NULL)";
    p->db = db;
    if (sqlite3_exec(db, tables, NULL, NULL, NULL) != SQLITE_OK) return ERR_STORE;
    for (int i = 0; i < PARTS_STATEMENTS; i++) TRY(statement_prepare(db, sql[i], &p->statements[i]));
    return OK;
}

void parts_fini(struct parts *p)
{
    for (int i = 0; i < PARTS_STATEMENTS; i++) (void)sqlite3_finalize(p->statements[i]);
}

/* Runs a statement of up to two whole numbers that yields no row. */
static enum err run(struct parts *p, enum parts_statement which, int64_t first, int64_t second)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = p->statements[which];
    int n = sqlite3_bind_parameter_count(st);
    if (n > 0 && sqlite3_bind_int64(st, 1, first) != SQLITE_OK) return ERR_STORE;
    if (n > 1 && sqlite3_bind_int64(st, 2, second) != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    return e == ERR_ABSENT ? OK : e;
}

enum err parts_make(struct parts *p, struct big *out)
{
    TRY(run(p, PARTS_MAKE, 0, 0));
    *out = (struct big){ .id = sqlite3_last_insert_rowid(p->db), .names = 1 };
    return OK;
}

enum err parts_look(struct parts *p, int64_t id, struct big *out)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = p->statements[PARTS_LOOK];
    if (sqlite3_bind_int64(st, 1, id) != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    if (e != OK) return e == ERR_ABSENT ? ERR_STORE : e;
    *out = (struct big){ id, (uint64_t)sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1) };
    return OK;
}

static int64_t place_of(const struct big *b, uint64_t number) { return (b->id << PART_BITS) + (int64_t)number; }

/* A part that is shorter than it should be is damage. */
static enum err part_read(struct parts *p, const struct big *b, uint64_t number, size_t from, size_t n, uint8_t *out)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = p->statements[PARTS_GET];
    if (sqlite3_bind_int64(st, 1, place_of(b, number)) != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    if (e != OK) return e == ERR_ABSENT ? ERR_STORE : e;
    const uint8_t *value = sqlite3_column_blob(st, 0);
    size_t length = (size_t)sqlite3_column_bytes(st, 0);
    if (value == NULL || length < from || length - from < n) return ERR_STORE;
    memcpy(out, value + from, n);
    return OK;
}

static enum err part_put(struct parts *p, const struct big *b, uint64_t number, struct bytes value)
{
    sqlite3_stmt *st CLEANUP(statement_rewind) = p->statements[PARTS_PUT];
    if (sqlite3_bind_int64(st, 1, place_of(b, number)) != SQLITE_OK) return ERR_STORE;
    if (sqlite3_bind_blob64(st, 2, value.p, value.n, SQLITE_STATIC) != SQLITE_OK) return ERR_STORE;
    enum err e = statement_step(st);
    return e == ERR_ABSENT ? OK : e;
}

/* The last part, which is not full, with what comes behind it. */
static enum err part_fill(struct parts *p, const struct big *b, size_t used, struct bytes more)
{
    struct buf whole CLEANUP(buf_free) = buf_make(STORE_PART_BYTES);
    uint64_t number = b->bytes / STORE_PART_BYTES;
    uint8_t *old = buf_grow(&whole, used);
    if (old == NULL) return buf_err(&whole);
    TRY(part_read(p, b, number, 0, used, old));
    buf_add(&whole, more.p, more.n);
    TRY(buf_err(&whole));
    return part_put(p, b, number, buf_bytes(&whole));
}

enum err parts_append(struct parts *p, struct big *b, struct bytes more)
{
    while (more.n > 0) {
        size_t used = (size_t)(b->bytes % STORE_PART_BYTES);
        size_t room = STORE_PART_BYTES - used;
        struct bytes now = { more.p, more.n < room ? more.n : room };
        TRY(used ? part_fill(p, b, used, now) : part_put(p, b, b->bytes / STORE_PART_BYTES, now));
        b->bytes += now.n;
        more = (struct bytes){ more.p + now.n, more.n - now.n };
    }
    return run(p, PARTS_GROW, b->id, (int64_t)b->bytes);
}

enum err parts_read(struct parts *p, const struct big *b, uint64_t offset, size_t n, uint8_t *out)
{
    while (n > 0) {
        size_t from = (size_t)(offset % STORE_PART_BYTES);
        size_t now = n < STORE_PART_BYTES - from ? n : STORE_PART_BYTES - from;
        TRY(part_read(p, b, offset / STORE_PART_BYTES, from, now, out));
        out += now;
        offset += now;
        n -= now;
    }
    return OK;
}

enum err parts_get(struct parts *p, const struct big *b, struct buf *out)
{
    uint8_t *to = buf_grow(out, (size_t)b->bytes);
    if (to == NULL) return buf_err(out);
    enum err e = parts_read(p, b, 0, (size_t)b->bytes, to);
    if (e != OK) out->n -= (size_t)b->bytes;
    return e;
}

enum err parts_name(struct parts *p, struct big *b, int change)
{
    b->names += change;
    if (b->names > 0) return run(p, PARTS_NAME, b->id, b->names);
    TRY(run(p, PARTS_DROP_ALL, place_of(b, 0), place_of(b, ((uint64_t)1 << PART_BITS) - 1)));
    return run(p, PARTS_DROP, b->id, 0);
}
