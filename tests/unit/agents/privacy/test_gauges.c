/* Numbers for /metrics. */
#include "tests/unit/agents/privacy/chief.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 1\nepsilon_max: 2\n"
                             "delta: 1.0e-5\npermit_minutes: 60\n";

/* What was asked, in turn, and what is counted after it. */
Test(guardian_gauges, say_what_happened)
{
    static const struct {
        const char *words;
        unsigned permits, vetoes, alarms;
    } rows[] = { { "/send ask 1 8", 1, 0, 0 },
                 { "/send ask 2 0.5", 1, 1, 0 }, /* less than min_noise */
                 { "/send report 1 0.1", 1, 1, 1 } };
    char path[64];
    struct sim *s = chief_house(policy, path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
        char lines[4][80];
        cr_expect(chief_hears(s, "coordinator", rows[i].words, "sent"));
        guardian_gauges(core_state(sim_agent(s, "guardian")), &text);
        (void)snprintf(lines[0], sizeof lines[0], "\nhimas_guardian_permits_total %u\n", rows[i].permits);
        (void)snprintf(lines[1], sizeof lines[1], "\nhimas_guardian_vetoes_total %u\n", rows[i].vetoes);
        (void)snprintf(lines[2], sizeof lines[2], "\nhimas_guardian_alarms_total %u\n", rows[i].alarms);
        (void)snprintf(lines[3], sizeof lines[3], "\nhimas_log_entries %" PRIu64 "\n", chief_log(s)->range.size);
        for (size_t k = 0; k < 4; k++)
            cr_expect(str_find(buf_str(&text), lines[k]) < text.n, "%s: %s is not in\n" STR_F, rows[i].words, lines[k],
                      STR_ARG(buf_str(&text)));
    }
    sim_free(s);
    (void)remove(path);
}
