#include "common/crypto/encode.h"
#include "common/runtime/roster_log.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SIGN_A "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define SIGN_B "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define GUARDIAN "  - {jid: guardian@himas.local, role: guardian, sign: \"" SIGN_A "\"}\n"
#define HOSPITAL_A "  - {jid: hospital-a@himas.local, role: trainer, sign: \"" SIGN_B "\"}\n"
#define HOSPITAL_B "  - {jid: hospital-b@himas.local, role: trainer}\n"
#define OPERATOR "  - {jid: op@himas.local, role: operator, sign: \"" SIGN_B "\"}\n"

static struct roster *roster_of(const char *members)
{
    char text[2000];
    struct roster *r = NULL;
    struct why why = { "" };
    (void)snprintf(text, sizeof text, "members:\n%s", members);
    cr_assert_eq(roster_parse(str_of(text), "test", &r, &why), OK, "%s", why.text);
    return r;
}

Test(roster_log, the_guardian_keeps_it_and_trainers_with_a_key_witness)
{
    const struct {
        const char *name, *members;
        enum err expected;
        size_t witnesses;
        const char *why;
    } rows[] = {
        { "guardian and a hospital", GUARDIAN HOSPITAL_A OPERATOR, OK, 1 },
        { "a hospital without a key is none", GUARDIAN HOSPITAL_A HOSPITAL_B, OK, 1 },
        { "nobody to witness", GUARDIAN OPERATOR, OK, 0 },
        { "no guardian", HOSPITAL_A, ERR_ABSENT, 0,
          "no guardian, and so there is no transparency log: `himas up --guardian`" },
        { "two guardians", GUARDIAN "  - {jid: second@himas.local, role: guardian, sign: \"" SIGN_B "\"}\n", ERR_ABSENT,
          0, "several guardians" },
        { "a guardian without a key", "  - {jid: guardian@himas.local, role: guardian}\n", ERR_ABSENT, 0,
          "no `sign` key" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct roster *r = roster_of(rows[i].members);
        struct roster_log t = { .witnesses = NULL };
        struct why why = { "" };
        cr_expect_eq(roster_log_trust(r, &t, &why), rows[i].expected, "%s: %s", rows[i].name, why.text);
        cr_expect((rows[i].expected == OK) == (why.text[0] == '\0'), "%s", rows[i].name);
        cr_expect(rows[i].why == NULL || strstr(why.text, rows[i].why), "%s: %s", rows[i].name, why.text);
        cr_expect_eq(t.trust.nwitnesses, rows[i].witnesses, "%s", rows[i].name);
        roster_log_free(&t);
        roster_free(r);
    }
}

Test(roster_log, keys_are_of_their_kind)
{
    struct roster *r = roster_of(GUARDIAN HOSPITAL_A HOSPITAL_B);
    struct note_key log, witness;
    cr_assert_eq(roster_log_key(roster_log_keeper(r), &log), OK);
    cr_assert_eq(roster_log_witness_key(roster_find(r, STR("hospital-a@himas.local")), &witness), OK);
    cr_expect(log.type == NOTE_ED25519 && strcmp(log.name, "guardian@himas.local") == 0);
    cr_expect(witness.type == NOTE_COSIGN && strcmp(witness.name, "hospital-a@himas.local") == 0);
    cr_expect_eq(roster_log_witness_key(roster_find(r, STR("hospital-b@himas.local")), &witness), ERR_ABSENT);
    roster_free(r);
}

/* The secret half of SIGN_A (RFC 8032, 7.1, TEST 1). */
#define SECRET_A "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

static void signed_checkpoint(const char *origin, struct buf *out)
{
    struct note_key key;
    struct sign_key secret;
    uint8_t bytes[ED25519_KEY_BYTES];
    const struct note_checkpoint c = { .origin = str_of(origin), .size = 7 };
    CLEANUP(buf_free) struct buf text = buf_make(NOTE_MAX_BYTES);
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_MAX_BYTES);
    cr_assert_eq(hex_decode(STR(SECRET_A), bytes, sizeof bytes), OK);
    cr_assert_eq(sign_from_secret(bytes, &secret), OK);
    cr_assert_eq(note_key_make(STR("guardian@himas.local"), NOTE_ED25519, secret.public_key, &key), OK);
    cr_assert_eq(note_checkpoint_print(&c, &text), OK);
    cr_assert_eq(note_sign(&key, &secret, buf_str(&text), &note), OK);
    cr_assert_eq(base64_encode(buf_bytes(&note), out), OK);
}

Test(roster_log, a_checkpoint_is_the_guardians)
{
    static const struct {
        const char *name, *guardian, *origin;
        enum err expected;
        bool bent;
    } rows[] = {
        { "its own", GUARDIAN, "guardian@himas.local", OK, false },
        { "of another log", GUARDIAN, "other@himas.local", ERR_CRYPTO, false },
        { "with another key", "  - {jid: guardian@himas.local, role: guardian, sign: \"" SIGN_B "\"}\n",
          "guardian@himas.local", ERR_CRYPTO, false },
        { "no key", "  - {jid: guardian@himas.local, role: guardian}\n", "guardian@himas.local", ERR_ABSENT, false },
        { "changed", GUARDIAN, "guardian@himas.local", ERR_CRYPTO, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf_free) struct buf text = buf_make(NOTE_MAX_BYTES);
        struct roster *r = roster_of(rows[i].guardian);
        uint64_t entries = 0;
        signed_checkpoint(rows[i].origin, &text);
        if (rows[i].bent) text.p[30] = text.p[30] == 'A' ? 'B' : 'A';
        cr_expect_eq(roster_log_covered(roster_log_keeper(r), buf_str(&text), &entries), rows[i].expected, "%s",
                     rows[i].name);
        cr_expect_eq(entries, rows[i].expected == OK ? 7u : 0u, "%s", rows[i].name);
        roster_free(r);
    }
}
