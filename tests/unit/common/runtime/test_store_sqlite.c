#include "common/base/file.h"
#include "common/runtime/store.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
