#include "common/privacy/harary.h"
#include <criterion/criterion.h>

enum { RATES = 5 };

/* Degree and threshold, computed by a second implementation; 0 where no graph does. */
Test(harary, parameters)
{
    static const double rates[RATES][2] = { { .05, .05 }, { .1, .1 }, { .2, .1 }, { .33, .05 }, { .33, .33 } };
    static const struct {
        enum harary_server server;
        uint32_t members;
        struct harary expected[RATES];
    } rows[] = {
        { HARARY_CURIOUS, 100, { { 12, 6 }, { 22, 11 }, { 32, 21 }, { 34, 29 }, { 68, 34 } } },
        { HARARY_CURIOUS, 1000, { { 30, 17 }, { 48, 27 }, { 68, 44 }, { 78, 60 }, { 286, 150 } } },
        { HARARY_CURIOUS, 10000, { { 34, 20 }, { 54, 31 }, { 80, 51 }, { 92, 70 }, { 422, 221 } } },
        { HARARY_ACTIVE, 100, { { 16, 11 }, { 32, 22 }, { 42, 32 }, { 42, 37 }, { 0, 0 } } },
        { HARARY_ACTIVE, 1000, { { 52, 37 }, { 96, 67 }, { 140, 104 }, { 132, 109 }, { 992, 662 } } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t r = 0; r < RATES; r++) {
            uint32_t n = rows[i].members;
            struct harary_want want = { n, harary_count(n, rates[r][0]), harary_count(n, rates[r][1]), rows[i].server };
            struct harary got = { 0, 0 };
            enum err e = harary_find(&want, &got, NULL);
            cr_expect_eq(e, rows[i].expected[r].degree == 0 ? ERR_ABSENT : OK, "row %zu rate %zu", i, r);
            cr_expect(got.degree == rows[i].expected[r].degree && got.threshold == rows[i].expected[r].threshold,
                      "row %zu rate %zu: %u, %u", i, r, got.degree, got.threshold);
        }
}

Test(harary, what_was_found_is_secure_and_less_is_not)
{
    struct harary_want want = { 200, 20, 20, HARARY_ACTIVE };
    struct harary g;
    cr_assert_eq(harary_find(&want, &g, NULL), OK);
    cr_expect(harary_secure(&want, &g));
    const struct {
        const char *name;
        struct harary graph;
    } rows[] = {
        { "lower threshold", { g.degree, g.threshold - 1 } },
        { "odd degree", { g.degree + 1, g.threshold + 1 } },
        { "no neighbours", { 0, 1 } },
        { "more neighbours than members", { 200, 150 } },
        { "two neighbours", { 2, 2 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(!harary_secure(&want, &rows[i].graph), "%s", rows[i].name);
    want.adversaries = 60;
    cr_expect(!harary_secure(&want, &g), "more adversaries");
}

Test(harary, impossible_federations)
{
    const struct harary_want rows[] = {
        { 0, 0, 0, HARARY_ACTIVE },
        { 10, 11, 0, HARARY_ACTIVE },
        { 10, 0, 11, HARARY_ACTIVE },
        { HARARY_MEMBERS_MAX + 1, 0, 0, HARARY_ACTIVE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct harary g = { 7, 7 };
        struct why why = { "" };
        cr_expect_eq(harary_find(&rows[i], &g, &why), ERR_INPUT, "row %zu", i);
        cr_expect(g.degree == 7 && why.text[0] != '\0');
        cr_expect(!harary_secure(&rows[i], &g));
    }
}

Test(harary, ring_is_regular_and_mutual)
{
    static const uint32_t rows[][2] = { { 5, 2 }, { 5, 4 }, { 6, 4 }, { 64, 10 }, { 101, 32 } };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        uint32_t n = rows[r][0], degree = rows[r][1], out[128];
        for (uint32_t a = 0; a < n; a++) {
            cr_assert_eq(harary_neighbours(n, degree, a, out), degree, "%u of %u", degree, n);
            for (size_t k = 0; k < degree; k++) {
                cr_expect(harary_adjacent(n, degree, a, out[k]) && harary_adjacent(n, degree, out[k], a));
                cr_expect(out[k] != a && (k == 0 || out[k - 1] < out[k]));
            }
        }
        cr_expect(harary_adjacent(n, degree, 0, n - 1) && harary_adjacent(n, degree, 0, degree / 2));
    }
}
