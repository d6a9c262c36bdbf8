#include "common/base/file.h"
#include "common/crypto/ed25519.h"
#include "common/crypto/encode.h"
#include "common/runtime/enrol.h"
#include "common/runtime/roster_trust.h"
#include "common/wire/doc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 120 };
static const char own[] = "members:\n"
                          "  - {jid: coordinator@h.local, role: coordinator}\n"
                          "  - {jid: hospital-a@h.local, role: trainer}\n"
                          "  - {jid: olga@h.local, role: operator}\n";

struct office {
    char dir[64], roster[PATH], key[PATH], hospital[PATH];
    struct enrol_keeper keeper;
    struct enrol_done done;
    struct buf request;
    char fingerprint[KEYS_FINGERPRINT_BYTES];
};

/* The operator's folder, and a hospital that asks. */
static void office_open(struct office *o)
{
    *o = (struct office){ .dir = "/tmp/himas-enrol-XXXXXX", .request = buf_make(ENROL_REQUEST_MAX_BYTES) };
    struct why why = { "" };
    cr_assert(mkdtemp(o->dir) != NULL);
    (void)snprintf(o->roster, PATH, "%s/roster.yaml", o->dir);
    (void)snprintf(o->key, PATH, "%s/federation.key", o->dir);
    (void)snprintf(o->hospital, PATH, "%s/hospital.key", o->dir);
    o->keeper = (struct enrol_keeper){ o->roster, o->key };
    cr_assert(keys_make(o->key, &why) == OK && keys_make(o->hospital, &why) == OK, "%s", why.text);
    cr_assert_eq(enrol_publish(&o->keeper, STR(own), &o->done, &why), OK, "%s", why.text);
    cr_assert_eq(enrol_request(o->hospital, "Hospital-D@h.local", "St. \"D\"", &o->request, o->fingerprint, &why), OK,
                 "%s", why.text);
}

