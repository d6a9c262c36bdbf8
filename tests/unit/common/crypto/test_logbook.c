#include "common/crypto/encode.h"
#include "common/crypto/logbook.h"
#include "tests/support/failmalloc.h"
#include "tests/support/logbooks.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static enum err check(const struct logbooks *l, const struct buf *file, struct logbook_found *found, struct why *why)
{
    return logbook_check(buf_str(file), &l->trust, found, why);
}

static struct buf log_of(const struct logbooks *l, size_t entries, size_t every, size_t witnesses)
{
    struct buf file = buf_make(LOGBOOKS_MAX_BYTES);
    logbooks_write(l, &(struct logbooks_plan){ entries, every, witnesses, true }, &file);
    return file;
}

Test(logbook, whole)
{
    static const struct {
        size_t entries, every, witnesses, checkpoints;
    } rows[] = { { 0, 1, 0, 0 },  { 1, 1, 0, 1 },   { 1, 1, 3, 1 },    { 2, 1, 1, 2 },
                 { 20, 6, 2, 4 }, { 64, 64, 3, 1 }, { 500, 100, 3, 5 } };
    struct logbooks l;
    logbooks_init(&l);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf file CLEANUP(buf_free) = log_of(&l, rows[i].entries, rows[i].every, rows[i].witnesses);
        struct logbook_found found;
        struct why why = { "" };
        cr_assert_eq(check(&l, &file, &found, &why), OK, "row %zu: %s", i, why.text);
        cr_expect(found.entries == rows[i].entries && found.covered == rows[i].entries, "row %zu", i);
        cr_expect_eq(found.checkpoints, rows[i].checkpoints, "row %zu", i);
        cr_expect_eq(found.texts, (rows[i].entries + 3) / 5, "row %zu", i);
        cr_expect_eq(found.cosigned, rows[i].witnesses, "row %zu", i);
        cr_expect(found.bad_last < found.bad_first, "row %zu", i);
    }
}

/* The line that was changed is named, whichever byte it was, and however. */
Test(logbook, every_bit_of_every_byte_matters)
{
    struct logbooks l;
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 5, 3, 2);
    uint64_t line = 1;
    for (size_t at = 0; at < file.n; line += file.p[at++] == '\n')
        for (unsigned bit = 0; bit < 8; bit++) {
            struct logbook_found found;
            struct why why = { "" };
            uint8_t old = file.p[at];
            file.p[at] ^= (uint8_t)(1u << bit);
            enum err e = check(&l, &file, &found, &why);
            file.p[at] = old;
            cr_expect(e == ERR_INPUT || e == ERR_CRYPTO, "byte %zu bit %u", at, bit);
            cr_expect(why.text[0] != '\0' && found.line >= line, "byte %zu bit %u: line %zu", at, bit,
                      (size_t)found.line);
        }
}

Test(logbook, every_cut_and_every_extra_byte_matters)
{
    struct logbooks l;
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 3, 2, 1);
    struct logbook_found found;
    for (size_t n = 0; n < file.n; n++)
        cr_expect_neq(logbook_check((struct str){ (char *)file.p, n }, &l.trust, &found, NULL), OK, "%zu bytes", n);
    for (size_t at = 0; at <= file.n; at++) {
        struct buf longer CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
        buf_add(&longer, file.p, at);
        buf_add(&longer, file.p + (at ? at - 1 : 0), 1); /* a byte that may stand there */
        buf_add(&longer, file.p + at, file.n - at);
        cr_expect_neq(check(&l, &longer, &found, NULL), OK, "before byte %zu", at);
    }
}

