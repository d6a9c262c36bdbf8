#include "common/base/file.h"
#include "common/runtime/store.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *path_in(char dir[64], char path[100], const char *name)
{
    (void)snprintf(dir, 64, "/tmp/himas-sqlite-XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    (void)snprintf(path, 100, "%s/%s", dir, name);
    return path;
}

Test(store_sqlite, what_was_committed_survives_a_kill)
{
    char dir[64];
    char path[100];
    struct store *s = NULL;
    struct buf out CLEANUP(buf_free) = buf_make(100);
    path_in(dir, path, "s.db");
    pid_t child = fork();
    if (child == 0) {
        bool kept = store_open_file(path, STORE_POWER_SAFE, &s, NULL) == OK && store_begin(s) == OK &&
                    store_put(s, "kept", bytes_of("1", 1)) == OK && store_commit(s) == OK && store_begin(s) == OK &&
                    store_put(s, "lost", bytes_of("1", 1)) == OK;
        _exit(kept ? 0 : 1); /* no close: as a killed process */
    }
    int status = 0;
    cr_assert(waitpid(child, &status, 0) == child && status == 0);
    cr_assert(store_open_file(path, STORE_POWER_SAFE, &s, NULL) == OK);
    cr_expect(store_get(s, "kept", &out) == OK && store_get(s, "lost", &out) == ERR_ABSENT);
    store_close(s);
}

Test(store_sqlite, refusals_say_the_cause)
{
    char dir[64];
    char path[100];
    struct store *s = NULL;
    struct store *second = NULL;
    struct why why = { 0 };
    cr_assert(store_open_file(path_in(dir, path, "s.db"), STORE_PROCESS_SAFE, &s, &why) == OK);
    cr_expect(store_open_file(path, STORE_PROCESS_SAFE, &second, &why) == ERR_STORE &&
                  strstr(why.text, "another process holds"),
              "%s", why.text);
    store_close(s);
    cr_assert(file_write(path, str_bytes(STR("this is no data base, but a text that somebody put there by mistake")),
                         0600, NULL) == OK);
    cr_expect(store_open_file(path, STORE_PROCESS_SAFE, &s, &why) == ERR_STORE && strstr(why.text, "damaged"), "%s",
              why.text);
    cr_expect(store_open_file("/nonexistent/s.db", STORE_PROCESS_SAFE, &s, &why) == ERR_STORE &&
                  strstr(why.text, "/nonexistent"),
              "%s", why.text);
}

/* A file that may not grow is as good as a full disk. */
Test(store_sqlite, what_cannot_be_written_is_said_and_forgotten)
{
    char dir[64];
    char path[100];
    struct store *s = NULL;
    struct rlimit all;
    struct buf value CLEANUP(buf_free) = buf_make(1 << 20);
    uint8_t *p = buf_grow(&value, 1 << 19);
    cr_assert(p && store_open_file(path_in(dir, path, "s.db"), STORE_PROCESS_SAFE, &s, NULL) == OK);
    memset(p, 1, 1 << 19);
    cr_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && getrlimit(RLIMIT_FSIZE, &all) == 0);
    for (int full = 1; full >= 0; full--) {
        struct rlimit now = { full ? 1 << 16 : all.rlim_cur, all.rlim_max };
        cr_assert(setrlimit(RLIMIT_FSIZE, &now) == 0 && store_begin(s) == OK);
        enum err e = store_put(s, "long", buf_bytes(&value));
        if (e == OK)
            e = store_commit(s);
        else
            store_rollback(s);
        cr_expect_eq(e, full ? ERR_STORE : OK);
        cr_expect((strstr(store_trouble(s), "disk") != NULL) == (full == 1), "%s", store_trouble(s));
        cr_expect_eq(store_has(s, "long"), full == 0);
    }
    store_close(s);
}

/* ---- damage ---- */

enum { PAGE_BYTES = 4096, FILE_MAX = 4 << 20, KEYS = 60 };

static enum err describe(void *to, const char *key, struct bytes value)
{
    uint64_t sum = value.n;
    for (size_t i = 0; i < value.n; i++) sum = sum * 31 + value.p[i];
    buf_addf(to, "%s=%llx ", key, (unsigned long long)sum);
    return buf_err(to);
}

/* Values within a page, and over several; and a long one. */
static void furnish(const char *path, struct buf *contents)
{
    static uint8_t bytes[STORE_ROW_BYTES + 1];
    struct store *s = NULL;
    char key[16];
    cr_assert(store_open_file(path, STORE_PROCESS_SAFE, &s, NULL) == OK && store_begin(s) == OK);
    for (size_t i = 0; i < KEYS; i++) {
        (void)snprintf(key, sizeof key, "k%zu", i);
        memset(bytes, (int)i + 1, i * 300 + 1);
        cr_assert_eq(store_put(s, key, bytes_of(bytes, i * 300 + 1)), OK);
    }
    cr_assert_eq(store_put(s, "long", bytes_of(bytes, sizeof bytes)), OK);
    cr_assert(store_commit(s) == OK && store_scan(s, "", describe, contents) == OK);
    store_close(s);
}

/* A page of the file is spoiled: it is refused in words, or what is read from it is right, or reading is refused. */
Test(store_sqlite, damage_is_refused)
{
    char dir[64], path[100];
    struct buf right CLEANUP(buf_free) = buf_make(10000);
    struct buf file CLEANUP(buf_free) = buf_make(FILE_MAX);
    size_t refused = 0;
    furnish(path_in(dir, path, "s.db"), &right);
    cr_assert_eq(file_read(path, &file, NULL), OK);
    for (size_t at = 0; at < file.n; at += PAGE_BYTES) {
        struct buf spoiled CLEANUP(buf_free) = buf_make(FILE_MAX), seen CLEANUP(buf_free) = buf_make(10000);
        struct store *s = NULL;
        struct why why = { "" };
        buf_add(&spoiled, file.p, file.n);
        memset(spoiled.p + at, 0xa5, PAGE_BYTES);
        cr_assert_eq(file_write(path, buf_bytes(&spoiled), 0600, NULL), OK);
        enum err e = store_open_file(path, STORE_PROCESS_SAFE, &s, &why);
        refused += e != OK;
        if (e != OK)
            cr_expect(e == ERR_STORE && strstr(why.text, "damaged"), "page %zu: %s", at / PAGE_BYTES, why.text);
        if (e == OK && store_scan(s, "k", describe, &seen) == OK)
            cr_expect(strncmp((char *)seen.p, (char *)right.p, seen.n) == 0, "page %zu", at / PAGE_BYTES);
        store_close(s);
    }
    cr_expect_gt(refused, KEYS, "%zu of %zu pages", refused, file.n / PAGE_BYTES);
}
