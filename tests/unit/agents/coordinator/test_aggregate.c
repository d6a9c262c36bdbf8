#include "agents/coordinator/aggregate.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct weight_row {
    const char *name;
    uint64_t samples, max_samples, staleness;
    double expected;
} weight_rows[] = {
    { "plain", 133, 1000, 0, 133 },
    { "capped", 5000, 1000, 0, 1000 },
    { "no cap", 5000, 0, 0, 5000 },
    { "one round late: 1/sqrt 2", 100, 1000, 1, 70.710678118654755 },
    { "three rounds late: half", 100, 1000, 3, 50 },
    { "capped and late", 5000, 1000, 8, 1000.0 / 3 },
};

Test(aggregate, weights)
{
    for (size_t i = 0; i < sizeof weight_rows / sizeof *weight_rows; i++) {
        const struct weight_row *r = &weight_rows[i];
        double got = aggregate_weight(r->samples, r->max_samples, r->staleness);
        cr_expect(fabs(got - r->expected) < 1e-9, "%s: %.12g", r->name, got);
    }
}

Test(aggregate, weighted_mean)
{
    struct aggregate g;
    const float a[2] = { 1, -2 };
    const float b[2] = { 4, 1 };
    cr_assert(aggregate_init(&g, 2) == OK);
    cr_expect(aggregate_finish(&g) == ERR_STATE, "nothing was added");
    aggregate_add(&g, a, 1);
    aggregate_add(&g, b, 3);
    cr_assert(aggregate_finish(&g) == OK);
    cr_expect(g.sum[0] == 3.25 && g.sum[1] == 0.25 && g.weight == 4);
    aggregate_fini(&g);
    aggregate_fini(&g);
}

/* What the store's order gives: whoever answers first, the same bits come out. */
Test(aggregate, fixed_order_gives_the_same_bits)
{
    static const float values[3] = { 0.1f, 1e7f, -1e7f };
    static const double weights[3] = { 133, 71, 71.5 };
    double sums[2];
    for (int time = 0; time < 2; time++) {
        struct aggregate g;
        cr_assert(aggregate_init(&g, 1) == OK);
        for (size_t i = 0; i < 3; i++) aggregate_add(&g, &values[i], weights[i]);
        cr_assert(aggregate_finish(&g) == OK);
        sums[time] = g.sum[0];
        aggregate_fini(&g);
    }
    cr_expect(memcmp(&sums[0], &sums[1], sizeof sums[0]) == 0);
}

/* Many at once, in vectors and strips, are the same bits as one number after another. */
Test(aggregate, all_at_once_gives_the_same_bits)
{
    enum { COUNT = 11, NUMBERS = 3 * 256 + 11 };
    struct aggregate together;
    double sums[NUMBERS] = { 0 };
    double weights[COUNT];
    float changes[COUNT * NUMBERS];
    for (size_t i = 0; i < COUNT; i++) weights[i] = 1 + 0.37 * (double)i;
    for (size_t i = 0; i < COUNT * NUMBERS; i++) changes[i] = sinf((float)i) * (i % 3 ? 1e-3f : 1e6f);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < NUMBERS; k++) sums[k] += weights[i] * (double)changes[i * NUMBERS + k];
    cr_assert(aggregate_init(&together, NUMBERS) == OK);
    aggregate_add_all(&together, changes, weights, COUNT);
    cr_expect(memcmp(together.sum, sums, sizeof sums) == 0);
    cr_expect(aggregate_finite(&together));
    changes[5] = -INFINITY;
    changes[NUMBERS + 5] = INFINITY;
    aggregate_add_all(&together, changes, weights, 2);
    cr_expect(!aggregate_finite(&together));
    aggregate_fini(&together);
}
