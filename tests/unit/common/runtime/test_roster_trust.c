#include "common/base/file.h"
#include "common/runtime/roster_note.h"
#include "common/runtime/roster_trust.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
    char dir[64], path[100], note[110], pinned[ROSTER_KEY_TEXT_BYTES];
    struct sign_key key;
    struct store *store;
};

static struct bench bench_open(void)
{
    struct bench b = { .dir = "/tmp/himas-trust-XXXXXX" };
    cr_assert(mkdtemp(b.dir) != NULL);
    (void)snprintf(b.path, sizeof b.path, "%s/roster.yaml", b.dir);
    (void)snprintf(b.note, sizeof b.note, "%s%s", b.path, ROSTER_NOTE_SUFFIX);
    const uint8_t secret[ED25519_KEY_BYTES] = { 5 };
    cr_assert_eq(sign_from_secret(secret, &b.key), OK);
    cr_assert_eq(roster_key_print(b.key.public_key, b.pinned), OK);
    cr_assert_eq(store_open_memory(&b.store), OK);
    return b;
}

static void bench_close(struct bench *b)
{
    store_close(b->store);
    (void)unlink(b->path);
    (void)unlink(b->note);
    (void)rmdir(b->dir);
}

static void write_signed(const struct bench *b, const char *text, uint64_t version)
{
    struct buf note CLEANUP(buf_free) = buf_make(ROSTER_NOTE_MAX_BYTES);
    cr_assert_eq(roster_note_sign(&b->key, version, str_of(text), &note), OK);
    cr_assert_eq(file_write(b->note, buf_bytes(&note), 0600, NULL), OK);
    cr_assert_eq(file_write(b->path, str_bytes(str_of(text)), 0600, NULL), OK);
}

static enum err look(const struct bench *b, const char *pinned, struct store *s, struct why *why)
{
    struct roster *r = NULL;
    enum err e = roster_trust_read(b->path, pinned, s, &r, why);
    cr_expect_eq(e == OK, r != NULL);
    roster_free(r);
    return e;
}

#define V(n) "version: " #n "\nmembers: []\n"

/* In this order, by one agent. */
Test(roster_trust, what_is_believed_and_what_is_not)
{
    static const struct {
        const char *name, *text;
        uint64_t signed_as; /* 0: the signature of the row before stays */
        enum err expected;
        const char *says;
    } rows[] = {
        { "the first", V(3), 3, OK, "" },
        { "again", V(3), 3, OK, "" },
        { "a newer one", V(5), 5, OK, "" },
        { "an older one, signed well", V(3), 3, ERR_CRYPTO, "older than 5" },
        { "another one of the same version", "version: 5\nrevoked: []\nmembers: []\n", 5, ERR_CRYPTO, "same version" },
        { "signed under another version than it says", V(6), 7, ERR_CRYPTO, "not the one that was signed" },
        { "changed after it was signed", V(8), 0, ERR_CRYPTO, "not the one that was signed" },
        { "without a version", "members: []\n", 0, ERR_CRYPTO, "" },
        { "the right one still", V(5), 5, OK, "" },
        { "not a roster", "membrs: []\n", 9, ERR_SETTING, "members" },
    };
    struct bench b = bench_open();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        if (rows[i].signed_as) write_signed(&b, rows[i].text, rows[i].signed_as);
        cr_assert_eq(file_write(b.path, str_bytes(str_of(rows[i].text)), 0600, NULL), OK);
        cr_expect_eq(look(&b, b.pinned, b.store, &why), rows[i].expected, "%s: %s", rows[i].name, why.text);
        cr_expect(strstr(why.text, rows[i].says) != NULL, "%s: %s", rows[i].name, why.text);
    }
    bench_close(&b);
}

Test(roster_trust, without_a_pin_the_file_counts)
{
    struct bench b = bench_open();
    struct why why = { "" };
    cr_assert_eq(file_write(b.path, str_bytes(STR(V(3))), 0600, NULL), OK);
    cr_expect_eq(look(&b, "", b.store, &why), OK, "%s", why.text);
    cr_expect_eq(look(&b, b.pinned, b.store, &why), ERR_IO, "there is no signature");
    write_signed(&b, V(9), 9);
    cr_expect_eq(look(&b, b.pinned, NULL, &why), OK, "who only looks remembers nothing");
    write_signed(&b, V(8), 8);
    cr_expect_eq(look(&b, b.pinned, b.store, &why), OK, "%s", why.text);
    cr_expect_eq(look(&b, "himas-roster+x", b.store, &why), ERR_SETTING);
    bench_close(&b);
}
