/* Which models may come out. */
#include "tests/unit/agents/privacy/chief.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { LATE_MS = 30000 };
static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nepsilon_max: 100\n"
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
