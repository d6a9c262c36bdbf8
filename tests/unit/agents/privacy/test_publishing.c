/* Which models may come out. */
#include "tests/unit/agents/privacy/chief.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { LATE_MS = 30000 };
static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nepsilon_max: 100\n"
                             "delta: 1.0e-5\npermit_minutes: 60\n";

static const char strict[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 1\nepsilon_max: 100\n"
                             "delta: 1.0e-5\npermit_minutes: 60\n";

static const char *heard(struct sim *s) { return chief_of(s)->heard; }
static void say(struct sim *s, const char *words)
{
    cr_expect(chief_hears(s, "coordinator", words, "sent"), "%s", words);
}

/* The report may come before the wish, or a little later, also when the guardian was killed between the two. */
Test(publishing, only_what_a_round_was_reported_to_have_made)
{
    static const struct {
        const char *name;
        const char *says[4];
        bool killed, waits; /* before the last words */
        const char *end;
    } rows[] = {
        { "reported", { "/send ask 1 8", "/send report 1 16", "/send publish 1 0" }, false, false, "permitted" },
        { "reported a little later",
          { "/send ask 1 8", "/send publish 1 0", "/send report 1 16" },
          false,
          false,
          "permitted" },
        { "killed between the two",
          { "/send ask 1 8", "/send publish 1 0", "/send report 1 16" },
          true,
          false,
          "permitted" },
        { "never reported",
          { "/send ask 1 8", "/send publish 1 0", "/send publish 1 0" },
          false,
          true,
          "is in no report of a round" },
        { "killed, and never reported",
          { "/send ask 1 8", "/send publish 1 0", "/send publish 1 0" },
          true,
          true,
          "is in no report of a round" },
        { "reported without a permit",
          { "/send ask 1 8", "/send publish 1 0", "/send report 2 16" },
          false,
          true,
          "is in no report of a round" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[64];
        struct sim *s = chief_house(policy, path);
        say(s, rows[i].says[0]);
        cr_expect_str_eq(heard(s), "permitted", "%s", rows[i].name);
        unsigned before = chief_of(s)->same;
        say(s, rows[i].says[1]);
        cr_expect(strcmp(heard(s), "permitted") == 0 && chief_of(s)->same == before, "%s: it waits", rows[i].name);
        if (rows[i].killed) sim_kill(s, "guardian", 10);
        if (rows[i].waits) (void)sim_run(s, LATE_MS, NULL, NULL);
        if (rows[i].waits) cr_expect(strstr(heard(s), rows[i].end), "%s: %s", rows[i].name, heard(s));
        say(s, rows[i].says[2]);
        cr_expect(rows[i].waits || strstr(heard(s), rows[i].end), "%s: %s", rows[i].name, heard(s));
        bool given = chief_hears(s, "guardian", "permits", "publish  toy-1");
        cr_expect_eq(given, !rows[i].waits, "%s: %s", rows[i].name, sim_heard(s, "paul").p);
        sim_free(s);
        (void)remove(path);
    }
}

/* ---- what is kept of a run ---- */

static enum err count(void *to, const char *key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)to;
    return OK;
}
static size_t rows_below(struct sim *s, const char *prefix)
{
    size_t n = 0;
    cr_assert_eq(store_scan(sim_store(s, "guardian"), prefix, count, &n), OK);
    return n;
}

/* A run that is over leaves nothing of that kind behind, also when a report comes after its end. */
Test(publishing, reports_are_forgotten_when_the_run_is_over)
{
    static const struct {
        const char *name, *ends, *sentence;
        bool waits, late; /* also a report after its end */
    } rows[] = {
        { "its model is published", "/send publish 1 0", "permitted", false, true },
        { "an alarm", "/send report 9 16", "permitted", false, true },
        { "its coordinator ends it", "/send over 1 0", "permitted", false, true },
        { "the next round is refused", "/send ask 3 0.001", "`min_noise`", false, false },
        { "no report has the model", "/send publish 1 0", "is in no report of a round", true, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[64];
        struct sim *s = chief_house(strict, path);
        say(s, "/send ask 1 8");
        say(s, rows[i].waits ? "/send what=report round=1 noise=16 made=other" : "/send report 1 16");
        cr_expect_eq(rows_below(s, "reported/"), 1, "%s: it is kept", rows[i].name);
        say(s, rows[i].ends);
        if (rows[i].waits) (void)sim_run(s, LATE_MS, NULL, NULL);
        cr_expect(strstr(heard(s), rows[i].sentence), "%s: %s", rows[i].name, heard(s));
        cr_expect_eq(rows_below(s, "reported/"), 0, "%s: it is forgotten", rows[i].name);
        cr_expect_eq(rows_below(s, "publish-later/"), 0, "%s", rows[i].name);
        if (rows[i].late) say(s, "/send report 1 16");
        cr_expect_eq(rows_below(s, "reported/"), 0, "%s: a late report", rows[i].name);
        sim_free(s);
        (void)remove(path);
    }
}

/* What is remembered of ended runs is not many, and a hospital ends none. */
Test(publishing, ends_are_forgotten_in_their_turn)
{
    char path[64];
    struct sim *s = chief_house(strict, path);
    struct store *kept = sim_store(s, "guardian");
    cr_assert(store_begin(kept) == OK && store_put(kept, "over/toy-0", str_bytes(STR("1\n"))) == OK &&
              store_commit(kept) == OK);
    say(s, "/send ask 1 8");
    say(s, "/send report 1 16");
    cr_expect(chief_hears(s, "hospital-a", "/send over 1 0", "sent"));
    cr_expect_eq(rows_below(s, "reported/"), 1, "a hospital's word ends no run");
    cr_expect_eq(rows_below(s, "over/"), 1);
    say(s, "/send over 1 0");
    cr_expect_eq(rows_below(s, "reported/"), 0);
    cr_expect_eq(rows_below(s, "over/toy-0"), 0, "of more than a day ago");
    cr_expect_eq(rows_below(s, "over/toy-1"), 1);
    say(s, "/send publish 1 0");
    (void)sim_run(s, LATE_MS, NULL, NULL);
    cr_expect(strstr(heard(s), "is in no report of a round"), "%s", heard(s));
    sim_free(s);
    (void)remove(path);
}

/* After an alarm the wish is refused at once, with the alarm's sentence. */
Test(publishing, a_run_with_an_alarm_publishes_nothing)
{
    char path[64];
    struct sim *s = chief_house(policy, path);
    say(s, "/send ask 1 8");
    say(s, "/send report 1 16");
    say(s, "/send report 2 16");
    say(s, "/send publish 1 0");
    cr_expect(strstr(heard(s), "was trained without a permit"), "%s", heard(s));
    sim_free(s);
    (void)remove(path);
}
