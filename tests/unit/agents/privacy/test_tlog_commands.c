#include "agents/privacy/tlog_commands.h"
#include "common/base/file.h"
#include "common/crypto/encode.h"
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

/* Row by row: what it says, after something of its store was changed. */
Test(tlog_commands, health_is_what_was_signed)
{
    static const struct {
        const char *name, *key, *value, *part;
    } rows[] = { { "whole", NULL, NULL, "checkpoint" },
                 { "a shorter log", "log/size", "3", "is not what was signed" },
                 { "a longer log", "log/size", "6", "is not what was signed" },
                 { "a node", "log/node/02/00000000000000000000", "01234567890123456789012345678901",
                   "is not what was signed" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bookkeeper b;
        bookkeeper_open(&b);
        (void)bookkeeper_say(&b, "add 5");
        (void)bookkeeper_say(&b, "sign");
        struct store *s = sim_store(b.sim, "guardian");
        if (rows[i].key)
            cr_assert(store_begin(s) == OK && store_put(s, rows[i].key, str_bytes(str_of(rows[i].value))) == OK &&
                      store_commit(s) == OK);
        const char *said = bookkeeper_say(&b, "health");
        cr_expect(strstr(said, rows[i].part), "%s: %s", rows[i].name, said);
        bookkeeper_close(&b);
    }
}

/* Who asks sees that it can sign now, and what. */
Test(tlog_commands, health_has_a_checkpoint_over_all_entries)
{
    struct bookkeeper b;
    struct note note;
    struct note_checkpoint point;
    struct note_seen seen;
    CLEANUP(buf_free) struct buf text = buf_make(NOTE_MAX_BYTES);
    bookkeeper_open(&b);
    (void)bookkeeper_say(&b, "add 3");
    struct str said = str_of(bookkeeper_say(&b, "health"));
    size_t at = str_find(said, "checkpoint: ") + strlen("checkpoint: ");
    cr_assert_lt(at, said.n, STR_F, STR_ARG(said));
    struct str rest = { said.p + at, said.n - at };
    cr_assert_eq(base64_decode(str_next(&rest, '\n'), &text), OK);
    cr_assert_eq(note_parse(buf_str(&text), &note, NULL), OK);
    cr_assert_eq(note_checkpoint_parse(note.text, &point, NULL), OK);
    const struct note_key key = bookkeeper_key(&b);
    cr_expect(note_verify(&note, &key, 1, &seen) == OK && seen.valid && point.size == 3);
    bookkeeper_close(&b);
}
