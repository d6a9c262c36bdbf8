#include "common/base/buf.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

Test(buf, adds_and_stays_terminated)
{
    struct buf b CLEANUP(buf_free) = buf_make(1000);
    cr_expect_null(b.p, "nothing is allocated before the first add");
    buf_add_z(&b, "round ");
    buf_addf(&b, "%d of %d", 7, 10);
    buf_add_str(&b, STR(", "));
    buf_add(&b, "go!", 2);
    buf_add(&b, NULL, 0);
    cr_expect_eq(buf_err(&b), OK);
    cr_expect_str_eq((const char *)b.p, "round 7 of 10, go");
    cr_expect(str_is(buf_str(&b), "round 7 of 10, go"));
    cr_expect_eq(buf_bytes(&b).n, b.n);
}

Test(buf, prints_what_printf_prints_also_where_the_room_ends)
{
    for (size_t room = 0; room < 300; room++) {
        struct buf b CLEANUP(buf_free) = buf_make(1000);
        uint8_t *at = buf_grow(&b, room);
        cr_assert_not_null(at);
        memset(at, 'x', room);
        buf_addf(&b, "%s-%d", "twelve chars", 34);
        cr_expect_eq(b.n, room + 15, "%zu", room);
        cr_expect_str_eq((const char *)b.p + room, "twelve chars-34", "%zu", room);
    }
    struct buf full CLEANUP(buf_free) = buf_make(10);
    buf_addf(&full, "%s", "123456789");
    buf_addf(&full, "%s", "ab");
    cr_expect(buf_err(&full) == ERR_LIMIT);
    cr_expect_str_eq((const char *)full.p, "123456789", "nothing of it is left");
}

Test(buf, whole_numbers_of_any_size)
{
    static const uint64_t rows[] = {
        0, 1, 9, 10, 15, 16, 255, 1000000007, UINT64_MAX / 10, UINT64_MAX - 1, UINT64_MAX
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b CLEANUP(buf_free) = buf_make(100);
        struct buf printed CLEANUP(buf_free) = buf_make(100);
        buf_add_u64(&b, rows[i]);
        buf_add_z(&b, " ");
        buf_add_hex(&b, rows[i]);
        buf_addf(&printed, "%" PRIu64 " %" PRIx64, rows[i], rows[i]);
        cr_expect_str_eq((const char *)b.p, (const char *)printed.p);
    }
}

Test(buf, limit_is_exact_and_sticky)
{
    static const struct {
        const char *name;
        size_t max, add;
        enum err expected;
    } rows[] = {
        { "below", 8, 7, OK },
        { "equal", 8, 8, OK },
        { "above", 8, 9, ERR_LIMIT },
        { "none", 0, 0, OK },
        { "none but one", 0, 1, ERR_LIMIT },
        { "huge", SIZE_MAX - 1, 300, OK },
    };
    static const char text[400];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b CLEANUP(buf_free) = buf_make(rows[i].max);
        buf_add(&b, text, rows[i].add);
        cr_expect_eq(buf_err(&b), rows[i].expected, "%s", rows[i].name);
        cr_expect_eq(b.n, rows[i].expected == OK ? rows[i].add : 0, "%s", rows[i].name);
        buf_add(&b, text, 0);
        buf_addf(&b, "%s", "");
        cr_expect_eq(buf_err(&b), rows[i].expected, "%s: the error stays", rows[i].name);
    }
}

Test(buf, grow_gives_zeroes_after_what_was_there)
{
    struct buf b CLEANUP(buf_free) = buf_make(10000);
    buf_add_z(&b, "abc");
    buf_clear(&b);
    cr_expect_eq(b.n, 0);
    uint8_t *p = buf_grow(&b, 5000);
    cr_assert_not_null(p);
    for (size_t i = 0; i < 5000; i++) cr_assert_eq(p[i], 0, "byte %zu", i);
    cr_expect_eq(b.n, 5000);
    cr_expect_null(buf_grow(&b, 5001));
    cr_expect_eq(buf_err(&b), ERR_LIMIT);
    buf_clear(&b);
    cr_expect_eq(buf_err(&b), OK, "clear forgives");
}

Test(buf, free_takes_anything_and_leaves_a_usable_buf)
{
    buf_free(NULL);
    struct buf b = buf_make(10);
    buf_free(&b);
    buf_add_z(&b, "again");
    cr_expect(str_is(buf_str(&b), "again"));
    buf_free(&b);
    cr_expect_eq(b.max, 10);
}

Test(buf, survives_every_failed_allocation)
{
    bool done = false;
    size_t failures = 0;
    static const char text[1000];
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct buf b CLEANUP(buf_free) = buf_make(5000);
        buf_add(&b, text, 100);
        buf_add(&b, text, 1000);
        buf_addf(&b, "%01000d", 1);
        done = buf_err(&b) == OK;
        failures += buf_err(&b) == ERR_MEMORY;
    }
    cr_expect(done);
    cr_expect(failures >= 2, "%zu", failures);
}
