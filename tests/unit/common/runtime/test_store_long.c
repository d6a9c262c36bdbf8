#include "common/runtime/store_long.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_BYTES = 3 * STORE_ROW_BYTES + 5 };
struct place {
    char dir[64], path[80], file[100];
    uint8_t *value;
};

static void make_place(struct place *p)
{
    *p = (struct place){ .dir = "/tmp/himas-long-XXXXXX", .value = malloc(LONG_BYTES) };
    cr_assert(p->value && mkdtemp(p->dir) != NULL);
    for (size_t i = 0; i < LONG_BYTES; i++) p->value[i] = (uint8_t)(i * 2654435761u >> 13);
    (void)snprintf(p->path, sizeof p->path, "%s/s.db", p->dir);
    (void)snprintf(p->file, sizeof p->file, "%s-long/1", p->path);
}

static void end_place(struct place *p)
{
    char command[128];
    free(p->value);
    (void)snprintf(command, sizeof command, "rm -r %s", p->dir);
    cr_assert_eq(system(command), 0);
}

static struct store *open_store(const struct place *p)
{
    struct store *s = NULL;
    struct why why = { "" };
    cr_assert_eq(store_open_file(p->path, STORE_PROCESS_SAFE, &s, &why), OK, "%s", why.text);
    return s;
}

static void put(const struct place *p, const char *key)
{
    struct store *s = open_store(p);
    cr_assert(store_begin(s) == OK && store_put(s, key, bytes_of(p->value, LONG_BYTES)) == OK && store_commit(s) == OK);
    store_close(s);
}

static bool has(struct store *s, const char *key, const struct place *p)
{
    struct buf out CLEANUP(buf_free) = buf_make(LONG_BYTES);
    return store_get(s, key, &out) == OK && out.n == LONG_BYTES && memcmp(out.p, p->value, LONG_BYTES) == 0;
}

/* A killed process leaves a file that no row names. */
Test(store_long, files_are_there_as_long_as_their_rows)
{
    struct place p;
    char orphan[100];
    make_place(&p);
    put(&p, "kept");
    (void)snprintf(orphan, sizeof orphan, "%s-long/99", p.path);
    FILE *f = fopen(orphan, "w");
    cr_assert(f && fclose(f) == 0);
    struct store *s = open_store(&p);
    cr_expect(access(p.file, F_OK) == 0 && access(orphan, F_OK) != 0 && has(s, "kept", &p));
    cr_assert(store_begin(s) == OK && store_link(s, "kept", "also") == OK && store_del(s, "kept") == OK &&
              store_commit(s) == OK);
    cr_expect(access(p.file, F_OK) == 0 && has(s, "also", &p));
    cr_assert(store_begin(s) == OK && store_del(s, "also") == OK);
    cr_expect_eq(access(p.file, F_OK), 0, "not before the commit");
    cr_assert_eq(store_commit(s), OK);
    cr_expect_neq(access(p.file, F_OK), 0);
    store_close(s);
    end_place(&p);
}

Test(store_long, a_file_that_lacks_is_said_when_the_store_is_opened)
{
    struct place p;
    struct store *s = NULL;
    struct why why = { "" };
    make_place(&p);
    put(&p, "kept");
    cr_assert_eq(unlink(p.file), 0);
    cr_expect_eq(store_open_file(p.path, STORE_PROCESS_SAFE, &s, &why), ERR_STORE);
    cr_expect(strstr(why.text, "s.db-long lacks a file") && strstr(why.text, "restore the two together"), "%s",
              why.text);
    end_place(&p);
}

/* As a power cut leaves the end of what was appended. */
Test(store_long, a_file_that_is_short_is_refused_when_it_is_read)
{
    struct place p;
    uint8_t byte;
    make_place(&p);
    put(&p, "kept");
    cr_assert_eq(truncate(p.file, STORE_ROW_BYTES), 0);
    struct store *s = open_store(&p);
    cr_expect(store_read(s, "kept", 0, 1, &byte) == OK && byte == p.value[0]);
    cr_expect(!has(s, "kept", &p) && store_read(s, "kept", LONG_BYTES - 1, 1, &byte) == ERR_STORE);
    store_close(s);
    end_place(&p);
}

/* Layout 2: parts of a megabyte in a table of their own. */
static void old_layout(const struct place *p)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    cr_assert_eq(sqlite3_open(p->path, &db), SQLITE_OK);
    cr_assert_eq(
        sqlite3_exec(db,
                     "CREATE TABLE kept(key BLOB NOT NULL UNIQUE, value BLOB NOT NULL);"
                     "CREATE TABLE big(id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, names INTEGER NOT NULL);"
                     "CREATE TABLE part(place INTEGER PRIMARY KEY, value BLOB NOT NULL);"
                     "INSERT INTO kept VALUES(CAST('a' AS BLOB), 1), (CAST('b' AS BLOB), 2)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    for (int id = 1; id <= 2; id++) {
        char row[100];
        (void)snprintf(row, sizeof row, "INSERT INTO big VALUES(%d, %d, 1)", id, LONG_BYTES);
        cr_assert_eq(sqlite3_exec(db, row, NULL, NULL, NULL), SQLITE_OK);
        cr_assert_eq(sqlite3_prepare_v2(db, "INSERT INTO part VALUES(?1, ?2)", -1, &st, NULL), SQLITE_OK);
        for (size_t at = 0; at < LONG_BYTES; at += STORE_ROW_BYTES) {
            size_t n = LONG_BYTES - at < STORE_ROW_BYTES ? LONG_BYTES - at : STORE_ROW_BYTES;
            (void)sqlite3_bind_int64(st, 1, ((int64_t)id << 24) + (int64_t)(at / STORE_ROW_BYTES));
            (void)sqlite3_bind_blob64(st, 2, p->value + at, n, SQLITE_STATIC);
            cr_assert(sqlite3_step(st) == SQLITE_DONE && sqlite3_reset(st) == SQLITE_OK);
        }
        cr_assert_eq(sqlite3_finalize(st), SQLITE_OK);
    }
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

Test(store_long, a_store_of_the_layout_before_is_taken_over)
{
    struct place p;
    make_place(&p);
    old_layout(&p);
    for (int times = 0; times < 2; times++) {
        struct store *s = open_store(&p);
        cr_expect(has(s, "a", &p) && has(s, "b", &p), "%d", times);
        store_close(s);
    }
    put(&p, "c");
    struct store *s = open_store(&p);
    cr_expect(has(s, "a", &p) && has(s, "b", &p) && has(s, "c", &p));
    store_close(s);
    end_place(&p);
}
