#include "common/base/rng.h"
#include "common/runtime/core_private.h"
#include <criterion/criterion.h>

Test(core_peer, ids_are_epoch_and_number)
{
    static const struct {
        const char *id;
        bool right;
        uint64_t epoch, number;
    } rows[] = {
        { "1a-7", true, 0x1a, 7 },
        { "0-0", true, 0, 0 },
        { "ffffffffffffffff-18446744073709551615", true, UINT64_MAX, UINT64_MAX },
        { "", false, 0, 0 },
        { "-1", false, 0, 0 },
        { "1a", false, 0, 0 },
        { "1a-", false, 0, 0 },
        { "1g-7", false, 0, 0 },
        { "1a--7", false, 0, 0 },
        { "1A-7", false, 0, 0 },
        { " 1a-7", false, 0, 0 },
        { "1a-7 ", false, 0, 0 },
        { "11111111111111111-7", false, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t epoch = 0;
        uint64_t number = 0;
        bool right = core_id_parse(rows[i].id, &epoch, &number);
        cr_expect(right == rows[i].right && (!right || (epoch == rows[i].epoch && number == rows[i].number)), "%s",
                  rows[i].id);
    }
}

/* Numbers in any order, with repeats: each is new once.  The model is a plain table. */
Test(core_peer, the_window_tells_new_from_seen)
{
    enum { NUMBERS = 5000, SPREAD = CORE_DEDUP_WINDOW - 1 };
    static bool model[NUMBERS + SPREAD + 1];
    struct peer p = { 0 };
    struct rng rng = rng_make(3);
    uint64_t high = 0;
    for (int i = 0; i < 4 * NUMBERS; i++) {
        uint64_t base = (uint64_t)i / 4;
        uint64_t n = 1 + base + rng_below(&rng, SPREAD / 2);
        bool behind = n < high && high - n >= CORE_DEDUP_WINDOW;
        cr_assert_eq(core_seen(&p, 9, n), model[n] || behind, "number %llu", (unsigned long long)n);
        if (core_seen(&p, 9, n)) continue;
        core_note_seen(&p, 9, n);
        model[n] = true;
        if (n > high) high = n;
    }
}

Test(core_peer, a_new_epoch_begins_anew_and_an_old_one_is_stale)
{
    struct peer p = { 0 };
    core_note_seen(&p, 5, 100);
    cr_expect(core_seen(&p, 5, 100) && !core_seen(&p, 5, 99) && !core_seen(&p, 5, 101));
    cr_expect(core_seen(&p, 4, 1), "older");
    cr_expect(!core_seen(&p, 6, 1), "newer");
    core_note_seen(&p, 6, 1);
    cr_expect(core_seen(&p, 5, 99) && core_seen(&p, 6, 1) && !core_seen(&p, 6, 100));
    core_note_seen(&p, 6, 1000000);
    cr_expect(core_seen(&p, 6, 1) && core_seen(&p, 6, 1000000 - CORE_DEDUP_WINDOW) && !core_seen(&p, 6, 999999),
              "a leap");
}
