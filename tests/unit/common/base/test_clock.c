#include "common/base/clock.h"
#include <criterion/criterion.h>
#include <time.h>

Test(clock, stamp)
{
    static const struct {
        int64_t wall_ms;
        const char *expected;
    } rows[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 999, "1970-01-01T00:00:00.999Z" },
        { INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
        { INT64_C(1795242241123), "2026-11-21T06:24:01.123Z" },
        { INT64_C(4102444799001), "2099-12-31T23:59:59.001Z" },
        { -1, "1969-12-31T23:59:59.999Z" },
        { -1000, "1969-12-31T23:59:59.000Z" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[CLOCK_STAMP_BYTES];
        cr_expect_str_eq(clock_stamp(rows[i].wall_ms, out), rows[i].expected, "%s", rows[i].expected);
    }
}

Test(clock, stamp_of_any_number_stays_inside)
{
    static const int64_t rows[] = { INT64_MAX, INT64_MIN, INT64_C(253402300800000) };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[CLOCK_STAMP_BYTES];
        cr_expect(strlen(clock_stamp(rows[i], out)) < sizeof out, "row %zu", i);
    }
}

Test(clock, wall_is_the_systems)
{
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = clock_wall_ms();
    cr_expect(now >= before - 1000 && now <= before + 60000);
}

Test(clock, mono_never_goes_back)
{
    uint64_t last = clock_mono_ms();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock_mono_ms();
        cr_assert(now >= last);
        last = now;
    }
}
