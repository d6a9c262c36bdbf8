#include "common/base/file.h"
#include "common/runtime/roster.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1f"

Test(roster, finds)
{
    static const char text[] = "members:\n"
                               "- {jid: Coordinator@Himas.local, role: coordinator, name: head, key: " KEY "}\n"
                               "- {jid: hospital-a@himas.local, role: trainer}\n"
                               "- {jid: op@himas.local, role: [operator, scientist], name: Ada}\n";
    static const struct {
        const char *jid;
        const char *name; /* NULL: no member */
        unsigned role;
    } rows[] = {
        { "coordinator@himas.local", "head", ROLE_COORDINATOR },
        { "COORDINATOR@himas.local", "head", ROLE_COORDINATOR },
        { "hospital-a@himas.local", "hospital-a", ROLE_TRAINER },
        { "op@himas.local", "Ada", ROLE_OPERATOR | ROLE_SCIENTIST },
        { "op@himas.local/phone", NULL, 0 },
        { "op@himas.loca", NULL, 0 },
        { "", NULL, 0 },
    };
    struct roster *r = NULL;
    struct why why = { "" };
    cr_assert_eq(roster_parse(STR(text), "roster.yaml", &r, &why), OK, "%s", why.text);
    cr_expect_eq(roster_count(r), 3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct member *m = roster_find(r, str_of(rows[i].jid));
        cr_expect_eq(m != NULL, rows[i].name != NULL, "%s", rows[i].jid);
        if (m == NULL || rows[i].name == NULL) continue;
        cr_expect(strcmp(m->name, rows[i].name) == 0 && m->role == rows[i].role, "%s", rows[i].jid);
        cr_expect(roster_by_name(r, str_of(rows[i].name)) == m, "%s", rows[i].jid);
    }
    const struct member *head = roster_at(r, 0);
    cr_expect(head->has_key && head->key[0] == 0 && head->key[31] == 0x1f && head->key[26] == 0x1a);
    cr_expect_str_eq(head->jid, "coordinator@himas.local");
    cr_expect(!roster_at(r, 1)->has_key && roster_at(r, 3) == NULL);
    cr_expect(roster_find(NULL, STR("a@b")) == NULL && roster_by_name(NULL, STR("a")) == NULL);
    cr_expect(roster_by_name(r, STR("nobody")) == NULL);
    roster_free(r);
}

Test(roster, refused)
{
    static const struct {
        const char *members;
        const char *sentence;
    } rows[] = {
        { "{role: operator}", "`jid` is missing" },
        { "{jid: a@b}", "`role` is missing" },
        { "{jid: a@b, role: []}", "`role` is missing" },
        { "{jid: a, role: operator}", "local@domain" },
        { "{jid: '@b', role: operator}", "local@domain" },
        { "{jid: 'a@', role: operator}", "local@domain" },
        { "{jid: a@b@c, role: operator}", "local@domain" },
        { "{jid: a@b/c, role: operator}", "members.jid: a member's jid is local@domain, without a resource" },
        { "{jid: 'a @b', role: operator}", "local@domain" },
        { "{jid: a@b, role: chef}", "\"chef\" is not a role: coordinator, trainer" },
        { "{jid: a@b, role: [operator, trainer]}", "an agent has one role" },
        { "{jid: a@b, role: [trainer, guardian]}", "an agent has one role" },
        { "{jid: a@b, role: [[operator]]}", "is not a role" },
        { "{jid: a@b, role: trainer, key: 00}", "a public key is 64 hex digits" },
        { "{jid: a@b, role: trainer, key: g" KEY "}", "a public key is 64 hex digits" },
        { "{jid: a@b, role: trainer, key: \"" KEY " \"}", "a public key is 64 hex digits" },
        { "{jid: a@b, role: trainer, key: [1]}", "a public key is 64 hex digits" },
        { "{jid: a@b, role: operator, nam: x}", "did you mean `name`?" },
        { "{jid: a@b, role: operator, name: ''}", "an empty name" },
        { "{jid: a@b, role: operator, name: \"a\\e\"}", "control characters" },
        { "{jid: a@b, role: operator}, {jid: A@b, role: operator, name: c}", "a@b is there twice" },
        { "{jid: a@b, role: operator}, {jid: a@c, role: operator}", "two members have the name `a`" },
        { "a@b", "keys with values" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct roster *r = NULL;
        struct why why = { "" };
        char text[400];
        (void)snprintf(text, sizeof text, "{members: [%s]}", rows[i].members);
        cr_expect_eq(roster_parse(str_of(text), "t", &r, &why), ERR_SETTING, "%s", rows[i].members);
        cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s: %s", rows[i].members, why.text);
        cr_expect(r == NULL, "%s", rows[i].members);
    }
}

Test(roster, as_many_as_allowed)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 25);
    struct roster *r = NULL;
    struct why why = { "" };
    char jid[40];
    buf_add_z(&text, "members:\n");
    for (int i = 0; i < ROSTER_MAX_MEMBERS; i++)
        buf_addf(&text, "- {jid: hospital-%d@himas.example, role: trainer, key: " KEY "}\n", i);
    cr_assert_eq(roster_parse(buf_str(&text), "t", &r, &why), OK, "%s", why.text);
    cr_expect_eq(roster_count(r), ROSTER_MAX_MEMBERS);
    for (int i = 0; i < ROSTER_MAX_MEMBERS; i += 997) {
        (void)snprintf(jid, sizeof jid, "hospital-%d@himas.example", i);
        cr_expect(roster_find(r, str_of(jid)) == roster_at(r, (size_t)i), "%s", jid);
    }
    roster_free(r);
    r = NULL;
    buf_add_z(&text, "- {jid: one-more@himas.example, role: trainer}\n");
    cr_expect_eq(roster_parse(buf_str(&text), "t", &r, &why), ERR_LIMIT);
    cr_expect(r == NULL);
}