/* Whoever rewrites a log with its hashes, but without the keys, is found at the next checkpoint. */
Test(logbook, a_forger_with_hashes)
{
    struct logbooks l, forger;
    struct why why = { "" };
    struct logbook_found found;
    struct buf forged CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 12, 4, 1);
    struct str rest = buf_str(&file);
    while (rest.n > 0) {
        struct str line = str_next(&rest, '\n');
        if (str_starts(line, "entry 7 ")) {
            cr_assert_eq(logbook_put_entry(7, STR("spend round=7 epsilon=0"), &forged), OK);
            continue;
        }
        buf_add_str(&forged, line);
        buf_add_z(&forged, "\n");
    }
    cr_expect_eq(check(&l, &forged, &found, &why), ERR_CRYPTO);
    cr_expect(found.bad_first == 4 && found.bad_last == 7 && found.covered == 4, "%s", why.text);
    cr_expect(strstr(why.text, "one of the entries 4 to 7") != NULL, "%s", why.text);
    /* and with keys of his own, at the first */
    logbooks_init(&forger);
    memset(forger.log_secret.secret, 9, sizeof forger.log_secret.secret);
    cr_assert_eq(sign_from_secret(forger.log_secret.secret, &forger.log_secret), OK);
    cr_assert_eq(note_key_make(str_of(l.log.name), NOTE_ED25519, forger.log_secret.public_key, &forger.log), OK);
    struct buf other CLEANUP(buf_free) = log_of(&forger, 12, 4, 1);
    cr_expect_eq(check(&l, &other, &found, &why), ERR_CRYPTO);
    cr_expect(strstr(why.text, "the log's key did not sign") != NULL && found.covered == 0, "%s", why.text);
}

Test(logbook, the_first_bad_entry_is_named)
{
    struct logbooks l;
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 30, 10, 1);
    for (size_t bad = 0; bad < 30; bad++) {
        struct logbook_found found;
        struct why why = { "" };
        char begin[32];
        char named[32];
        (void)snprintf(begin, sizeof begin, "\nentry %zu ", bad);
        (void)snprintf(named, sizeof named, ": entry %zu is not", bad);
        size_t at = str_find(buf_str(&file), begin) + strlen(begin) + 64 + 5;
        file.p[at] ^= 1;
        cr_expect_eq(check(&l, &file, &found, &why), ERR_CRYPTO);
        file.p[at] ^= 1;
        cr_expect(found.bad_first == bad && found.bad_last == bad, "%zu: %s", bad, why.text);
        cr_expect(strstr(why.text, named) != NULL, "%s", why.text);
    }
}

/* A log with one entry, a note over it that is made by hand, and an end. */
static enum err with_note(const struct logbooks *l, struct str origin, uint64_t size, size_t witnesses, size_t twice,
                          struct why *why)
{
    struct buf file CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    struct note_checkpoint c = { .origin = origin, .size = size };
    struct logbook_found found;
    cr_assert_eq(merkle_leaf(str_bytes(STR("run id=r1")), &c.root), OK);
    cr_assert_eq(note_checkpoint_print(&c, &text), OK);
    cr_assert_eq(note_sign(&l->log, &l->log_secret, buf_str(&text), &note), OK);
    for (size_t i = 0; i < witnesses * (twice + 1); i++)
        cr_assert_eq(
            note_cosign(&l->witness[i % witnesses], &l->witness_secret[i % witnesses], 5, buf_str(&text), &note), OK);
    cr_assert_eq(logbook_put_head(&file), OK);
    cr_assert_eq(logbook_put_entry(0, STR("run id=r1"), &file), OK);
    cr_assert_eq(logbook_put_checkpoint(buf_str(&note), &file), OK);
    cr_assert_eq(logbook_put_end(1, 0, &file), OK);
    return check(l, &file, &found, why);
}

Test(logbook, checkpoints_that_do_not_fit)
{
    struct logbooks l;
    struct why why = { "" };
    logbooks_init(&l);
    const struct str origin = str_of(l.log.name);
    cr_expect_eq(with_note(&l, origin, 1, 3, 0, &why), OK, "%s", why.text);
    cr_expect_eq(with_note(&l, STR("other@himas.local"), 1, 0, 0, &why), ERR_CRYPTO);
    cr_expect(strstr(why.text, "another log") != NULL, "%s", why.text);
    cr_expect_eq(with_note(&l, origin, 2, 0, 0, &why), ERR_CRYPTO);
    cr_expect(strstr(why.text, "number of entries") != NULL, "%s", why.text);
    cr_expect_eq(with_note(&l, origin, 1, 2, 1, &why), ERR_CRYPTO);
    cr_expect(strstr(why.text, "twice") != NULL, "%s", why.text);
    l.trust.nwitnesses = 1;
    cr_expect_eq(with_note(&l, origin, 1, 3, 0, &why), ERR_CRYPTO);
    cr_expect(strstr(why.text, "unknown") != NULL, "%s", why.text);
}

