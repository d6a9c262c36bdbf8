#include "common/base/clock.h"
#include <stdio.h>
#include <time.h>

static int64_t read_ms(clockid_t which)
{
    struct timespec t = { 0 };
    (void)clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t clock_mono_ms(void) { return (uint64_t)read_ms(CLOCK_MONOTONIC); }
int64_t clock_wall_ms(void) { return read_ms(CLOCK_REALTIME); }

char *clock_stamp(int64_t wall_ms, char out[CLOCK_STAMP_BYTES])
{
    int64_t ms = (wall_ms % 1000 + 1000) % 1000; /* before 1970 too */
    time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0));
    struct tm tm = { 0 };
    (void)gmtime_r(&seconds, &tm);
    size_t n = strftime(out, CLOCK_STAMP_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(out + n, CLOCK_STAMP_BYTES - n, ".%03dZ", (int)ms);
    return out;
}