Test(roster, file_and_memory)
{
    char path[64];
    struct roster *r = NULL;
    bool done = false;
    (void)snprintf(path, sizeof path, "/tmp/test_roster_%ld.yaml", (long)getpid());
    cr_expect_eq(roster_read(path, &r, NULL), ERR_IO);
    cr_assert_eq(file_write(path, str_bytes(STR("members: []\n")), 0600, NULL), OK);
    cr_expect_eq(roster_read(path, &r, NULL), OK);
    cr_expect(r != NULL && roster_count(r) == 0 && roster_find(r, STR("a@b")) == NULL);
    roster_free(r);
    roster_free(NULL);
    (void)unlink(path);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        r = NULL;
        enum err e = roster_parse(STR("{members: [{jid: a@b, role: operator}]}"), "t", &r, NULL);
        done = e == OK;
        cr_expect(done || (e == ERR_MEMORY && r == NULL), "allocation %zu: %s", n, err_name(e));
        roster_free(r);
    }
    cr_expect(done);
}

Test(roster, version_revoked_and_enrolled)
{
    static const struct {
        const char *text, *sentence; /* NULL: fine */
    } rows[] = {
        { "{version: 7, revoked: [c@d], members: [{jid: a@b, role: trainer, enrolled: yes}]}", NULL },
        { "{members: []}", NULL },
        { "{version: 0, members: []}", "version" },
        { "{version: x, members: []}", "version" },
        { "{revoked: c@d, members: []}", "revoked" },
        { "{revoked: [[c]], members: []}", "it lists JIDs" },
        { "{revoked: [A@b], members: [{jid: a@B, role: trainer}]}", "a@b is a member, and in `revoked` too" },
        { "{members: [{jid: a@b, role: trainer, enrolled: perhaps}]}", "enrolled" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct roster *r = NULL;
        struct why why = { "" };
        enum err e = roster_parse(str_of(rows[i].text), "t", &r, &why);
        cr_expect_eq(e, rows[i].sentence ? ERR_SETTING : OK, "%s: %s", rows[i].text, why.text);
        if (rows[i].sentence) cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s: %s", rows[i].text, why.text);
        if (i == 0)
            cr_expect(roster_version(r) == 7 && roster_is_revoked(r, STR("C@d")) && !roster_is_revoked(r, STR("a@b")) &&
                      strcmp(roster_revoked(r, 0), "c@d") == 0 && !roster_revoked(r, 1) && roster_at(r, 0)->enrolled);
        if (i == 1) cr_expect(roster_version(r) == 0 && !roster_revoked(r, 0));
        roster_free(r);
    }
}