/* A witness that left is known from the log: its signature is checked, and counts for nothing. */
Test(logbook, former_witnesses)
{
    struct logbooks l;
    struct logbook_found found;
    struct why why = { "" };
    struct buf file CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    struct merkle_range range = { .size = 0 };
    struct merkle_hash leaf;
    char digits[65];
    logbooks_init(&l);
    hex_encode(bytes_of(l.witness[2].public_key, ED25519_KEY_BYTES), digits);
    buf_addf(&text, "witness name=%s key=%s", l.witness[2].name, digits);
    cr_assert_eq(logbook_put_head(&file), OK);
    cr_assert_eq(logbook_put_entry(0, buf_str(&text), &file), OK);
    cr_assert_eq(merkle_leaf(buf_bytes(&text), &leaf), OK);
    cr_assert_eq(merkle_append(&range, &leaf, NULL, NULL), OK);
    buf_clear(&text);
    logbooks_note(&l, &range, 3, &text);
    cr_assert_eq(logbook_put_checkpoint(buf_str(&text), &file), OK);
    cr_assert_eq(logbook_put_end(1, 0, &file), OK);
    l.trust.nwitnesses = 2;
    cr_assert_eq(check(&l, &file, &found, &why), OK, "%s", why.text);
    cr_expect_eq(found.cosigned, 2u);
    size_t at = file.n - 14; /* in the last line of the note: the former witness's signature */
    file.p[at] = file.p[at] == 'A' ? 'B' : 'A';
    cr_expect_eq(check(&l, &file, &found, &why), ERR_CRYPTO, "%s", why.text);
}

/* ---- the texts that were signed ---- */

enum signer { NOBODY, LOG, LOG_AND_WITNESS, WITNESS };

/* The second entry is a permit's; the text behind it is that of another number, or another's. */
static enum err with_text(const struct logbooks *l, size_t number, enum signer by, struct logbook_found *found,
                          struct why *why)
{
    struct buf file CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    struct buf entry CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    struct buf text CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    struct buf note CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    struct note_key key = l->witness[0];
    key.type = NOTE_ED25519;
    cr_assert_eq(note_key_make(str_of(l->witness[0].name), NOTE_ED25519, key.public_key, &key), OK);
    logbooks_signed(l, 1, &entry, &note);
    buf_clear(&note);
    logbooks_permit(number, &text);
    if (by == WITNESS)
        cr_assert_eq(note_sign(&key, &l->witness_secret[0], buf_str(&text), &note), OK);
    else
        cr_assert_eq(note_sign(&l->log, &l->log_secret, buf_str(&text), &note), OK);
    if (by == LOG_AND_WITNESS)
        cr_assert_eq(note_cosign(&l->witness[0], &l->witness_secret[0], 5, buf_str(&text), &note), OK);
    cr_assert_eq(logbook_put_head(&file), OK);
    cr_assert_eq(logbook_put_entry(0, STR("run id=r1"), &file), OK);
    cr_assert_eq(logbook_put_entry(1, buf_str(&entry), &file), OK);
    if (by != NOBODY) cr_assert_eq(logbook_put_signed(buf_str(&note), &file), OK);
    cr_assert_eq(logbook_put_entry(2, STR("run id=r2"), &file), OK);
    return check(l, &file, found, why);
}

