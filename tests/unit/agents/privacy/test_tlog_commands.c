#include "agents/privacy/tlog_commands.h"
#include "common/base/file.h"
#include "tests/unit/agents/privacy/bookkeeper.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(tlog_commands, verify_says_what_it_found)
{
    struct bookkeeper b;
    bookkeeper_open(&b);
    (void)bookkeeper_say(&b, "roster");
    (void)bookkeeper_say(&b, "add 3");
    const char *said = bookkeeper_say(&b, "verify");
    cr_expect(strstr(said, "The log is whole") && strstr(said, "entries: ") && strstr(said, "0 of 1 hospitals"), "%s",
              said);
    (void)bookkeeper_say(&b, "show");
    (void)bookkeeper_hear(&b, "hospital-a", "cosign");
    said = bookkeeper_say(&b, "verify");
    cr_expect(strstr(said, "1 of 1 hospitals"), "%s", said);
    struct store *s = sim_store(b.sim, "guardian");
    cr_assert(store_begin(s) == OK &&
              store_put(s, "log/entry/00000000000000000002", str_bytes(STR("permit serial=99"))) == OK &&
              store_commit(s) == OK);
    said = bookkeeper_say(&b, "verify");
    cr_expect(strstr(said, "does not hold") && strstr(said, "line"), "%s", said);
    bookkeeper_close(&b);
}

Test(tlog_commands, export_writes_a_file_where_it_may)
{
    char dir[] = "/tmp/himas-tlog-XXXXXX";
    char path[200], folder[100];
    struct bookkeeper b;
    struct logbook_found found;
    struct why why = { "" };
    CLEANUP(buf_free) struct buf file = buf_make(1 << 20);
    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(folder, sizeof folder, "%s/out", dir);
    bookkeeper_open_in(&b, folder);
    (void)bookkeeper_say(&b, "add 3");
    const char *said = bookkeeper_say(&b, "file");
    (void)snprintf(path, sizeof path, "%s/" TLOG_EXPORT_FILE, folder);
    cr_expect(strstr(said, path), "%s", said);
    cr_assert_eq(file_read(path, &file, &why), OK, "%s", why.text);
    const struct logbook_trust trust = { .log = bookkeeper_key(&b) };
    cr_expect(logbook_check(buf_str(&file), &trust, &found, &why) == OK && found.entries == 3, "%s", why.text);
    bookkeeper_close(&b);
    cr_expect(remove(path) == 0 && rmdir(folder) == 0 && rmdir(dir) == 0);
    bookkeeper_open(&b);
    said = bookkeeper_say(&b, "file");
    cr_expect(strstr(said, "no export_dir"), "%s", said);
    bookkeeper_close(&b);
    bookkeeper_open_in(&b, "/proc/none");
    said = bookkeeper_say(&b, "file");
    cr_expect(strstr(said, "could not be written"), "%s", said);
    bookkeeper_close(&b);
}
