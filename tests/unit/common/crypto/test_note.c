#include "common/base/buf.h"
#include "common/crypto/encode.h"
#include "common/crypto/note.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <string.h>

#define DASH "\xe2\x80\x94 "
static const char vkey[] = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char example[] = "This is an example message.\n"
                              "\n" DASH "example.com/foo "
                              "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72Iney"
                              "aQM=\n";

Test(note, published_example)
{
    struct note_key key;
    struct note note;
    struct note_seen seen;
    struct buf text CLEANUP(buf_free) = buf_make(200);
    cr_assert_eq(note_key_parse(str_of(vkey), &key, NULL), OK);
    cr_expect_eq(key.id, 0x530d903au);
    cr_expect_eq(key.type, NOTE_ED25519);
    cr_assert_eq(note_key_print(&key, &text), OK);
    cr_expect(str_is(buf_str(&text), vkey));
    cr_assert_eq(note_parse(str_of(example), &note, NULL), OK);
    cr_expect(str_is(note.text, "This is an example message.\n"));
    cr_expect_eq(note.signatures, 1u);
    cr_assert_eq(note_verify(&note, &key, 1, &seen), OK);
    cr_expect(seen.valid && seen.time_s == 0);
}

Test(note, key_texts)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        { "empty", "" },
        { "no parts", "example.com/foo" },
        { "no name", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "space in the name", "example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "another id", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "capital digits", "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "short id", "example.com/foo+530d90+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "another name", "example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "short key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U==" },
        { "long key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAAAA" },
        { "unknown type", "example.com/foo+530d903a+CekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "more behind", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k+" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct note_key key = { .id = 5 };
        struct why why = { "" };
        cr_expect_eq(note_key_parse(str_of(rows[i].text), &key, &why), ERR_INPUT, "%s", rows[i].name);
        cr_expect(key.id == 5 && why.text[0] != '\0', "%s", rows[i].name);
    }
}

Test(note, malformed)
{
    static const struct {
        const char *name;
        struct str text;
    } rows[] = {
        { "empty", STR("") },
        { "one newline", STR("\n") },
        { "no signatures", STR("text\n\n") },
        { "no empty line", STR("text\n" DASH "a AAAAAAA=\n") },
        { "no final newline", STR("text\n\n" DASH "a AAAAAAA=") },
        { "a hyphen", STR("text\n\n- a AAAAAAA=\n") },
        { "two spaces", STR("text\n\n" DASH " a AAAAAAA=\n") },
        { "no name", STR("text\n\n" DASH "AAAAAAA=\n") },
        { "a plus in the name", STR("text\n\n" DASH "a+b AAAAAAA=\n") },
        { "only an id", STR("text\n\n" DASH "a AAAAAA==\n") },
        { "no padding", STR("text\n\n" DASH "a AAAAAAA\n") },
        { "stray bits", STR("text\n\n" DASH "a AAAAAAB=\n") },
        { "more behind", STR("text\n\n" DASH "a AAAAAAA= b\n") },
        { "a control character", STR("te\txt\n\n" DASH "a AAAAAAA=\n") },
        { "NUL", STR("te\0xt\n\n" DASH "a AAAAAAA=\n") },
        { "no UTF-8", STR("te\xffxt\n\n" DASH "a AAAAAAA=\n") },
        { "no-break space in the name", STR("text\n\n" DASH "a\xc2\xa0z AAAAAAA=\n") },
    };
    struct note note = { .signatures = 7 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        enum err e = note_parse(rows[i].text, &note, &why);
        cr_expect_eq(e, ERR_INPUT, "%s: %s", rows[i].name, err_name(e));
        cr_expect(note.signatures == 7 && why.text[0] != '\0', "%s", rows[i].name);
    }
    cr_assert_eq(note_parse(STR("text\n\nmore\n\n" DASH "a AAAAAAA=\n" DASH "b AAAAAAA=\n"), &note, NULL), OK);
    cr_expect(note.signatures == 2 && str_is(note.text, "text\n\nmore\n"));
}

struct party {
    struct sign_key secret;
    struct note_key key;
};

