#include "agents/trainer/engines/poisson.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = 3000, ROWS_A_UNIT = 2 };

static size_t draw(double rate, uint8_t key_byte, size_t nunits, uint32_t *rows)
{
    static uint32_t starts[UNITS + 1];
    uint8_t key[STREAM_KEY_BYTES] = { key_byte };
    CLEANUP(stream_drop) struct stream *s = NULL;
    struct training_privacy p = { .rate = rate, .nunits = nunits, .starts = starts };
    size_t n = 0;
    for (uint32_t i = 0; i <= nunits; i++) starts[i] = ROWS_A_UNIT * i;
    cr_assert_eq(stream_new(key, &s), OK);
    cr_assert_eq(poisson_rows(&p, s, rows, &n), OK);
    return n;
}

/* Counts over 100 keys: mean and variance of the binomial within 6 standard deviations; each row of a unit as often. */
Test(poisson, units_are_taken_by_themselves)
{
    static uint32_t rows[UNITS];
    const double rate = .2, mean = UNITS * rate, variance = mean * (1 - rate);
    double sum = 0, square = 0, second = 0;
    for (uint8_t key = 0; key < 100; key++) {
        size_t n = draw(rate, key, UNITS, rows);
        for (size_t i = 0; i < n; i++) second += rows[i] % ROWS_A_UNIT;
        for (size_t i = 1; i < n; i++) cr_assert_lt(rows[i - 1] / ROWS_A_UNIT, rows[i] / ROWS_A_UNIT);
        sum += (double)n;
        square += ((double)n - mean) * ((double)n - mean);
    }
    cr_expect_float_eq(sum / 100, mean, 6 * sqrt(variance / 100));
    cr_expect_float_eq(square / 100, variance, 6 * variance * sqrt(2 / 100.0));
    cr_expect_float_eq(second / sum, .5, 6 * .5 / sqrt(sum));
}

Test(poisson, edges)
{
    static uint32_t rows[UNITS];
    cr_expect_eq(draw(1, 1, UNITS, rows), UNITS);
    cr_expect_eq(draw(1e-300, 1, UNITS, rows), 0);
    cr_expect_eq(draw(1, 1, 1, rows), 1);
}
