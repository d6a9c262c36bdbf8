#include "agents/coordinator/coordinator.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

/* What one hospital does with its updates, and the count that must show it after three rounds. */
static const struct row {
    const char *mood;
    const char *metric;
} rows[] = {
    { "nan", "himas_updates_refused_total{reason=\"not-finite\"} 3\n" },
    { "long", "himas_updates_refused_total{reason=\"norm\"} 3\n" },
    { "alien", "himas_updates_refused_total{reason=\"architecture\"} 3\n" },
    { "garbage", "himas_updates_refused_total{reason=\"unreadable\"} 3\n" },
    { "twice", "himas_updates_refused_total{reason=\"equivocation\"} 3\n" },
    { "again", "himas_updates_repeated_total 3\n" },
    { "early", "himas_updates_refused_total{reason=\"future-round\"} 3\n" },
};

Test(updates, refused_and_counted_by_reason, .timeout = 60)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct house h;
        house_open(&h, NULL, (const char *const[]){ "honest", "honest", rows[i].mood, NULL });
        (void)house_say(&h, "start toy");
        cr_expect(house_until_over(&h), "%s", rows[i].mood);
        cr_expect(house_head(&h, "toy-1").state == RUN_DONE, "%s", rows[i].mood);
        cr_expect(house_metric(&h, rows[i].metric), "%s", rows[i].mood);
        cr_expect(house_has(&h, "evidence/toy-1/") == (strcmp(rows[i].mood, "twice") == 0), "%s", rows[i].mood);
        house_close(&h);
    }
}

#define ROUNDS(late)                                                                                                   \
    "rounds: { count: 4, quorum: 2, join_deadline: 60s, round_deadline: 60s, max_update_norm: 10, late: " late " }\n"  \
    "standardise: ranges\n"

/* The slow one answers 70 s after each model; rounds close at 60 s. */
Test(updates, late_ones_are_dropped_or_weighted)
{
    static const struct {
        const char *task;
        bool counted;
    } cases[] = { { ROUNDS("discard"), false }, { ROUNDS("weighted"), true } };
    for (size_t i = 0; i < 2; i++) {
        struct house h;
        house_open(&h, cases[i].task, (const char *const[]){ "honest", "honest", "slow", NULL });
        (void)house_say(&h, "start toy");
        house_run(&h, 75000);
        cr_expect(house_has(&h, "update/toy-1/0000000002/hospital-2@sim.local/0000000001") == cases[i].counted, "%s",
                  cases[i].task);
        cr_expect(house_until_over(&h));
        cr_expect(house_head(&h, "toy-1").state == RUN_DONE);
        cr_expect(house_says(&h, "runs show toy-1", cases[i].counted ? "3/3" : "2/3"));
        house_close(&h);
    }
}
