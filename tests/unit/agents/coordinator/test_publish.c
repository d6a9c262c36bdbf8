/* No model comes out that the guardian's log does not hold, and that too few hospitals signed for. */
#include "agents/coordinator/publish.h"
#include "agents/coordinator/registry.h"
#include "common/runtime/roster_log.h"
#include "tests/unit/agents/coordinator/house.h"
#include "tests/unit/agents/coordinator/notary.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 600000, SOON_MS = 2000 };
#define ONE_ROUND "rounds: { count: 1, quorum: 2, join_deadline: 60s, round_deadline: 60s }\n"
static const char *const three[] = { "honest", "honest", "honest", NULL };

static const struct notary *notary_of(const struct house *h) { return core_state(sim_agent(h->sim, "guard")); }

static bool was_told(struct sim *s, void *to)
{
    const struct notary *n = core_state(sim_agent(s, "guard"));
    (void)to;
    return n->sha256[0] != '\0';
}

/* Up to where the guardian was told the model's hash. */
static void open_house(struct house *h, const char *const moods[])
{
    house_open_with(h, &(struct house_plan){ .extra = ONE_ROUND, .moods = moods, .guard = &notary_agent });
    (void)house_say(h, "start toy");
    cr_assert(sim_run(h->sim, LIMIT_MS, was_told, NULL));
    cr_assert_eq(house_head(h, "toy-1").state, RUN_PUBLISHING);
}

static void tell(struct house *h, const char *words)
{
    sim_say(h->sim, "paul", "guard", words);
    house_run(h, SOON_MS);
}

/* "same" for hospital-0, and so on; NULL: it is shown nothing. */
static void show(struct house *h, const char *const logs[], size_t n)
{
    for (size_t i = 0; i < n && logs[i]; i++) {
        char words[80];
        (void)snprintf(words, sizeof words, "/show hospital=hospital-%zu log=%s", i, logs[i]);
        tell(h, words);
    }
}

static bool is_out(const struct house *h)
{
    struct version_row v;
    enum err e = registry_find(sim_agent(h->sim, "coordinator"), STR("toy"), 1, &v);
    cr_assert(e == OK || e == ERR_ABSENT);
    return e == OK;
}

Test(publish, the_guardian_is_told_what_began_and_the_hash_of_the_model)
{
    struct house h;
    struct version_row v;
    char kept[RUN_DIGEST_BYTES];
    open_house(&h, three);
    cr_expect_eq(notary_of(&h)->begun, 1);
    cr_expect(strcmp(notary_of(&h)->run, "toy-1") == 0 && notary_of(&h)->round == 1);
    cr_assert_eq(agent_digest(sim_agent(h.sim, "coordinator"), "model/toy-1/0000000001", kept), OK);
    cr_expect_str_eq(notary_of(&h)->sha256, kept);
    cr_expect_not(is_out(&h), "before anything is proven");
    tell(&h, "/prove kind=right");
    show(&h, (const char *const[]){ "same", "same", "same" }, 3);
    cr_assert_eq(house_head(&h, "toy-1").state, RUN_DONE);
    cr_assert_eq(registry_find(sim_agent(h.sim, "coordinator"), STR("toy"), 1, &v), OK);
    cr_expect_str_eq(v.sha256, kept, "what was proven is what came out");
    house_close(&h);
}

