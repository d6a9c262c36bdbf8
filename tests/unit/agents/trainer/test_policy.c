#include "agents/trainer/policy.h"
#include "common/base/file.h"
#include "common/crypto/hash.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MODEL "mlp 30-64-32-1"
#define PRIVACY "privacy: {mode: required, epsilon_max: 8, delta: 1.0e-5, epsilon_per_round_max: 1, min_noise: 0.5}\n"
#define REST "min_cohort: 50\nmax_rounds: 10\n" PRIVACY
#define GOOD "tasks: any\nmodels: any\n" REST

enum { ARENA = 1 << 20 };

static enum err parse(const char *text, struct arena *arena, struct policy *out, struct why *why)
{
    const struct doc *d = NULL;
    TRY(doc_parse(str_of(text), "policy.yaml", arena, &d, why));
    return policy_parse(d, arena, out, why);
}

Test(policy, whole_document)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
    struct policy p = { 0 };
    struct why why = { "" };
    cr_assert_eq(
        parse("tasks: [" DIGEST ", breast*]\nmodels: any\nstatistics: yes\ntell_records: yes\n" REST, &arena, &p, &why),
        OK, "%s", why.text);
    cr_expect(p.set && !p.tasks.any && p.tasks.count == 2 && p.models.any);
    cr_expect(p.min_cohort == 50 && p.max_rounds == 10 && p.statistics && p.privacy_required);
    cr_expect(policy_told(&p, 77) == 77);
    cr_expect(p.epsilon_max == 8 && p.delta == 1e-5 && p.epsilon_per_round_max == 1 && p.min_noise == .5);
    cr_assert_eq(parse("tasks: []\nmodels: any\n" REST, &arena, &p, NULL), OK);
    cr_expect(!p.statistics && !p.tasks.any && p.tasks.count == 0);
    cr_expect(policy_told(&p, 77) == 0);
    cr_expect(policy_told(&(struct policy){ .tell_records = true }, 77) == 0, "without a policy nothing is told");
}

/* What docs/POLICY.md shows is one, and says what the page's tables say of each key. */
Test(policy, the_manuals_example)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
    struct buf page CLEANUP(buf_free) = buf_make(1 << 16);
    struct policy p = { 0 };
    struct why why = { "" };
    static const char begin[] = "```yaml\n", end[] = "\n```\n";
    cr_assert_eq(file_read(HIMAS_SOURCE_DIR "/docs/POLICY.md", &page, &why), OK, "%s", why.text);
    char *from = strstr((char *)page.p, begin);
    char *to = from ? strstr(from, end) : NULL;
    cr_assert(to != NULL);
    to[1] = '\0';
    cr_assert_eq(parse(from + strlen(begin), &arena, &p, &why), OK, "%s", why.text);
    cr_expect(p.set && p.tasks.any && p.models.count == 1 && p.min_cohort == 50 && p.max_rounds == 100);
    cr_expect(!p.barred[PURPOSE_RESEARCH] && p.barred[PURPOSE_OPERATIONS] && !p.counts && !p.statistics);
    cr_expect(p.privacy_required && !p.patients && p.min_noise == .5);
    cr_expect(p.sums.required && p.sums.hospitals_min == 3 && p.sums.adversaries == 1 && p.sums.noise_min == 1.5);
}

/* Every complaint names what is wrong; nothing is half taken. */
Test(policy, bad_documents_are_refused)
{
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        { "models: any\n" REST, "tasks" },
        { "tasks: any\n" REST, "models" },
        { "tasks: any\nmodels: any\nmax_rounds: 10\n" PRIVACY, "min_cohort" },
        { "tasks: any\nmodels: any\nmin_cohort: 50\n" PRIVACY, "max_rounds" },
        { "tasks: any\nmodels: any\nmin_cohort: 50\nmax_rounds: 10\n", "privacy" },
        { "tasks: all\nmodels: any\n" REST, "any" },
        { "tasks: [any]\nmodels: any\n" REST, "alone" },
        { "tasks: ['*']\nmodels: any\n" REST, "alone" },
        { "tasks: [[a]]\nmodels: any\n" REST, "tasks" },
        { "tasks: ['']\nmodels: any\n" REST, "tasks" },
        { GOOD "min_chort: 5\n", "min_cohort" },
        { "tasks: any\nmodels: any\nmin_cohort: 0\nmax_rounds: 10\n" PRIVACY, "min_cohort" },
        { "tasks: any\nmodels: any\nmin_cohort: many\nmax_rounds: 10\n" PRIVACY, "min_cohort" },
        { "tasks: any\nmodels: any\nmin_cohort: 9\nmax_rounds: 1\nprivacy: required\n", "privacy" },
        { "tasks: any\nmodels: any\nmin_cohort: 9\nmax_rounds: 1\nprivacy: {mode: none}\n", "mode" },
        { "tasks: any\nmodels: any\nmin_cohort: 9\nmax_rounds: 1\nprivacy: {mode: required, epsilon_max: 8}\n",
          "delta" },
        { "tasks: any\nmodels: any\nmin_cohort: 9\nmax_rounds: 1\nprivacy: {mode: optional, epsilon_max: -1}\n",
          "epsilon_max" },
        { GOOD "secure_sums: yes\n", "secure_sums" },
        { GOOD "secure_sums: {min_hospitals: 2}\n", "min_hospitals" },
        { GOOD "secure_sums: {min_nose: 1}\n", "min_noise" },
        { GOOD "secure_sums: {adversaries: -1}\n", "adversaries" },
        { "[1, 2]", "policy.yaml" },
        { "tasks: {", "policy.yaml" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
        struct policy p = { .max_rounds = 77 };
        struct why why = { "" };
        cr_expect(parse(rows[i].text, &arena, &p, &why) != OK, "%s", rows[i].text);
        cr_expect_not_null(strstr(why.text, rows[i].complaint), "%s: %s", rows[i].complaint, why.text);
        cr_expect(!p.set && p.max_rounds == 77, "%s", rows[i].text);
    }
}

