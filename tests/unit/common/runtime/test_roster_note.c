#include "common/runtime/roster_note.h"
#include <criterion/criterion.h>
#include <string.h>

static const char roster[] = "version: 7\nmembers: []\n";

static struct sign_key key_of(uint8_t seed)
{
    struct sign_key key;
    uint8_t secret[ED25519_KEY_BYTES];
    memset(secret, seed, sizeof secret);
    cr_assert_eq(sign_from_secret(secret, &key), OK);
    return key;
}

static struct buf note_of(const struct sign_key *key)
{
    struct buf note = buf_make(ROSTER_NOTE_MAX_BYTES);
    cr_assert_eq(roster_note_sign(key, 7, STR(roster), &note), OK);
    return note;
}

Test(roster_note, holds_for_this_text_version_and_key_only)
{
    struct sign_key right = key_of(1), wrong = key_of(2);
    struct buf note CLEANUP(buf_free) = note_of(&right);
    char pinned[ROSTER_KEY_TEXT_BYTES], other[ROSTER_KEY_TEXT_BYTES];
    cr_assert(roster_key_print(right.public_key, pinned) == OK && roster_key_print(wrong.public_key, other) == OK);
    const struct {
        const char *name, *pinned, *text;
        uint64_t version;
        enum err expected;
    } rows[] = {
        { "as it was signed", pinned, roster, 7, OK },
        { "another key", other, roster, 7, ERR_CRYPTO },
        { "another version", pinned, roster, 8, ERR_CRYPTO },
        { "another text", pinned, "version: 7\nmembers: [ ]\n", 7, ERR_CRYPTO },
        { "no key is pinned", "", roster, 7, ERR_SETTING },
        { "half a key", "himas-roster+0123", roster, 7, ERR_SETTING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        enum err e = roster_note_check(buf_str(&note), rows[i].pinned, rows[i].version, str_of(rows[i].text), &why);
        cr_expect(e == rows[i].expected && (e == OK || why.text[0]), "%s: %s %s", rows[i].name, err_name(e), why.text);
    }
}

/* Every byte of it counts. */
Test(roster_note, a_changed_one_is_refused)
{
    struct sign_key right = key_of(1);
    struct buf note CLEANUP(buf_free) = note_of(&right);
    char pinned[ROSTER_KEY_TEXT_BYTES];
    cr_assert_eq(roster_key_print(right.public_key, pinned), OK);
    for (size_t i = 0; i < note.n; i++) {
        note.p[i] ^= 1;
        cr_expect_eq(roster_note_check(buf_str(&note), pinned, 7, STR(roster), NULL), ERR_CRYPTO, "byte %zu", i);
        note.p[i] ^= 1;
    }
    cr_expect_eq(roster_note_check(STR(""), pinned, 7, STR(roster), NULL), ERR_CRYPTO);
    cr_expect_eq(roster_note_check(buf_str(&note), pinned, 7, STR(roster), NULL), OK);
}
