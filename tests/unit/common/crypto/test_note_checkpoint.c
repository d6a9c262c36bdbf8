#include "common/base/buf.h"
#include "common/crypto/note_checkpoint.h"
#include <criterion/criterion.h>
#include <string.h>

#define ROOT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

Test(note_checkpoint, read_and_written_again)
{
    static const struct {
        const char *name, *text;
        uint64_t size;
        const char *extensions;
    } rows[] = {
        { "plain", "himas.example/log\n20852163\n" ROOT, 20852163, "" },
        { "empty log", "l\n0\n" ROOT, 0, "" },
        { "largest", "l\n9223372036854775807\n" ROOT, MERKLE_SIZE_MAX, "" },
        { "extensions", "l\n1\n" ROOT "a\nb c\n", 1, "a\nb c\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct note_checkpoint c;
        struct buf again CLEANUP(buf_free) = buf_make(1000);
        cr_assert_eq(note_checkpoint_parse(str_of(rows[i].text), &c, NULL), OK, "%s", rows[i].name);
        cr_expect_eq(c.size, rows[i].size, "%s", rows[i].name);
        cr_expect(c.root.b[0] == 0 && c.root.b[31] == 31, "%s", rows[i].name);
        cr_expect(str_is(c.extensions, rows[i].extensions), "%s", rows[i].name);
        cr_assert_eq(note_checkpoint_print(&c, &again), OK, "%s", rows[i].name);
        cr_expect(str_is(buf_str(&again), rows[i].text), "%s", rows[i].name);
    }
}

Test(note_checkpoint, malformed)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        { "empty", "" },
        { "no origin", "\n1\n" ROOT },
        { "no size", "l\n\n" ROOT },
        { "leading zero", "l\n01\n" ROOT },
        { "two zeros", "l\n00\n" ROOT },
        { "negative", "l\n-1\n" ROOT },
        { "hex", "l\n0x1\n" ROOT },
        { "space", "l\n 1\n" ROOT },
        { "too large", "l\n9223372036854775808\n" ROOT },
        { "larger than 64 bits", "l\n99999999999999999999999\n" ROOT },
        { "no root", "l\n1\n" },
        { "short root", "l\n1\nAAEC\n" },
        { "long root", "l\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n" },
        { "no final newline", "l\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" },
        { "carriage return", "l\r\n1\r\n" ROOT },
        { "empty extension", "l\n1\n" ROOT "\n" },
        { "empty extension among others", "l\n1\n" ROOT "a\n\nb\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct note_checkpoint c = { .size = 77 };
        struct why why = { "" };
        cr_expect_eq(note_checkpoint_parse(str_of(rows[i].text), &c, &why), ERR_INPUT, "%s", rows[i].name);
        cr_expect(c.size == 77 && why.text[0] != '\0', "%s", rows[i].name);
    }
}

Test(note_checkpoint, unwritable)
{
    struct buf out CLEANUP(buf_free) = buf_make(1000);
    const struct note_checkpoint rows[] = {
        { .origin = STR("") },
        { .origin = STR("a\nb") },
        { .origin = STR("a"), .extensions = STR("no newline") },
        { .origin = STR("a"), .extensions = STR("x\n\ny\n") },
        { .origin = STR("a"), .size = MERKLE_SIZE_MAX + 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(note_checkpoint_print(&rows[i], &out), ERR_INPUT, "row %zu", i);
    cr_expect_eq(out.n, 0u);
}

/* Checkpoints of one growing log, and of a fork of it. */
static struct note_checkpoint grow(struct merkle_range *r, const char *entry)
{
    struct note_checkpoint c = { .origin = STR("log") };
    struct merkle_hash leaf;
    if (entry != NULL) {
        cr_assert_eq(merkle_leaf(bytes_of(entry, strlen(entry)), &leaf), OK);
        cr_assert_eq(merkle_append(r, &leaf, NULL, NULL), OK);
    }
    c.size = r->size;
    cr_assert_eq(merkle_range_root(r, &c.root), OK);
    return c;
}

Test(note_checkpoint, a_witness_sees_a_fork)
{
    struct merkle_range r = { 0 }, fork = { 0 };
    struct merkle_proof none = { 0 }, step = { 1, { { { 0 } } } };
    struct note_checkpoint zero = grow(&r, NULL), one = grow(&r, "a"), two = grow(&r, "b");
    struct note_checkpoint other = grow(&fork, "x"), other_two = grow(&fork, "b");
    struct note_checkpoint foreign = two;
    struct why why;
    foreign.origin = STR("another");
    cr_assert_eq(merkle_leaf(bytes_of("b", 1), &step.at[0]), OK);
    const struct {
        const char *name;
        const struct note_checkpoint *last, *next;
        const struct merkle_proof *proof;
        enum err expected;
    } rows[] = {
        { "first", &zero, &one, &none, OK },
        { "first with a proof", &zero, &one, &step, ERR_CRYPTO },
        { "the same", &one, &one, &none, OK },
        { "the same, empty", &zero, &zero, &none, OK },
        { "grown", &one, &two, &step, OK },
        { "without proof", &one, &two, &none, ERR_CRYPTO },
        { "shrunk", &two, &one, &step, ERR_CRYPTO },
        { "other root", &one, &other, &none, ERR_CRYPTO },
        { "fork", &one, &other_two, &step, ERR_CRYPTO },
        { "another log", &one, &foreign, &step, ERR_CRYPTO },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(note_checkpoint_follows(rows[i].last, rows[i].next, rows[i].proof, &why), rows[i].expected, "%s",
                     rows[i].name);
}

Test(note_checkpoint, the_time_is_an_extension)
{
    static const struct {
        const char *name, *extensions;
        uint64_t expected;
    } rows[] = {
        { "none", "", 0 },
        { "the time", "time 1767225600000\n", 1767225600000 },
        { "behind another", "other\ntime 7\n", 7 },
        { "no number", "time soon\n", 0 },
        { "another word", "timed 7\n", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct note_checkpoint c = { .extensions = str_of(rows[i].extensions) };
        cr_expect_eq(note_checkpoint_time_ms(&c), rows[i].expected, "%s", rows[i].name);
    }
}