Test(policy, unset_or_unreadable_refuses)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
    struct policy p = { 0 };
    struct why why = { "" };
    const struct proposal q = { .task = STR("t"), .digest = STR(DIGEST), .model = STR(MODEL), .rounds = 1 };
    cr_expect_eq(policy_read("/nowhere/policy.yaml", &arena, &p, &why), ERR_POLICY);
    cr_expect_not_null(strstr(why.text, "/nowhere/policy.yaml"), "%s", why.text);
    cr_expect_eq(policy_parse(NULL, &arena, &p, NULL), ERR_POLICY);
    cr_expect_eq(policy_check(&p, &q, &why), ERR_REFUSED);
    cr_expect_not_null(strstr(why.text, "no site policy"), "%s", why.text);
    cr_expect_eq(policy_allows_cohort(&p, UINT64_MAX, &why), ERR_REFUSED);
}

static const struct local_rule fine = { PRIVACY_GAUSSIAN, 1, 1e-5, 1 };
static const struct local_rule costly = { PRIVACY_GAUSSIAN, 1.5, 1e-5, 1 };
static const struct local_rule loose = { PRIVACY_GAUSSIAN, 1, 1e-4, 1 };
static const struct local_rule laplace = { PRIVACY_LAPLACE, 1, .5, 1 };
static const struct local_rule broken = { PRIVACY_GAUSSIAN, -1, 1e-5, 1 };

Test(policy, each_rule_is_named)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
    struct policy p;
    const struct proposal good = { STR("breast-cancer"), STR(DIGEST), STR(MODEL), 10, false, &fine };
    struct proposal other = good, unlike = good, long_run = good, curious = good, bare = good, dear = good,
                    slack = good, pure = good, bad = good, busy = good, better = good;
    other.task = STR("heart");
    unlike.model = STR("mlp 30-9999-1");
    long_run.rounds = 11;
    curious.statistics = true;
    busy.purpose = PURPOSE_OPERATIONS;
    better.purpose = PURPOSE_QUALITY;
    bare.noise = NULL;
    dear.noise = &costly;
    slack.noise = &loose;
    pure.noise = &laplace;
    bad.noise = &broken;
    const struct {
        const struct proposal *proposal;
        const char *rule; /* NULL: allowed */
    } rows[] = { { &good, NULL },
                 { &other, "`tasks`" },
                 { &unlike, "`models`" },
                 { &long_run, "`max_rounds`" },
                 { &curious, "`statistics`" },
                 { &busy, "`purposes` do not list operations" },
                 { &better, NULL },
                 { &bare, "`privacy.mode`" },
                 { &dear, "`privacy.epsilon_per_round_max`" },
                 { &slack, "`privacy.delta`" },
                 { &pure, NULL },
                 { &bad, "epsilon" } };
    cr_assert_eq(parse("tasks: [breast*]\npurposes: [research, quality]\nmodels: [" MODEL "]\n" REST, &arena, &p, NULL),
                 OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        enum err e = policy_check(&p, rows[i].proposal, &why);
        cr_expect_eq(e, rows[i].rule ? ERR_REFUSED : OK, "row %zu: %s", i, why.text);
        if (rows[i].rule) cr_expect_not_null(strstr(why.text, rows[i].rule), "row %zu: %s", i, why.text);
    }
}

Test(policy, secure_sums)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
    struct policy p = { 0 };
    struct proposal q = { STR("t"), STR(DIGEST), STR(MODEL), 1, false, &fine };
    struct why why = { "" };
    cr_assert_eq(parse(GOOD, &arena, &p, &why), OK, "%s", why.text);
    cr_expect(!p.sums.required && p.sums.hospitals_min == 3 && p.sums.adversaries == 0 && p.sums.noise_min == 0);
    cr_expect_eq(policy_check(&p, &q, &why), OK, "%s", why.text);
    cr_assert_eq(parse(GOOD "secure_sums: {required: yes, min_hospitals: 5, adversaries: 1, min_noise: 0.5}\n", &arena,
                       &p, &why),
                 OK, "%s", why.text);
    cr_expect(p.sums.required && p.sums.hospitals_min == 5 && p.sums.adversaries == 1 && p.sums.noise_min == .5);
    cr_expect_eq(policy_check(&p, &q, &why), ERR_REFUSED);
    cr_expect_not_null(strstr(why.text, "`secure_sums.required`"), "%s", why.text);
    q.secure = true;
    cr_expect_eq(policy_check(&p, &q, &why), OK, "%s", why.text);
}

