/* What was done under a permit, held against it. */
#include "tests/unit/agents/privacy/chief.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nepsilon_max: 100\n"
                             "delta: 1.0e-5\npermit_minutes: 60\nnorm_max: 3\n";

/* A round is permitted, and then reported.  Noise 8 over a clip of 1 has deviation 16, and four numbers of it are at
 * most 2 + sqrt(2 ln 10^12) times as long; a step of DP-SGD of noise 8 is 1/2 over 10 patients, of whom not 42 are
 * drawn. */
Test(reported, what_goes_against_the_permit_is_an_alarm)
{
    static const struct {
        const char *name, *ask, *report, *alarm; /* NULL: none */
    } rows[] = {
        { "as permitted", "1 noise=8", "1 noise=16", NULL },
        { "less noise", "1 noise=8", "1 noise=15.9", "had noise 15.9, and 16 was permitted" },
        { "noise that is no number", "1 noise=8", "1 noise=0 by=\"hospital-a@sim.local x\"", "cannot be read" },
        { "of a hospital that was not asked", "1 noise=8", "1 noise=16 by=hospital-b@sim.local", "withheld" },
        { "of another round", "1 noise=8", "2 noise=16", "without a permit" },
        { "a long update, but it can be noise", "1 noise=8", "1 noise=16 norm=151", NULL },
        { "too long for that", "1 noise=8", "1 noise=16 norm=154", "trained as permitted it has at most 153." },
        { "the more noise, the longer", "1 noise=8", "1 noise=32 norm=300", NULL },
        { "but that is no excuse for anything", "1 noise=8", "1 noise=320 norm=307", "has at most 306." },
        { "steps", "1 noise=8 as=subsampled-gaussian", "1 noise=8 norm=5", NULL },
        { "steps that are too long", "1 noise=8 as=subsampled-gaussian", "1 noise=8 norm=6.1", "has at most 6.0" },
        { "without noise", "1 noise=0 as=none", "1 noise=0 norm=3", NULL },
        { "as long as the policy allows no more", "1 noise=0 as=none", "1 noise=0 norm=3.1", "has at most 3" },
        { "a sum without noise", "1 noise=0 as=none sum=1", "1 noise=0 sum=1 mean=3", NULL },
        { "a sum that is too long", "1 noise=0 as=none sum=1", "1 noise=0 sum=1 mean=3.1",
          "the mean of its secure sum has norm 3.1" },
        { "noise in shares", "1 noise=8 as=distributed sum=1", "1 noise=8 sum=1 mean=1", NULL },
        { "no more than that", "1 noise=8 as=distributed sum=1", "1 noise=8 sum=1 mean=1.1", "has at most 1.01" },
        { "a mean that is none", "1 noise=8", "1 noise=16 mean=100", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[64];
        char words[200];
        struct sim *s = chief_house(policy, path);
        (void)snprintf(words, sizeof words, "/send what=ask round=%s", rows[i].ask);
        cr_expect(chief_hears(s, "coordinator", words, "sent"), "%s: %s", rows[i].name, sim_heard(s, "paul").p);
        (void)snprintf(words, sizeof words, "/send what=report round=%s", rows[i].report);
        cr_expect(chief_hears(s, "coordinator", words, "sent"), "%s: %s", rows[i].name, sim_heard(s, "paul").p);
        const char *heard = chief_of(s)->revoked;
        cr_expect_eq(heard[0] != 0, rows[i].alarm != NULL, "%s: %s", rows[i].name, heard);
        cr_expect(rows[i].alarm == NULL || strstr(heard, rows[i].alarm), "%s: %s", rows[i].name, heard);
        sim_free(s);
        (void)remove(path);
    }
}
