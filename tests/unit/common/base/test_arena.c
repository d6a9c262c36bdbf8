#include "common/base/arena.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <stdalign.h>
#include <string.h>

Test(arena, gives_zeroed_aligned_memory_that_does_not_overlap)
{
    static const size_t sizes[] = { 1, 3, 16, 100, 5000, 1, 4096, 20000, 7 };
    enum { N = sizeof sizes / sizeof *sizes };
    struct arena a CLEANUP(arena_free) = arena_make(1 << 20);
    uint8_t *at[N];
    for (size_t i = 0; i < N; i++) {
        at[i] = arena_alloc(&a, sizes[i]);
        cr_assert_not_null(at[i]);
        cr_expect_eq((uintptr_t)at[i] % alignof(max_align_t), 0, "%zu", sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++) cr_assert_eq(at[i][k], 0, "%zu[%zu]", sizes[i], k);
        memset(at[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < sizes[i]; k++) cr_assert_eq(at[i][k], i + 1, "%zu[%zu]", sizes[i], k);
}

Test(arena, limit)
{
    static const struct {
        const char *name;
        size_t max, first, second;
        bool first_fits, second_fits;
    } rows[] = {
        { "both", 64, 16, 48, true, true },           { "second too much", 64, 16, 49, true, false },
        { "first too much", 64, 65, 1, false, true }, { "rounding counts", 40, 17, 16, true, false },
        { "nothing allowed", 0, 1, 0, false, true },  { "no wrap-around", SIZE_MAX, SIZE_MAX, 1, false, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a CLEANUP(arena_free) = arena_make(rows[i].max);
        cr_expect_eq(arena_alloc(&a, rows[i].first) != NULL, rows[i].first_fits, "%s", rows[i].name);
        cr_expect_eq(arena_alloc(&a, rows[i].second) != NULL, rows[i].second_fits, "%s", rows[i].name);
    }
}

Test(arena, array_checks_the_product)
{
    struct arena a CLEANUP(arena_free) = arena_make(1000);
    cr_expect_not_null(arena_array(&a, 10, 8));
    cr_expect_not_null(arena_array(&a, 10, 0));
    cr_expect_null(arena_array(&a, SIZE_MAX / 2, 3));
    cr_expect_null(arena_array(&a, 1001, 1));
}

Test(arena, copies)
{
    struct arena a CLEANUP(arena_free) = arena_make(1000);
    cr_expect_str_eq(arena_z(&a, STR("abc")), "abc");
    cr_expect_str_eq(arena_z(&a, str_of(NULL)), "");
    struct str copy = arena_str(&a, (struct str){ "abcdef", 3 });
    cr_expect(str_is(copy, "abc"));
    char large[1001] = "";
    cr_expect_null(arena_z(&a, (struct str){ large, sizeof large }));
    cr_expect_null(arena_str(&a, (struct str){ large, sizeof large }).p);
}

Test(arena, reset_gives_all_of_it_back)
{
    struct arena a CLEANUP(arena_free) = arena_make(50000);
    for (int round = 0; round < 100; round++) {
        cr_assert_not_null(arena_alloc(&a, 100), "round %d", round);
        cr_assert_not_null(arena_alloc(&a, round % 2 ? 4000 : 40000), "round %d", round);
        arena_reset(&a);
        cr_assert_eq(a.used_bytes, 0);
    }
    arena_free(NULL);
    arena_free(&a);
    arena_reset(&a);
}

Test(arena, survives_every_failed_allocation)
{
    bool done = false;
    size_t rounds = 0;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct arena a CLEANUP(arena_free) = arena_make(50000);
        bool all = arena_alloc(&a, 10) != NULL;
        all = arena_alloc(&a, 10000) != NULL && all;
        done = arena_z(&a, STR("abc")) != NULL && all;
        rounds = n;
    }
    cr_expect(done);
    cr_expect(rounds >= 3, "%zu", rounds);
}
