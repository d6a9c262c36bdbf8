#include "agents/coordinator/schedule.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define MINUTE 60000LL
#define T0 1700000040000LL /* 2023-11-14 22:14:00 UTC, a full minute */

/* One look: facts, and what must come of it. */
struct look {
    int64_t at; /* minutes after T0 */
    size_t online, not_away;
    bool running, new_data;
    enum schedule_reason expected;
};
static const struct row {
    const char *name;
    const char *cron;
    uint64_t when_present;
    bool when_new_data;
    uint64_t min_interval_minutes;
    struct look looks[7]; /* ends with at < 0 */
} rows[] = {
    { "nothing asked", "", 0, false, 0, { { 0, 5, 5, false, true, SCHEDULE_NO }, { -1 } } },
    { "every ten minutes",
      "*/10 * * * *",
      0,
      false,
      0,
      { { 0, 0, 0, false, false, SCHEDULE_NO },
        { 5, 0, 0, false, false, SCHEDULE_NO },
        { 6, 0, 0, false, false, SCHEDULE_CRON },
        { 7, 0, 0, false, false, SCHEDULE_NO },
        { 16, 0, 0, true, false, SCHEDULE_NO },
        { 17, 0, 0, false, false, SCHEDULE_NO },
        { 40, 0, 0, false, false, SCHEDULE_CRON } } },
    { "once when they come together, again when they come together again",
      "",
      3,
      false,
      0,
      { { 0, 2, 3, false, false, SCHEDULE_NO },
        { 1, 3, 3, false, false, SCHEDULE_PRESENT },
        { 2, 3, 3, false, false, SCHEDULE_NO },
        { 3, 2, 3, false, false, SCHEDULE_NO },
        { 4, 3, 3, false, false, SCHEDULE_NO },
        { 5, 2, 2, false, false, SCHEDULE_NO },
        { 6, 3, 3, false, false, SCHEDULE_PRESENT } } },
    { "not sooner than the interval",
      "",
      2,
      false,
      60,
      { { 0, 2, 2, false, false, SCHEDULE_PRESENT },
        { 5, 1, 1, false, false, SCHEDULE_NO },
        { 10, 2, 2, false, false, SCHEDULE_NO },
        { 61, 2, 2, false, false, SCHEDULE_PRESENT },
        { -1 } } },
    { "new data wait for the run to end",
      "",
      0,
      true,
      0,
      { { 0, 1, 1, false, false, SCHEDULE_NO },
        { 1, 1, 1, true, true, SCHEDULE_NO },
        { 2, 1, 1, false, false, SCHEDULE_NEW_DATA },
        { 3, 1, 1, false, false, SCHEDULE_NO },
        { -1 } } },
    { "a run that goes on has used their coming",
      "",
      2,
      false,
      0,
      { { 0, 2, 2, true, false, SCHEDULE_NO }, { 1, 2, 2, false, false, SCHEDULE_NO }, { -1 } } },
};

static struct task task_of(const struct row *row)
{
    struct task t = { .start = { .when_present = row->when_present,
                                 .when_new_data = row->when_new_data,
                                 .min_interval_ms = row->min_interval_minutes * (uint64_t)MINUTE } };
    (void)snprintf(t.start.cron, sizeof t.start.cron, "%s", row->cron);
    return t;
}

Test(schedule, looks)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct task t = task_of(&rows[i]);
        struct schedule s = { 0 };
        for (size_t k = 0; k < 7 && rows[i].looks[k].at >= 0; k++) {
            const struct look *l = &rows[i].looks[k];
            struct schedule_facts f = { T0 + l->at * MINUTE, l->online, l->not_away, l->running };
            s.new_data = s.new_data || l->new_data;
            enum schedule_reason got = schedule_look(&t, &s, &f);
            cr_expect(got == l->expected, "%s, minute %lld: %s", rows[i].name, (long long)l->at,
                      schedule_reason_text(got));
        }
    }
}

Test(schedule, wanted)
{
    struct task none = { 0 };
    struct task data = { .start = { .when_new_data = true } };
    cr_expect(!schedule_wanted(&none) && schedule_wanted(&data));
}
