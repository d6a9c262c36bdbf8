#include "common/base/clock.h"
#include "common/wire/cron.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t wall(const char *stamp)
{
    struct tm t = { 0 };
    int n = sscanf(stamp, "%d-%d-%dT%d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec);
    cr_assert_eq(n, 6, "%s", stamp);
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return (int64_t)timegm(&t) * 1000;
}

struct due {
    const char *spec;
    const char *now;
    const char *expected;
};

static void expect_due(const struct due *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char stamp[CLOCK_STAMP_BYTES] = "";
        int64_t next = 0;
        struct why why = { "" };
        enum err e = cron_next(str_of(rows[i].spec), wall(rows[i].now), &next, &why);
        cr_expect_eq(e, OK, "%s: %s", rows[i].spec, why.text);
        cr_expect(strncmp(clock_stamp(next, stamp), rows[i].expected, 16) == 0, "%s after %s: %s, not %s", rows[i].spec,
                  rows[i].now, stamp, rows[i].expected);
    }
}

Test(cron, clock_fields)
{
    static const struct due rows[] = {
        { "* * * * *", "2026-11-21T06:24:01", "2026-11-21T06:25" },
        { "* * * * *", "2026-11-21T06:24:00", "2026-11-21T06:25" },
        { "* * * * *", "2026-12-31T23:59:59", "2027-01-01T00:00" },
        { "30 2 * * *", "2026-11-21T02:29:59", "2026-11-21T02:30" },
        { "30 2 * * *", "2026-11-21T02:30:00", "2026-11-22T02:30" },
        { "*/15 * * * *", "2026-11-21T06:44:00", "2026-11-21T06:45" },
        { "*/15 * * * *", "2026-11-21T06:45:00", "2026-11-21T07:00" },
        { "10-50/20 6 * * *", "2026-11-21T06:30:00", "2026-11-21T06:50" },
        { "5,35 6,18 * * *", "2026-11-21T06:35:00", "2026-11-21T18:05" },
        { "0\t0  1 1 *", "2026-11-21T06:24:01", "2027-01-01T00:00" },
        { "0 0 * * *", "1969-12-31T23:58:00", "1970-01-01T00:00" },
        { "0 12 * * *", "1969-12-30T13:00:00", "1969-12-31T12:00" },
        { "59 23 31 12 *", "2026-12-31T23:59:00", "2027-12-31T23:59" },
        { "0 1-3,5 * * *", "2026-11-21T03:00:00", "2026-11-21T05:00" },
    };
    expect_due(rows, sizeof rows / sizeof rows[0]);
}

Test(cron, calendar_fields)
{
    static const struct due rows[] = {
        { "0 0 29 2 *", "2026-03-01T00:00:00", "2028-02-29T00:00" },
        { "0 0 29 2 *", "2096-02-29T00:00:00", "2104-02-29T00:00" },
        { "0 0 31 * *", "2026-04-01T00:00:00", "2026-05-31T00:00" },
        { "0 0 30 1,2,3 *", "2026-01-30T00:00:00", "2026-03-30T00:00" },
        { "0 3 * jan,JUL *", "2026-11-21T00:00:00", "2027-01-01T03:00" },
        { "0 3 1 mar-may *", "2026-03-01T03:00:00", "2026-04-01T03:00" },
        { "0 3 * * sun", "2026-11-21T00:00:00", "2026-11-22T03:00" },
        { "0 3 * * 0", "2026-11-21T00:00:00", "2026-11-22T03:00" },
        { "0 3 * * 7", "2026-11-21T00:00:00", "2026-11-22T03:00" },
        { "0 3 * * mon-fri", "2026-11-21T00:00:00", "2026-11-23T03:00" },
        { "0 3 * * 5-7", "2026-11-22T03:00:00", "2026-11-27T03:00" },
        /* both day fields restricted: either fits */
        { "0 0 13 * fri", "2026-11-21T00:00:00", "2026-11-27T00:00" },
        { "0 0 13 * fri", "2026-12-12T00:00:00", "2026-12-13T00:00" },
        { "0 0 31 2 mon", "2026-02-01T00:00:00", "2026-02-02T00:00" },
        /* a day field that begins with * is not restricted: both must fit */
        { "0 0 */2 * mon", "2026-11-01T00:00:00", "2026-11-09T00:00" },
        { "0 0 29 2 */7", "2026-01-01T00:00:00", "2032-02-29T00:00" },
    };
    expect_due(rows, sizeof rows / sizeof rows[0]);
}

Test(cron, refused)
{
    static const struct {
        const char *spec;
        const char *sentence; /* part of it */
    } rows[] = {
        { "", "five fields" },
        { "* * * *", "five fields" },
        { "* * * * * *", "only five" },
        { "@daily", "minute: \"@daily\"" },
        { "60 * * * *", "minute: \"60\"" },
        { "* 24 * * *", "hour: \"24\"" },
        { "* * 0 * *", "day of month: \"0\"" },
        { "* * 32 * *", "day of month: \"32\"" },
        { "* * * 13 *", "month: \"13\"" },
        { "* * * sept *", "month: \"sept\"" },
        { "* * * * 8", "day of week: \"8\"" },
        { "* * * * fri-mon", "day of week: \"fri-mon\"" },
        { "5/10 * * * *", "minute: \"5/10\"" },
        { "*/0 * * * *", "minute: \"*/0\"" },
        { "*/ * * * *", "minute: \"*/\"" },
        { "1,,2 * * * *", "minute: \"1,,2\"" },
        { "1, * * * *", "minute: \"1,\"" },
        { ",1 * * * *", "minute: \",1\"" },
        { "1- * * * *", "minute: \"1-\"" },
        { "-1 * * * *", "minute: \"-1\"" },
        { "9-3 * * * *", "minute: \"9-3\"" },
        { "*5 * * * *", "minute: \"*5\"" },
        { "0 0 31 2 *", "never be due" },
        { "0 0 30-31 feb *", "never be due" },
        { "0 0 31 4,6,9,11 *", "never be due" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cron c = { 0 };
        struct why why = { "" };
        cr_expect_eq(cron_parse(str_of(rows[i].spec), &c, &why), ERR_INPUT, "%s", rows[i].spec);
        cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s: %s", rows[i].spec, why.text);
    }
}

Test(cron, far_clock_is_refused)
{
    int64_t next = 0;
    cr_expect_eq(cron_next(STR("* * * * *"), INT64_MAX, &next, NULL), ERR_LIMIT);
    cr_expect_eq(cron_next(STR("* * * * *"), INT64_MIN, &next, NULL), ERR_LIMIT);
    cr_expect_eq(next, 0);
}
