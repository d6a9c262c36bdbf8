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