static struct party party(struct rng *r, const char *name, enum note_type type)
{
    struct party p;
    cr_assert_eq(sign_generate(dice_random, r, &p.secret), OK);
    cr_assert_eq(note_key_make(str_of(name), type, p.secret.public_key, &p.key), OK);
    return p;
}

Test(note, signed_and_cosigned)
{
    struct rng r = rng_make(5);
    struct party log = party(&r, "log.example/1", NOTE_ED25519), a = party(&r, "north", NOTE_COSIGN),
                 b = party(&r, "south", NOTE_COSIGN), stranger = party(&r, "east", NOTE_COSIGN);
    struct note_key keys[] = { log.key, a.key, b.key };
    struct note_seen seen[3];
    struct note note;
    struct str text = STR("log.example/1\n0\nroot\n");
    struct buf whole CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    cr_assert_eq(note_sign(&log.key, &log.secret, text, &whole), OK);
    cr_assert_eq(note_cosign(&a.key, &a.secret, 1700000000, text, &whole), OK);
    cr_assert_eq(note_cosign(&stranger.key, &stranger.secret, 5, text, &whole), OK);
    cr_assert_eq(note_parse(buf_str(&whole), &note, NULL), OK);
    cr_expect(note.signatures == 3 && str_eq(note.text, text));
    cr_assert_eq(note_verify(&note, keys, 3, seen), OK);
    cr_expect(seen[0].valid && seen[1].valid && !seen[2].valid);
    cr_expect_eq(seen[1].time_s, 1700000000u);
    cr_expect_eq(note_count(seen, 3), 2u);
    cr_expect_eq(note_cosign(&a.key, &a.secret, 0, text, &whole), ERR_INPUT);
    cr_expect_eq(note_cosign(&log.key, &log.secret, 1, text, &whole), ERR_INPUT);
    cr_expect_eq(note_sign(&a.key, &a.secret, text, &whole), ERR_INPUT);
    cr_expect_eq(note_sign(&log.key, &a.secret, text, &whole), ERR_INPUT);
    cr_expect_eq(note_sign(&log.key, &log.secret, STR("no newline"), &whole), ERR_INPUT);
}

/* Any changed byte of text or of a known key's line is seen: the note does not parse, or does not hold, or the key has
 * not signed. */
Test(note, every_changed_byte_is_seen)
{
    struct rng r = rng_make(6);
    struct party log = party(&r, "log", NOTE_ED25519), a = party(&r, "north", NOTE_COSIGN);
    struct note_key keys[] = { log.key, a.key };
    struct buf whole CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    struct str text = STR("log\n12\nroot\n");
    cr_assert_eq(note_sign(&log.key, &log.secret, text, &whole), OK);
    cr_assert_eq(note_cosign(&a.key, &a.secret, 99, text, &whole), OK);
    for (size_t i = 0; i < 8 * whole.n; i++) {
        struct note note;
        struct note_seen seen[2];
        whole.p[i / 8] ^= (uint8_t)(1 << i % 8);
        bool holds = note_parse(buf_str(&whole), &note, NULL) == OK && note_verify(&note, keys, 2, seen) == OK &&
                     note_count(seen, 2) == 2;
        cr_expect(!holds, "bit %zu of byte %zu", i % 8, i / 8);
        whole.p[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

Test(note, limits)
{
    struct buf text CLEANUP(buf_free) = buf_make(2 * NOTE_MAX_BYTES);
    struct note note;
    buf_add_z(&text, "text\n\n");
    for (size_t i = 0; i < NOTE_SIGNATURES_MAX; i++) buf_add_z(&text, DASH "a AAAAAAA=\n");
    cr_expect_eq(note_parse(buf_str(&text), &note, NULL), OK);
    buf_add_z(&text, DASH "a AAAAAAA=\n");
    cr_expect_eq(note_parse(buf_str(&text), &note, NULL), ERR_LIMIT);
    (void)buf_grow(&text, NOTE_MAX_BYTES);
    cr_expect_eq(note_parse(buf_str(&text), &note, NULL), ERR_LIMIT);
}
