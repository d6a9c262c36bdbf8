#include "common/base/put.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

Test(put, as_printf_does_it)
{
    static const uint64_t values[] = { 0, 1, 9, 10, 16, 255, 1000000, UINT64_MAX };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (unsigned digits = 0; digits <= 20; digits++)
            for (size_t size = 1; size < 60; size++) {
                char expected[64], got[64];
                struct put p = put_into(got, size);
                put_z(&p, "a/");
                put_u64(&p, values[i], digits);
                put_z(&p, "");
                put_hex(&p, values[i], digits);
                (void)snprintf(expected, size, "a/%0*" PRIu64 "%0*" PRIx64, (int)digits, values[i], (int)digits,
                               values[i]);
                cr_expect_str_eq(got, expected, "%u digits, room for %zu", digits, size);
            }
}
