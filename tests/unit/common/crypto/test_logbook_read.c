#include "common/crypto/logbook_read.h"
#include <criterion/criterion.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD LOGBOOK_HEAD_LINE "\n"
#define OLD LOGBOOK_OLD_LINE "\n"

Test(logbook_read, pieces_in_order)
{
    const struct str file = STR(HEAD "entry 7 " ZEROS " run id=r1\ncheckpoint 2\na\nb\nsigned 1\nx\nend 8 1\nrest");
    struct logbook_read r = logbook_read_make(file);
    struct logbook_item item;
    cr_assert_eq(logbook_read_next(&r, &item), OK);
    cr_expect(item.kind == LOGBOOK_HEAD && r.line == 1);
    cr_assert_eq(logbook_read_next(&r, &item), OK);
    cr_expect(item.kind == LOGBOOK_ENTRY && item.number == 7 && str_is(item.text, "run id=r1") && r.line == 2);
    struct merkle_hash leaf;
    cr_assert_eq(merkle_leaf(str_bytes(STR("run id=r1")), &leaf), OK);
    cr_expect_arr_eq(item.leaf.b, leaf.b, HASH_BYTES);
    cr_expect(item.claimed.b[0] == 0 && item.claimed.b[31] == 0);
    cr_assert_eq(logbook_read_next(&r, &item), OK);
    cr_expect(item.kind == LOGBOOK_CHECKPOINT && item.number == 2 && str_is(item.text, "a\nb\n") && r.line == 5);
    cr_assert_eq(logbook_read_next(&r, &item), OK);
    cr_expect(item.kind == LOGBOOK_SIGNED && item.number == 1 && str_is(item.text, "x\n") && r.line == 7);
    cr_assert_eq(logbook_read_next(&r, &item), OK);
    cr_expect(item.kind == LOGBOOK_END && item.number == 8 && item.texts == 1 && str_is(r.rest, "rest"));
}

/* Version 1 has no signed texts. */
Test(logbook_read, the_version_before)
{
    struct logbook_read r = logbook_read_make(STR(OLD "end 8\nrest"));
    struct logbook_item item;
    cr_assert_eq(logbook_read_next(&r, &item), OK);
    cr_assert_eq(logbook_read_next(&r, &item), OK);
    cr_expect(item.kind == LOGBOOK_END && item.number == 8 && item.texts == 0 && str_is(r.rest, "rest"));
}

Test(logbook_read, malformed)
{
    static const struct {
        const char *name, *text, *complaint;
        uint64_t line;
    } rows[] = {
        { "empty", "", "without its last line", 1 },
        { "another file", "himas-log/v3\n", "no log", 1 },
        { "no newline", "himas-log/v2", "no end", 1 },
        { "nothing behind", HEAD, "without its last line", 2 },
        { "empty line", HEAD "\n", "neither", 2 },
        { "unknown word", HEAD "entries 1\n", "neither", 2 },
        { "entry without number", HEAD "entry x " ZEROS " run id=r1\n", "no number", 2 },
        { "leading zero", HEAD "entry 00 " ZEROS " run id=r1\n", "no number", 2 },
        { "two blanks", HEAD "entry  0 " ZEROS " run id=r1\n", "no number", 2 },
        { "short hash", HEAD "entry 0 00 run id=r1\n", "no hash", 2 },
        { "upper case hash", HEAD "entry 0 A" ZEROS " run id=r1\n", "no hash", 2 },
        { "upper case digits", HEAD "entry 0 ABCDEF7890ABCDEF7890ABCDEF7890ABCDEF7890ABCDEF7890ABCDEF78901234 run x\n",
          "no hash", 2 },
        { "no text", HEAD "entry 0 " ZEROS "\n", "text is none", 2 },
        { "text of a control character", HEAD "entry 0 " ZEROS " run\tx\n", "text is none", 2 },
        { "checkpoint of no number", HEAD "checkpoint\n", "number of lines", 2 },
        { "checkpoint cut short", HEAD "checkpoint 3\na\n", "without its last line", 4 },
        { "checkpoint of a lie", HEAD "checkpoint 18446744073709551615\na\n", "without its last line", 4 },
        { "end of no number", HEAD "end\n", "number of entries", 2 },
        { "end of one number", HEAD "end 0\n", "number of signed texts", 2 },
        { "signed of no number", HEAD "signed\n", "number of lines", 2 },
        { "signed in version 1", OLD "signed 1\na\n", "neither", 2 },
        { "version 1's end of two numbers", OLD "end 0 0\n", "number of entries", 2 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct logbook_read r = logbook_read_make(str_of(rows[i].text));
        struct logbook_item item = { .number = 77 };
        enum err e = OK;
        for (size_t n = 0; n < 3 && e == OK; n++) e = logbook_read_next(&r, &item);
        cr_expect_eq(e, ERR_INPUT, "%s", rows[i].name);
        cr_expect(strstr(r.complaint, rows[i].complaint) != NULL, "%s: %s", rows[i].name, r.complaint);
        cr_expect_eq(r.line, rows[i].line, "%s: line %zu", rows[i].name, (size_t)r.line);
    }
}