static void office_close(struct office *o)
{
    static const char *const files[] = { "roster.yaml", "roster.yaml.sig", "federation.key", "hospital.key" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH];
        (void)snprintf(path, PATH, "%s/%s", o->dir, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(o->dir);
    buf_free(&o->request);
}

/* As an agent reads it that pinned the key. */
static struct roster *believed(struct office *o)
{
    char pinned[ENROL_KEY_TEXT_BYTES];
    struct roster *r = NULL;
    struct why why = { "" };
    cr_assert_eq(enrol_key(o->key, pinned, &why), OK, "%s", why.text);
    cr_expect_str_eq(pinned, o->done.roster_key);
    cr_assert_eq(roster_trust_read(o->roster, pinned, NULL, &r, &why), OK, "%s", why.text);
    cr_expect_eq(roster_version(r), o->done.version);
    return r;
}

static bool is_member(struct office *o, const char *jid)
{
    struct roster *r = believed(o);
    bool is = roster_find(r, str_of(jid)) != NULL;
    roster_free(r);
    return is;
}

Test(enrol, asked_compared_signed_revoked_and_back)
{
    struct office o;
    struct why why = { "" };
    office_open(&o);
    cr_expect(o.done.version == 1 && !is_member(&o, "hospital-d@h.local"));
    cr_assert_eq(enrol_accept(&o.keeper, buf_str(&o.request), o.fingerprint, &o.done, &why), OK, "%s", why.text);
    struct roster *r = believed(&o);
    const struct member *m = roster_by_name(r, STR("St. \"D\""));
    cr_assert(m != NULL && m->role == ROLE_TRAINER && m->has_key && m->has_sign && m->enrolled);
    cr_expect(strcmp(m->jid, o.done.jid) == 0 && o.done.version == 2 && roster_count(r) == 4);
    roster_free(r);
    cr_expect_eq(enrol_accept(&o.keeper, buf_str(&o.request), o.fingerprint, &o.done, &why), ERR_STATE, "only once");
    cr_expect_eq(enrol_revoke(&o.keeper, "nobody", &o.done, &why), ERR_ABSENT);
    cr_assert_eq(enrol_revoke(&o.keeper, "St. \"D\"", &o.done, &why), OK, "%s", why.text);
    cr_expect(o.done.version == 3 && !is_member(&o, "hospital-d@h.local"));
    cr_assert_eq(enrol_accept(&o.keeper, buf_str(&o.request), o.fingerprint, &o.done, &why), OK, "%s", why.text);
    cr_expect(o.done.version == 4 && is_member(&o, "hospital-d@h.local"));
    office_close(&o);
}

/* A new key of a member: the operator compares its fingerprint, and the key that the roster names has signed for it. */
Test(enrol, a_rotated_key_takes_the_place_of_the_one_that_signed_for_it)
{
    struct office o;
    struct why why = { "" };
    struct buf alone CLEANUP(buf_free) = buf_make(ENROL_REQUEST_MAX_BYTES),
                     both CLEANUP(buf_free) = buf_make(ENROL_REQUEST_MAX_BYTES),
                     named CLEANUP(buf_free) = buf_make(ENROL_REQUEST_MAX_BYTES);
    char previous[KEYS_PATH_BYTES], aside[PATH], fingerprint[KEYS_FINGERPRINT_BYTES];
    office_open(&o);
    cr_assert_eq(enrol_accept(&o.keeper, buf_str(&o.request), o.fingerprint, &o.done, &why), OK, "%s", why.text);
    cr_assert(keys_rotate(o.hospital, &why) == OK && keys_previous(o.hospital, previous) == OK, "%s", why.text);
    (void)snprintf(aside, sizeof aside, "%s/aside", o.dir);
    cr_assert_eq(rename(previous, aside), 0);
    cr_assert_eq(enrol_request(o.hospital, "hospital-d@h.local", "St. \"D\"", &alone, fingerprint, &why), OK);
    cr_assert_eq(rename(aside, previous), 0);
    cr_assert_eq(enrol_request(o.hospital, "hospital-d@h.local", "St. \"D\"", &both, fingerprint, &why), OK);
    cr_assert_eq(enrol_request(o.hospital, "hospital-d@h.local", "olga", &named, fingerprint, &why), OK);
    const struct {
        const char *name;
        struct str request;
        const char *fingerprint;
        enum err expected;
    } rows[] = {
        { "without the old key's signature", buf_str(&alone), fingerprint, ERR_STATE },
        { "with the old key's fingerprint", buf_str(&both), o.fingerprint, ERR_CRYPTO },
        { "with another's name", buf_str(&named), fingerprint, ERR_STATE },
        { "with both signatures", buf_str(&both), fingerprint, OK },
        { "the same again", buf_str(&both), fingerprint, ERR_STATE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* What is wrong with the request alone; the roster decides the rest. */
        enum err alone_e = rows[i].expected == ERR_CRYPTO ? ERR_CRYPTO : OK;
        cr_expect_eq(enrol_check(rows[i].request, rows[i].fingerprint, &why), alone_e, "%s", rows[i].name);
        cr_expect_eq(enrol_accept(&o.keeper, rows[i].request, rows[i].fingerprint, &o.done, &why), rows[i].expected,
                     "%s: %s", rows[i].name, why.text);
    }
    struct roster *r = believed(&o);
    struct keys_halves now;
    char sign[2 * ED25519_KEY_BYTES + 1];
    const struct member *m = roster_by_name(r, STR("St. \"D\""));
    cr_assert(m != NULL && keys_public(o.hospital, &now, &why) == OK);
    hex_encode(bytes_of(m->sign, sizeof m->sign), sign);
    cr_expect(o.done.version == 3 && roster_count(r) == 4 && m->enrolled);
    cr_expect_str_eq(sign, now.sign);
    roster_free(r);
    (void)unlink(previous);
    office_close(&o);
}

/* `himas up`, again and again. */
Test(enrol, what_is_published_again_keeps_the_enrolled_and_the_revoked)
{
    struct office o;
    struct why why = { "" };
    office_open(&o);
    cr_assert_eq(enrol_publish(&o.keeper, STR(own), &o.done, &why), OK, "%s", why.text);
    cr_expect_eq(o.done.version, 1, "nothing changed");
    cr_assert_eq(enrol_accept(&o.keeper, buf_str(&o.request), o.fingerprint, &o.done, &why), OK, "%s", why.text);
    cr_assert_eq(enrol_revoke(&o.keeper, "hospital-a@h.local", &o.done, &why), OK, "%s", why.text);
    cr_assert_eq(enrol_publish(&o.keeper, STR(own), &o.done, &why), OK, "%s", why.text);
    cr_expect(o.done.version == 3 && is_member(&o, "hospital-d@h.local") && !is_member(&o, "hospital-a@h.local"));
    cr_assert_eq(enrol_publish(&o.keeper, STR("members: [{jid: b@h.local, role: trainer}]"), &o.done, &why), OK, "%s",
                 why.text);
    cr_expect(o.done.version == 4 && is_member(&o, "b@h.local") && is_member(&o, "hospital-d@h.local") &&
              !is_member(&o, "olga@h.local"));
    office_close(&o);
}

Test(enrol, every_byte_of_a_request_counts)
{
    struct office o;
    struct why why = { "" };
    office_open(&o);
    for (size_t i = 0; i < o.request.n; i++) {
        o.request.p[i] ^= 1;
        cr_expect_neq(enrol_accept(&o.keeper, buf_str(&o.request), o.fingerprint, &o.done, &why), OK, "byte %zu", i);
        o.request.p[i] ^= 1;
    }
    cr_expect_eq(o.done.version, 1);
    office_close(&o);
}

/* A request of their own that somebody puts in the hospital's place. */
Test(enrol, refusals)
{
    struct office o;
    struct why why = { "" };
    struct buf other CLEANUP(buf_free) = buf_make(ENROL_REQUEST_MAX_BYTES),
                     same CLEANUP(buf_free) = buf_make(ENROL_REQUEST_MAX_BYTES);
    char fingerprint[KEYS_FINGERPRINT_BYTES], lines[ENROL_REQUEST_MAX_BYTES + 1];
    memset(lines, '\n', sizeof lines);
    office_open(&o);
    cr_assert_eq(enrol_request(o.key, "hospital-d@h.local", "D", &other, fingerprint, &why), OK, "%s", why.text);
    cr_assert_eq(enrol_request(o.hospital, "hospital-e@h.local", "olga", &same, fingerprint, &why), OK, "%s", why.text);
    const struct {
        const char *name;
        struct str request;
        enum err expected;
    } rows[] = {
        { "another's key", buf_str(&other), ERR_CRYPTO },
        { "a name that is taken", buf_str(&same), ERR_STATE },
        { "nothing", STR(""), ERR_INPUT },
        { "no note", STR("members: []\n"), ERR_INPUT },
        { "as long as one may be", { lines, ENROL_REQUEST_MAX_BYTES }, ERR_INPUT },
        { "a byte longer", { lines, ENROL_REQUEST_MAX_BYTES + 1 }, ERR_LIMIT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(enrol_accept(&o.keeper, rows[i].request, o.fingerprint, &o.done, &why), rows[i].expected, "%s: %s",
                     rows[i].name, why.text);
    static const char *const bad[] = { "hospital", "a b@h", "a+b@h", "@h" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(enrol_request(o.hospital, bad[i], "D", &other, fingerprint, &why), ERR_SETTING, "%s", bad[i]);
    o.keeper.key = "/nonexistent.key";
    cr_expect_eq(enrol_accept(&o.keeper, buf_str(&o.request), o.fingerprint, &o.done, &why), ERR_IO);
    o.keeper.key = o.key;
    cr_expect(!is_member(&o, "hospital-d@h.local"));
    office_close(&o);
}
