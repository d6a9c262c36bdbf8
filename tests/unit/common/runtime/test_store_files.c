#include "common/runtime/store_files.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct place {
    char dir[64], store[80];
    struct files files;
};

static void make_place(struct place *p, bool always)
{
    *p = (struct place){ .dir = "/tmp/himas-files-XXXXXX" };
    cr_assert(mkdtemp(p->dir) != NULL);
    (void)snprintf(p->store, sizeof p->store, "%s/s.db", p->dir);
    cr_assert_eq(files_init(&p->files, p->store, always), OK);
}

static void end_place(struct place *p)
{
    char command[128];
    files_fini(&p->files);
    (void)snprintf(command, sizeof command, "rm -r %s", p->dir);
    cr_assert_eq(system(command), 0);
}

static bool holds(struct place *p, int64_t id, const char *text)
{
    uint8_t seen[32];
    size_t n = strlen(text);
    return files_read(&p->files, id, 0, n, seen) == OK && memcmp(seen, text, n) == 0;
}

static void commit(struct files *f)
{
    cr_assert_eq(files_before_commit(f), OK);
    files_committed(f, true);
}

static void furnish(struct place *p, bool always)
{
    make_place(p, always);
    cr_assert_eq(files_make(&p->files, 1), OK);
    cr_assert_eq(files_write(&p->files, 1, 0, bytes_of("first", 5)), OK);
    commit(&p->files);
}

/* What is done to file 1, which is "first", and to a new file 2. */
enum { MAKE = 1, GROW = 2, DROP = 4 };
static void change(struct place *p, int what)
{
    if (what & MAKE) cr_assert(files_make(&p->files, 2) == OK && files_write(&p->files, 2, 0, bytes_of("2", 1)) == OK);
    if (what & GROW) cr_assert_eq(files_write(&p->files, 1, 5, bytes_of(" more", 5)), OK);
    if (what & DROP) cr_assert_eq(files_drop(&p->files, 1), OK);
}

Test(store_files, a_transaction_is_whole_or_is_not)
{
    static const struct {
        int what;
        bool commits, first, second, more;
    } rows[] = {
        { MAKE, true, true, true, false },
        { MAKE, false, true, false, false },
        { GROW, true, true, false, true },
        { DROP, true, false, false, false },
        { DROP, false, true, false, false },
        { MAKE | GROW | DROP, true, false, true, false },
        { MAKE | GROW | DROP, false, true, false, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int always = 0; always < 2; always++) {
            struct place p;
            furnish(&p, always);
            change(&p, rows[i].what);
            cr_expect_eq(files_dropping(&p.files), (rows[i].what & DROP) != 0, "%zu", i);
            if (rows[i].commits)
                commit(&p.files);
            else
                files_rolled_back(&p.files);
            cr_expect(!files_dropping(&p.files) && files_has(&p.files, 1) == rows[i].first &&
                          files_has(&p.files, 2) == rows[i].second && holds(&p, 1, "first") == rows[i].first &&
                          holds(&p, 1, "first more") == rows[i].more, /* rolled back, it is behind the row's length */
                      "%zu", i);
            end_place(&p);
        }
}

/* What must outlive a power cut is synced before the commit; the rest is remembered until it must. */
Test(store_files, what_is_not_synced_yet_is_remembered)
{
    struct place p;
    furnish(&p, false);
    cr_expect_eq(p.files.n, 0, "made: synced with its commit");
    change(&p, GROW);
    commit(&p.files);
    cr_expect(p.files.n == 1 && p.files.touched[0].unsynced);
    cr_assert_eq(files_must_last(&p.files, 1), OK);
    commit(&p.files);
    cr_expect_eq(p.files.n, 0);
    end_place(&p);
    furnish(&p, true);
    change(&p, GROW);
    commit(&p.files);
    cr_expect_eq(p.files.n, 0);
    end_place(&p);
}

static enum err odd_ones(void *to, int64_t id, bool *out)
{
    (void)to;
    *out = id % 2 == 1;
    return OK;
}

Test(store_files, nobodys_files_are_removed)
{
    struct place p;
    furnish(&p, false);
    for (int64_t id = 2; id < 6; id++) cr_assert_eq(files_make(&p.files, id), OK);
    commit(&p.files);
    cr_assert_eq(files_prune(&p.files, odd_ones, NULL), OK);
    for (int64_t id = 1; id < 6; id++) cr_expect_eq(files_has(&p.files, id), id % 2 == 1, "%d", (int)id);
    end_place(&p);
    make_place(&p, false);
    cr_expect_eq(files_prune(&p.files, odd_ones, NULL), OK, "there is no folder yet");
    end_place(&p);
}

Test(store_files, what_cannot_be_done_is_said)
{
    struct place p;
    struct rlimit all;
    uint8_t byte = 0;
    furnish(&p, false);
    cr_expect(files_read(&p.files, 7, 0, 1, &byte) == ERR_STORE && p.files.trouble == ENOENT);
    cr_expect(files_write(&p.files, 7, 0, bytes_of("7", 1)) == ERR_STORE);
    p.files.trouble = 0;
    cr_expect(files_read(&p.files, 1, 5, 1, &byte) == ERR_STORE && p.files.trouble == 0, "shorter than was said");
    cr_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && getrlimit(RLIMIT_FSIZE, &all) == 0);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 5, all.rlim_max }), 0);
    cr_expect(files_write(&p.files, 1, 5, bytes_of("x", 1)) == ERR_STORE && p.files.trouble == EFBIG);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
    files_rolled_back(&p.files);
    cr_expect(holds(&p, 1, "first"));
    end_place(&p);
}
