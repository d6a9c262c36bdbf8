/*
 * cron -- when a schedule is due next.
 *
 * Five fields, UTC: minute (0-59), hour (0-23), day of month (1-31), month
 * (1-12 or jan-dec), day of week (0-7 or sun-sat; 0 and 7 are Sunday).  A field
 * is *, a number, a range a-b, a list of those with commas, and * or a range
 * may have a step /n.  As POSIX crontab says, when both day fields are
 * restricted a day that fits either will do; as in Vixie cron, a day field
 * that begins with * does not count as restricted.
 */
#pragma once
#include "common/base/str.h"

struct cron {
    uint64_t minutes;  /* bit set */
    uint32_t hours;    /* bit set */
    uint32_t days;     /* bit set, bits 1 to 31 */
    uint32_t months;   /* bit set, bits 1 to 12 */
    uint32_t weekdays; /* bit set, 0 is Sunday */
    bool either_day;   /* both day fields are restricted: either fits */
};

/* ERR_INPUT with a sentence that names the field, or when no day of the calendar can ever fit (31 February). */
enum err cron_parse(struct str spec, struct cron *out, struct why *why) MUST_USE;

/* The first full minute after wall_ms (since 1970-01-01 UTC) at which the schedule is due.  ERR_INPUT as cron_parse;
 * ERR_LIMIT when there is none before the year 9999. */
enum err cron_next(struct str spec, int64_t wall_ms, int64_t *out_ms, struct why *why) MUST_USE;