/* Whoever else than the hospitals may have signed: without a proof of this model nothing comes out. */
Test(publish, proofs, .timeout = 60)
{
    static const struct {
        const char *kind;
        bool holds;
        const char *why;
    } rows[] = { { "right", true, "" },
                 { "hash", false, "another entry than this run's model" },
                 { "run", false, "another entry than this run's model" },
                 { "round", false, "another entry than this run's model" },
                 { "sender", false, "another entry than this run's model" },
                 { "foreign", false, "proof does not hold" },
                 { "outside", false, "proof does not hold" },
                 { "garbage", false, "proof does not hold" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct house h;
        char words[60];
        open_house(&h, three);
        show(&h, (const char *const[]){ "same", "same", "same" }, 3);
        cr_expect(house_head(&h, "toy-1").state == RUN_PUBLISHING && !is_out(&h), "%s: signed, not proven",
                  rows[i].kind);
        (void)snprintf(words, sizeof words, "/prove kind=%s", rows[i].kind);
        tell(&h, words);
        struct run_head head = house_head(&h, "toy-1");
        cr_expect_eq(head.state, rows[i].holds ? RUN_DONE : RUN_FAILED, "%s: %s", rows[i].kind, head.why);
        cr_expect_eq(is_out(&h), rows[i].holds, "%s", rows[i].kind);
        cr_expect(rows[i].holds || strstr(head.why, rows[i].why), "%s: %s", rows[i].kind, head.why);
        house_close(&h);
    }
}

Test(publish, signatures, .timeout = 60)
{
    static const struct {
        const char *name;
        const char *moods[4];
        const char *logs[3]; /* shown to each */
        unsigned soon, late; /* after the phase's deadline */
        const char *why;     /* then */
    } rows[] = {
        { "all", { "honest", "honest", "honest" }, { "same", "same", "same" }, RUN_DONE, RUN_DONE, "version 1" },
        { "a quorum", { "honest", "honest", "honest" }, { "same", "same" }, RUN_PUBLISHING, RUN_DONE, "version 1" },
        { "too few",
          { "honest", "honest", "honest" },
          { "same" },
          RUN_PUBLISHING,
          RUN_FAILED,
          "did not answer in time" },
        { "a later log",
          { "honest", "honest", "honest" },
          { "same", "longer", "longer" },
          RUN_PUBLISHING,
          RUN_FAILED,
          "" },
        { "one forged", { "honest", "honest", "forger" }, { "same", "same", "same" }, RUN_DONE, RUN_DONE, "version 1" },
        { "two forged",
          { "honest", "forger", "forger" },
          { "same", "same", "same" },
          RUN_FAILED,
          RUN_FAILED,
          "not signed by" },
        { "one will not",
          { "honest", "honest", "doubts" },
          { "same", "same", "same" },
          RUN_DONE,
          RUN_DONE,
          "version 1" },
        { "two will not",
          { "honest", "doubts", "doubts" },
          { "same", "same", "same" },
          RUN_FAILED,
          RUN_FAILED,
          "forgot" },
        { "two logs",
          { "honest", "honest", "honest" },
          { "same", "forked", "same" },
          RUN_FAILED,
          RUN_FAILED,
          "split view" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct house h;
        open_house(&h, rows[i].moods);
        tell(&h, "/prove kind=right");
        show(&h, rows[i].logs, 3);
        unsigned soon = house_head(&h, "toy-1").state;
        cr_expect_eq(soon, rows[i].soon, "%s: %s", rows[i].name, run_state_name(soon));
        (void)house_until_over(&h);
        struct run_head head = house_head(&h, "toy-1");
        cr_expect_eq(head.state, rows[i].late, "%s: %s, %s", rows[i].name, run_state_name(head.state), head.why);
        cr_expect_eq(is_out(&h), rows[i].late == RUN_DONE, "%s", rows[i].name);
        cr_expect(strstr(head.why, rows[i].why), "%s: %s", rows[i].name, head.why);
        cr_expect_eq(house_has(&h, "evidence/toy-1/log"), strcmp(rows[i].why, "split view") == 0, "%s", rows[i].name);
        house_close(&h);
    }
}

/* What is kept with the model proves to anybody that it is in the log, and who signed. */
Test(publish, the_proof_that_is_kept_has_the_signatures_of_those_who_signed)
{
    struct house h;
    struct roster_log log CLEANUP(roster_log_free) = { .witnesses = NULL };
    struct logbook_proven p;
    struct version_row v;
    struct buf proof CLEANUP(buf_free) = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    struct why why = { "" };
    open_house(&h, (const char *const[]){ "honest", "forger", "honest", NULL });
    tell(&h, "/prove kind=right");
    show(&h, (const char *const[]){ "same", "same", "same" }, 3);
    cr_assert_eq(house_head(&h, "toy-1").state, RUN_DONE);
    cr_assert_eq(registry_find(sim_agent(h.sim, "coordinator"), STR("toy"), 1, &v), OK);
    cr_assert_eq(registry_get(sim_agent(h.sim, "coordinator"), &v, "proof", &proof), OK);
    cr_assert_eq(roster_log_trust(agent_roster(sim_agent(h.sim, "coordinator")), &log, &why), OK, "%s", why.text);
    cr_assert_eq(logbook_check_proof(buf_str(&proof), &log.trust, &p, &why), OK, "%s", why.text);
    cr_expect(p.cosigned == 2 && log.trust.nwitnesses == 3, "%zu of %zu", p.cosigned, log.trust.nwitnesses);
    buf_free(&p.entry);
    struct note note;
    struct str all = buf_str(&proof);
    size_t at = str_find(all, "\n\n") + 2;
    cr_assert_eq(note_parse((struct str){ all.p + at, all.n - at }, &note, NULL), OK);
    cr_expect_eq(note.signatures, 3, "the log's and two hospitals', each once");
    house_close(&h);
}
