#include "tests/unit/agents/privacy/chief.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: no\nmin_noise: 1\nepsilon_max: 2\n"
                             "delta: 1.0e-5\npermit_minutes: 60\n";

/* A hospital that does not answer holds a question; how many do is bounded, and for how long. */
Test(guardian_commands, questions_for_audits_are_bounded)
{
    char path[64];
    char full[64];
    struct sim *s = chief_house(policy, path);
    (void)snprintf(full, sizeof full, "%d audits are going on", GUARDIAN_AUDITS);
    for (int i = 0; i < GUARDIAN_AUDITS; i++)
        cr_expect_not(chief_hears(s, "guardian", "audit hospital-a", full), "%d", i);
    cr_expect(chief_hears(s, "guardian", "audit hospital-a", full), "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "guardian", "audit hospital-x", "no hospital"), "%s", sim_heard(s, "paul").p);
    (void)sim_run(s, GUARDIAN_AUDIT_MS, NULL, NULL);
    cr_expect_not(chief_hears(s, "guardian", "audit hospital-a", full), "later");
    sim_free(s);
    (void)unlink(path);
}

/* What `himas doctor` asks: a guardian whose policy is not set says so. */
Test(guardian_commands, health_tells_of_the_policy)
{
    char path[64];
    struct sim *s = chief_house(policy, path);
    cr_expect(chief_hears(s, "guardian", "health", "policy:     set"), "%s", sim_heard(s, "paul").p);
    cr_expect(chief_hears(s, "guardian", "health", "checkpoint: "), "%s", sim_heard(s, "paul").p);
    sim_free(s);
    (void)unlink(path);
}
