#include "cli/hipaa.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define GOOD_BROKER                                                                                                    \
    "-- c2s_require_encryption = false\nallow_registration = false -- by nobody\nc2s_require_encryption = true\n"      \
    "allow_unencrypted_plain_auth = false\nauthentication = \"internal_hashed\"\ns2s_ports = {}\n"                     \
    "interfaces = { \"127.0.0.1\" }\nsmacks_hibernation_time = 120\n"
#define GOOD_AGENT "roster: /r\nroster_key: k\nidentity: /i\nstore: /s\nca_file: /c\npassword_file: /p\n"
#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define GOOD_ROSTER                                                                                                    \
    "version: 1\nmembers:\n  - {jid: c@x, role: coordinator, key: " KEY ", sign: " KEY "}\n"                           \
    "  - {jid: g@x, role: guardian, key: " KEY ", sign: " KEY "}\n"                                                    \
    "  - {jid: paul@x, role: privacy-officer}\n  - {jid: petra@x, role: privacy-officer}\n"

struct desk {
    struct hipaa_source sources[3];
    struct hipaa_facts facts;
    struct roster *roster;
    struct hipaa_test *tests;
    struct buf page;
};

static void print(struct desk *d, const char *broker, unsigned mode, const char *roster, const char *tap)
{
    struct why why = { "" };
    *d = (struct desk){ .page = buf_make(1 << 20) };
    d->sources[0] = (struct hipaa_source){ HIPAA_BROKER, "broker", str_of(broker), mode };
    d->sources[1] = (struct hipaa_source){ HIPAA_AGENT, "hospital-a", STR(GOOD_AGENT), 0600 };
    d->sources[2] = (struct hipaa_source){ HIPAA_POLICY, "hospital-a", STR("min_cohort: 20 # few\n"), 0600 };
    cr_assert_eq(roster_parse(str_of(roster), "test", &d->roster, &why), OK, "%s", why.text);
    d->facts = (struct hipaa_facts){
        .sources = d->sources, .nsources = 3, .results = tap != NULL, .roster = d->roster, .folder = "here"
    };
    if (tap) cr_assert_eq(hipaa_read_tap(str_of(tap), &d->tests, &d->facts.ntests), OK);
    d->facts.tests = d->tests;
    hipaa_print(&d->facts, &d->page);
    cr_assert_eq(buf_err(&d->page), OK);
}

static void done(struct desk *d)
{
    roster_free(d->roster);
    free(d->tests);
    buf_free(&d->page);
}

static const struct {
    const char *name, *broker;
    unsigned mode;
    const char *roster, *tap;
    const char *says, *says_not;
} rows[] = {
    { "all settings, a test", GOOD_BROKER, 0600, GOOD_ROSTER, "ok 1 - tls: no login without it\n",
      "164.312(e)(2)(ii) encryption (addressable): shown\n", "FAILED" },
    { "the setting is quoted", GOOD_BROKER, 0600, GOOD_ROSTER, NULL,
      "no login without TLS: `c2s_require_encryption = true` in 1 file", NULL },
    { "a comment is no setting", "-- c2s_require_encryption = true\n", 0600, GOOD_ROSTER, NULL,
      "not found: no login without TLS (broker)", "no login without TLS: `" },
    { "a test that fails is named", GOOD_BROKER, 0600, GOOD_ROSTER, "not ok 1 - tls: no login without it\n",
      "a test fails: tls: no login without it", "(addressable): shown\n\nControl: TLS" },
    { "a skipped test is none", GOOD_BROKER, 0600, GOOD_ROSTER, "ok 1 - tls: it # SKIP no broker\n",
      "no test of this clause is in the results", NULL },
    { "no results at all", GOOD_BROKER, 0600, GOOD_ROSTER, NULL, "no test evidence: no results were given", "passed:" },
    { "others may read", GOOD_BROKER, 0644, GOOD_ROSTER, NULL, "the file of broker has mode 644", NULL },
    { "one officer is not two", GOOD_BROKER, 0600,
      "version: 1\nmembers:\n  - {jid: c@x, role: coordinator, key: " KEY
      "}\n  - {jid: paul@x, role: privacy-officer}\n",
      NULL, "two privacy officers, so that one can confirm what the other asks; the roster has 1", NULL },
    { "an agent without its signing key", GOOD_BROKER, 0600,
      "version: 1\nmembers:\n  - {jid: c@x, role: coordinator, key: " KEY "}\n", NULL,
      "a key of its own for every agent (c)", NULL },
    { "what is left to the site", GOOD_BROKER, 0600, GOOD_ROSTER, NULL, "use an encrypted volume", NULL },
};

Test(hipaa, claims_what_was_found_and_names_what_was_not)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk d;
        print(&d, rows[i].broker, rows[i].mode, rows[i].roster, rows[i].tap);
        cr_expect(strstr((const char *)d.page.p, rows[i].says), "%s: %s", rows[i].name, d.page.p);
        if (rows[i].says_not)
            cr_expect(!strstr((const char *)d.page.p, rows[i].says_not), "%s: %s", rows[i].name, d.page.p);
        done(&d);
    }
}

/* Nothing given, nothing claimed: no clause is shown, whatever the table says. */
Test(hipaa, of_nothing_nothing_is_claimed)
{
    struct buf page CLEANUP(buf_free) = buf_make(1 << 20);
    hipaa_print(&(struct hipaa_facts){ .folder = "nowhere" }, &page);
    cr_expect(strstr((const char *)page.p, "): shown") == NULL && strstr((const char *)page.p, "| shown") == NULL, "%s",
              page.p);
}

Test(hipaa, every_clause_of_the_rule_has_its_row)
{
    static const char *const clauses[] = { "(a)(1)",     "(a)(2)(i)", "(a)(2)(ii)", "(a)(2)(iii)",
                                           "(a)(2)(iv)", "(b)",       "(c)(1)",     "(c)(2)",
                                           "(d)",        "(e)(1)",    "(e)(2)(i)",  "(e)(2)(ii)" };
    size_t n = 0;
    for (const struct hipaa_row *r = hipaa_rows; r->clause; r++, n++) {
        cr_expect(n < 12 && strcmp(r->clause + strlen("164.312"), clauses[n]) == 0, "%s", r->clause);
        cr_expect(r->control[0] && (strcmp(r->need, "required") == 0 || strcmp(r->need, "addressable") == 0 ||
                                    strcmp(r->need, "standard") == 0));
        cr_expect(r->probes[0].kind != HIPAA_NO_PROBE || r->outside, "%s", r->clause);
    }
    cr_expect_eq(n, 12);
}

Test(hipaa, reads_tap)
{
    struct hipaa_test *tests = NULL;
    size_t n = 0;
    struct buf many CLEANUP(buf_free) = buf_make(1 << 20);
    cr_assert_eq(
        hipaa_read_tap(
            STR("TAP version 13\n1..4\n# ok 9 - no\nok 1 - a::b  (0.1s)\nnot ok 2 - c: d\n  ok 3 - e # SKIP f\nok 4\n"),
            &tests, &n),
        OK);
    cr_assert_eq(n, 3);
    cr_expect(tests[0].passed && str_starts(tests[0].name, "a::b") && !tests[1].passed && tests[2].skipped);
    for (int i = 0; i < 3000; i++) buf_addf(&many, "ok %d - t::%d\n", i, i);
    cr_assert_eq(hipaa_read_tap(buf_str(&many), &tests, &n), OK);
    cr_expect(n == 3003 && str_is(tests[3002].name, "t::2999"));
    free(tests);
}
