#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

Test(gauges, after_a_run)
{
    static const char *const lines[] = {
        "himas_rounds_total{outcome=\"closed\"} 3\n",
        "himas_runs_ended_total{outcome=\"done\"} 1\n",
        "himas_round_duration_seconds_count 3\n",
        "himas_trainers_online 2\n",
        "himas_updates_refused_total{reason=\"norm\"} 0\n",
        "himas_runs 0\n",
        "# TYPE himas_round_trainers gauge\n",
    };
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) cr_expect(house_metric(&h, lines[i]), "%s", lines[i]);
    house_close(&h);
}

Test(gauges, during_a_run)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", "silent", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_metric(&h, "himas_round_trainers{state=\"answered\"} 2\n"));
    cr_expect(house_metric(&h, "himas_round_trainers{state=\"awaited\"} 1\n"));
    house_run(&h, 61000);
    cr_expect(house_metric(&h, "himas_runs 1\n"));
    house_run(&h, 60000);
    cr_expect(house_metric(&h, "himas_model_validation_auroc_ratio{task=\"toy\"} 0.750000\n"));
    house_close(&h);
}