Test(policy, noise_floor_and_lifetime)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
    struct policy p;
    struct why why = { "" };
    struct proposal q = { STR("t"), STR(DIGEST), STR(MODEL), 1, false, &fine };
    cr_assert_eq(parse(GOOD, &arena, &p, NULL), OK);
    cr_expect_eq(policy_check(&p, &q, &why), OK, "%s", why.text);
    p.min_noise = 3.8; /* epsilon 1 at delta 1e-5 needs 3.73 */
    cr_expect_eq(policy_check(&p, &q, &why), ERR_REFUSED);
    cr_expect_not_null(strstr(why.text, "`privacy.min_noise`"), "%s", why.text);
    p.min_noise = 0;
    p.epsilon_max = .9;
    cr_expect_eq(policy_check(&p, &q, &why), ERR_REFUSED);
    cr_expect_not_null(strstr(why.text, "`privacy.epsilon_max`"), "%s", why.text);
    p.privacy_required = false;
    q.noise = NULL;
    cr_expect_eq(policy_check(&p, &q, &why), OK, "%s", why.text);
}

Test(policy, lists_match)
{
    char model_digest[HASH_HEX_BYTES], text[512];
    cr_assert_eq(hash_hex_of(str_bytes(STR(MODEL)), model_digest), OK);
    const struct {
        const char *tasks, *models;
        enum err expected;
    } rows[] = {
        { "[breast-cancer]", "any", OK },
        { "[" DIGEST "]", "any", OK },
        { "[b*]", "any", OK },
        { "[breast-cancer*]", "any", OK },
        { "[breast]", "any", ERR_REFUSED },
        { "[]", "any", ERR_REFUSED },
        { "[breast-cancer2]", "any", ERR_REFUSED },
        { "[x, y, breast-cancer]", "any", OK },
        { "any", "[]", ERR_REFUSED },
        { "any", "['mlp 30-*']", OK },
        { "any", "[mlp]", ERR_REFUSED },
        { "any", model_digest, ERR_POLICY },
    };
    const struct proposal q = { STR("breast-cancer"), STR(DIGEST), STR(MODEL), 1, false, &fine };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
        struct policy p = { 0 };
        (void)snprintf(text, sizeof text, "tasks: %s\nmodels: %s\n" REST, rows[i].tasks, rows[i].models);
        enum err e = parse(text, &arena, &p, NULL);
        if (e == OK) e = policy_check(&p, &q, NULL);
        cr_expect_eq(e, rows[i].expected, "%s / %s", rows[i].tasks, rows[i].models);
    }
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
    struct policy p = { 0 };
    (void)snprintf(text, sizeof text, "tasks: any\nmodels: [%s]\n" REST, model_digest);
    cr_assert_eq(parse(text, &arena, &p, NULL), OK);
    cr_expect_eq(policy_check(&p, &q, NULL), OK, "a model by its digest");
}

Test(policy, cohort)
{
    static const struct {
        uint64_t records;
        enum err expected;
    } rows[] = { { 0, ERR_REFUSED }, { 49, ERR_REFUSED }, { 50, OK }, { UINT64_MAX, OK } };
    const struct policy p = { .set = true, .min_cohort = 50 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        cr_expect_eq(policy_allows_cohort(&p, rows[i].records, &why), rows[i].expected, "row %zu", i);
        cr_expect((strstr(why.text, "`min_cohort`") != NULL) == (rows[i].expected != OK), "row %zu", i);
        cr_expect_null(strstr(why.text, "49"), "the sentence must not tell the count");
    }
}

/* A policy that requires noise: for the whole hospital, or, where it says so, for each patient. */
Test(policy, whom_noise_in_shares_hides)
{
    static const struct {
        const char *privacy;
        bool site;
        enum err expected;
    } rows[] = {
        { "", true, OK }, { ", patients: yes", true, OK }, { "", false, ERR_REFUSED }, { ", patients: yes", false, OK }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA);
        struct policy p;
        struct why why = { "" };
        char text[400];
        const struct unit_rule unit = { .epsilon = 8, .delta = 1e-5, .clip = 1, .summed = true, .site = rows[i].site };
        const struct proposal q = { STR("t"), STR(DIGEST), STR(MODEL), 1, false, NULL, &unit };
        (void)snprintf(text, sizeof text,
                       "tasks: any\nmodels: any\nmin_cohort: 1\nmax_rounds: 10\nstatistics: no\n"
                       "privacy: {mode: required, epsilon_max: 8, delta: 1.0e-5, epsilon_per_round_max: 8%s}\n",
                       rows[i].privacy);
        cr_assert_eq(parse(text, &arena, &p, &why), OK, "%s", why.text);
        cr_expect_eq(policy_check(&p, &q, &why), rows[i].expected, "row %zu: %s", i, why.text);
    }
}
