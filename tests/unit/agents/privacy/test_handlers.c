/* The guardian as a coordinator and people see it. */
#include "tests/unit/agents/privacy/chief.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: no\nmin_noise: 1\nepsilon_max: 2\n"
                             "delta: 1.0e-5\npermit_minutes: 60\n";
static const char raising[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: no\nmin_noise: 1\nepsilon_max: 2\n"
                              "noise_max: 6\ndelta: 1.0e-5\npermit_minutes: 60\n";

Test(handlers, rounds_are_permitted_charged_and_looked_at)
{
    char path[64];
    struct sim *s = chief_house(policy, path);
    cr_expect(chief_hears(s, "coordinator", "/send ask 1 8", "sent"));
    cr_expect(chief_hears(s, "guardian", "permits", "toy-1"), "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "guardian", "budget", "hospital-a@"), "%s", sim_heard(s, "paul").p);
    sim_kill(s, "guardian", 10);
    cr_expect(chief_hears(s, "coordinator", "/send ask 1 8", "sent"));
    cr_expect(chief_hears(s, "guardian", "verify", "1 permits are signed by me, 0 are not"), "%s",
              sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "coordinator", "/send ask 2 0.5", "sent"));
    cr_expect(chief_hears(s, "guardian", "permits", "`min_noise` is 1"), "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "coordinator", "/send ask 3 1.5", "sent"));
    cr_expect(chief_hears(s, "guardian", "permits",
                          "(data set records, the whole hospital); another round like this does not fit"),
              "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "guardian", "forecast", "hospital-a@"), "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "coordinator", "/send report 1 0.1", "had noise 0.1"), "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "guardian", "report", "Alarm: round 1 of toy-1"), "%s", sim_heard(s, "paul").p);
    cr_expect(strstr(chief_of(s)->revoked, "had noise 0.1"), "the run's coordinator ends it");
    sim_free(s);
    (void)remove(path);
}

Test(handlers, a_model_is_entered_only_with_a_permit_to_publish_it)
{
    char path[64];
    struct sim *s = chief_house(policy, path);
    cr_expect(chief_hears(s, "coordinator", "/send model 1 0", "sent"));
    cr_expect(chief_hears(s, "guardian", "permits", "no permit to publish"), "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "coordinator", "/send ask 1 8", "sent"));
    cr_expect(chief_hears(s, "coordinator", "/send report 1 16", "sent"));
    cr_expect(chief_hears(s, "coordinator", "/send publish 1 0", "sent"));
    cr_expect(chief_hears(s, "guardian", "permits", "publish  toy-1"), "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "coordinator", "/send query 1 0", "sent"));
    cr_expect(chief_hears(s, "guardian", "permits", "`queries` is no"), "%s", sim_heard(s, "paul").p);
    uint64_t before = chief_log(s)->range.size;
    cr_expect(chief_hears(s, "coordinator", "/send model 1 0", "sent"));
    cr_expect_eq(chief_log(s)->range.size, before + 1);
    cr_expect(chief_hears(s, "guardian", "verify", "2 permits are signed by me, 0 are not"), "%s",
              sim_heard(s, "paul").p);
    sim_free(s);
    (void)remove(path);
}

/* Asked again the raised noise is the same; what has less than that goes against the permit. */
Test(handlers, noise_is_raised_near_the_end_of_the_budget)
{
    static const struct {
        const char *name, *to, *words, *part;
    } rows[] = {
        { "asked for 4, the budget is for three", "coordinator", "/send ask 1 4 6", "sent" },
        { "more is wanted", "guardian", "permits", ", not 4" },
        { "asked again", "coordinator", "/send ask 1 4 6", "sent" },
        { "that is no other permit", "guardian", "verify", "1 permits are signed by me, 0 are not; 1 were given" },
        { "not with the most", "coordinator", "/send ask 2 4 50", "sent" },
        { "it is given as long as it lasts", "guardian", "permits", "6, not 4" },
        { "what was asked for is too little now", "coordinator", "/send report 2 8", "sent" },
        { "a report of less", "guardian", "report", "had noise 8, and 12 was permitted" },
    };
    char path[64];
    struct sim *s = chief_house(raising, path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(chief_hears(s, rows[i].to, rows[i].words, rows[i].part), "%s: %s", rows[i].name,
                  sim_heard(s, "paul").p);
    sim_free(s);
    (void)remove(path);
}

/* 16 is the permitted deviation of noise 8 at clip 1: the clipped update and its four numbers' noise come to at most
 * 1 + 16 (2 + sqrt(2 ln 10^12)). */
Test(handlers, an_update_is_as_small_as_it_was_to_be_clipped)
{
    char path[64];
    struct sim *s = chief_house(policy, path);
    cr_expect(chief_hears(s, "coordinator", "/send ask 1 8", "sent"));
    cr_expect(chief_hears(s, "coordinator", "/send report 1 16 1 151", "sent"));
    cr_expect_not(chief_hears(s, "guardian", "report", "Alarm"), "%s", sim_heard(s, "paul").p);
    cr_expect_eq(chief_of(s)->revoked[0], 0);
    cr_expect(chief_hears(s, "coordinator", "/send report 1 16 1 154", "has norm 154"), "%s", sim_heard(s, "paul").p);
    cr_expect(strstr(chief_of(s)->revoked, "trained as permitted it has at most 153."), "%s", chief_of(s)->revoked);
    sim_free(s);
    (void)remove(path);
}

Test(handlers, a_permit_is_in_the_log_before_it_leaves)
{
    char path[64];
    struct sim *s = chief_house(policy, path);
    struct logbook_proven proven;
    struct why why = { "" };
    cr_expect(chief_hears(s, "coordinator", "/send ask 1 8", "sent"));
    const struct logbook_trust trust = { .log = chief_log(s)->key };
    cr_assert_eq(logbook_check_proof(str_of(chief_of(s)->proof), &trust, &proven, &why), OK, "%s", why.text);
    cr_expect(str_starts(buf_str(&proven.entry), "permit serial=1 signed="));
    cr_expect_leq(proven.size, chief_log(s)->newest);
    buf_free(&proven.entry);
    sim_free(s);
    (void)remove(path);
}
