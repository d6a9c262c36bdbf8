#include "agents/trainer/split.h"
#include "common/base/rng.h"
#include "common/learn/sample.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 600, PEOPLE = 150 };

static void admit(uint64_t people[ROWS], uint64_t seed)
{
    struct rng r = rng_make(seed);
    uint64_t ids[PEOPLE];
    for (size_t i = 0; i < PEOPLE; i++) ids[i] = rng_u64(&r);
    for (size_t i = 0; i < ROWS; i++) people[i] = ids[rng_below(&r, PEOPLE)];
}

Test(split, a_person_is_on_one_side)
{
    static const double fractions[] = { 0, 0.01, 0.2, 0.5, 0.99 };
    for (size_t f = 0; f < sizeof fractions / sizeof *fractions; f++) {
        for (uint64_t seed = 0; seed < 20; seed++) {
            CLEANUP(split_fini) struct split s = { 0 };
            uint64_t people[ROWS];
            bool seen[ROWS] = { false };
            admit(people, seed);
            cr_assert_eq(split_make(people, ROWS, fractions[f], seed, &s), OK);
            cr_assert_eq(s.ntrain + s.ntest, ROWS);
            for (size_t i = 0; i < s.ntrain; i++) seen[s.train[i]] = true;
            for (size_t i = 0; i < s.ntest; i++) seen[s.test[i]] = true;
            for (size_t i = 0; i < ROWS; i++) cr_assert(seen[i], "each row is somewhere");
            for (size_t i = 0; i < s.ntest; i++)
                for (size_t j = 0; j < s.ntrain; j++)
                    cr_assert_neq(people[s.test[i]], people[s.train[j]], "fraction %g seed %llu", fractions[f],
                                  (unsigned long long)seed);
            cr_expect_float_eq((double)s.ntest / ROWS, fractions[f], 0.12, "fraction %g", fractions[f]);
        }
    }
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static void held_out_people(const uint64_t *people, uint64_t seed, uint64_t out[ROWS], size_t *out_n)
{
    CLEANUP(split_fini) struct split s = { 0 };
    cr_assert_eq(split_make(people, ROWS, 0.3, seed, &s), OK);
    for (size_t i = 0; i < s.ntest; i++) out[i] = people[s.test[i]];
    qsort(out, s.ntest, sizeof *out, by_number);
    *out_n = s.ntest;
}

Test(split, row_order_does_not_matter_the_seed_does)
{
    uint64_t people[ROWS], shuffled[ROWS], a[ROWS], b[ROWS], c[ROWS];
    uint32_t order[ROWS];
    size_t na, nb, nc;
    struct rng r = rng_make(8);
    admit(people, 4);
    sample_order(&r, order, ROWS);
    for (size_t i = 0; i < ROWS; i++) shuffled[i] = people[order[i]];
    held_out_people(people, 1, a, &na);
    held_out_people(shuffled, 1, b, &nb);
    held_out_people(people, 2, c, &nc);
    cr_assert_eq(na, nb);
    cr_expect_arr_eq(a, b, na * sizeof *a);
    cr_expect(na != nc || memcmp(a, c, na * sizeof *a) != 0);
}

Test(split, small_and_impossible)
{
    static const struct {
        const char *name;
        uint64_t people[4];
        size_t n;
        double fraction;
        enum err expected;
        size_t ntest;
    } rows[] = {
        { "nobody", { 0 }, 0, 0.5, OK, 0 },
        { "one person is trained on", { 7, 7, 7 }, 3, 0.9, OK, 0 },
        { "two: one held out", { 1, 2 }, 2, 0.01, OK, 1 },
        { "two: one kept", { 1, 2 }, 2, 0.99, OK, 1 },
        { "none wished", { 1, 2, 3, 4 }, 4, 0, OK, 0 },
        { "half", { 1, 2, 3, 4 }, 4, 0.5, OK, 2 },
        { "all", { 1, 2 }, 2, 1, ERR_INPUT, 0 },
        { "negative", { 1, 2 }, 2, -0.1, ERR_INPUT, 0 },
        { "NaN", { 1, 2 }, 2, NAN, ERR_INPUT, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(split_fini) struct split s = { 0 };
        cr_expect_eq(split_make(rows[i].people, rows[i].n, rows[i].fraction, 1, &s), rows[i].expected, "%s",
                     rows[i].name);
        cr_expect_eq(s.ntest, rows[i].ntest, "%s", rows[i].name);
    }
}

Test(split, every_allocation_may_fail)
{
    static const uint64_t people[] = { 1, 2, 3 };
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct split s = { 0 };
        enum err e = split_make(people, 3, 0.3, 1, &s);
        cr_expect(e == OK || (e == ERR_MEMORY && s.train == NULL), "allocation %zu", n);
        done = e == OK;
        split_fini(&s);
    }
    cr_expect(done);
}
