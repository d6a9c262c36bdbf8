#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

Test(trainer_gauges, say_what_happened)
{
    static const char *const lines[] = {
        "\nhimas_trainer_records 80\n",
        "\nhimas_trainer_records_flawed 0\n",
        "\nhimas_privacy_epsilon_budget 1.2\n",
        "\nhimas_trainer_updates_total{outcome=\"sent\"} 1\n",
        "\nhimas_trainer_updates_total{outcome=\"declined_budget\"} 1\n",
        "\nhimas_trainer_updates_total{outcome=\"declined_policy\"} 0\n",
        "\nhimas_trainer_updates_total{outcome=\"failed\"} 0\n",
        "# TYPE himas_trainer_training_seconds_total counter\n",
        "\nhimas_privacy_epsilon_spent 1\n",
    };
    struct site s;
    CLEANUP(buf_free) struct buf text = buf_make(1 << 20);
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_NOISE, .policy = SITE_POLICY(10, "required", 1.2) });
    site_do(&s, "invite");
    site_do(&s, "train 1");
    site_do(&s, "train 2");
    trainer_gauges(site_trainer(&s), &text);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect(strstr((const char *)text.p, lines[i]) != NULL, "%s%s", lines[i], (const char *)text.p);
    site_close(&s);
}