/* The permit that is wrong is named; what is whole so far ends without its checkpoint. */
Test(logbook, a_permit_is_what_was_signed)
{
    static const struct {
        const char *name, *part;
        size_t number;
        enum signer by;
        bool named;
    } rows[] = {
        { "as signed", "without its last line", 1, LOG, false },
        { "another permit, well signed", "entry 1 is not about the text", 2, LOG, true },
        { "not there", "entry 1 is about a signed text, which does not follow", 1, NOBODY, true },
        { "signed by another", "entry 1 has a text behind it that the log's key did not sign", 1, WITNESS, true },
        { "signed by two", "entry 1 has a text behind it that the log's key did not sign", 1, LOG_AND_WITNESS, true }
    };
    struct logbooks l;
    logbooks_init(&l);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct logbook_found found;
        struct why why = { "" };
        enum err e = with_text(&l, rows[i].number, rows[i].by, &found, &why);
        cr_expect(e == (rows[i].named ? ERR_CRYPTO : ERR_INPUT) && strstr(why.text, rows[i].part), "%s: %s",
                  rows[i].name, why.text);
        cr_expect(!rows[i].named || (found.bad_first == 1 && found.bad_last == 1), "%s", rows[i].name);
    }
}

/* Whoever knows what such a text says is asked of each, with its entry. */
static enum err refuses_the_second(struct str entry, struct str text)
{
    return str_starts(entry, "permit serial=6 ") && str_is(text, "a permit\nserial 6\n") ? ERR_CRYPTO : OK;
}

Test(logbook, what_a_text_says_is_asked)
{
    struct logbooks l;
    struct logbook_found found;
    struct why why = { "" };
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 12, 4, 1);
    l.trust.says = refuses_the_second;
    cr_expect_eq(check(&l, &file, &found, &why), ERR_CRYPTO);
    cr_expect(strstr(why.text, "entry 6 tells something else") && found.bad_first == 6 && found.texts == 1, "%s",
              why.text);
}

/* A file of version 1 is read as ever; one of version 2 is not made into one. */
Test(logbook, the_version_before)
{
    struct logbooks l;
    struct logbook_found found;
    struct why why = { "" };
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    struct buf old CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    logbooks_write(&l, &(struct logbooks_plan){ .entries = 7, .every = 3, .witnesses = 2 }, &file);
    const struct str rest = { (char *)file.p + strlen(LOGBOOK_HEAD_LINE), file.n - strlen(LOGBOOK_HEAD_LINE) };
    buf_add_z(&old, LOGBOOK_OLD_LINE);
    buf_add(&old, rest.p, rest.n);
    cr_expect_eq(check(&l, &old, &found, &why), ERR_INPUT, "%s", why.text);
    old.n -= strlen(" 0\n");
    buf_add_z(&old, "\n");
    cr_expect_eq(check(&l, &old, &found, &why), OK, "%s", why.text);
    cr_expect(found.entries == 7 && found.texts == 0 && found.cosigned == 2);
}

Test(logbook, what_is_an_entry)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = { { "permit serial=1", true },
                 { "x", true },
                 { "veto why=zu wenig H\xc3\xa4user", true },
                 { "", false },
                 { " permit", false },
                 { "Permit", false },
                 { "1", false },
                 { "permit\n", false },
                 { "permit\tx", false },
                 { "permit \xff", false },
                 { "permit \x7f", false } };
    char longest[LOGBOOK_ENTRY_BYTES + 2];
    struct buf out CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(logbook_is_entry(str_of(rows[i].text)), rows[i].good, "row %zu", i);
    memset(longest, 'a', sizeof longest);
    cr_expect(logbook_is_entry((struct str){ longest, LOGBOOK_ENTRY_BYTES }));
    cr_expect(!logbook_is_entry((struct str){ longest, LOGBOOK_ENTRY_BYTES + 1 }));
    cr_expect_eq(logbook_put_entry(0, STR("Bad"), &out), ERR_INPUT);
    cr_expect_eq(logbook_put_checkpoint(STR("no note\n"), &out), ERR_INPUT);
    cr_expect_eq(out.n, 0u);
}

Test(logbook, memory_runs_out)
{
    struct logbooks l;
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 3, 2, 2);
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct logbook_found found;
        enum err e = check(&l, &file, &found, NULL);
        cr_expect(e == OK || e == ERR_MEMORY, "allocation %zu: %s", n, err_name(e));
        done = e == OK;
    }
    cr_expect(done);
}
