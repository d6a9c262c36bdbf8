#include "common/crypto/encode.h"
#include "common/privacy/secagg.h"
#include <criterion/criterion.h>
#include <string.h>

Test(secagg, roster_hash_is_over_its_bytes)
{
    struct secagg_member members[] = { { 3, { 1 } }, { 70000, { 2 } } };
    struct secagg_roster roster = { members, 2 };
    uint8_t bytes[22 + 4 + 2 * 36] = "himas secagg roster 1", expected[HASH_BYTES], got[HASH_BYTES];
    bytes[25] = 2;
    bytes[29] = 3;
    bytes[30] = 1;
    bytes[63] = 1;
    bytes[64] = 0x11;
    bytes[65] = 0x70;
    bytes[66] = 2;
    cr_assert_eq(hash_of(bytes_of(bytes, sizeof bytes), expected), OK);
    cr_assert_eq(secagg_roster_hash(&roster, got), OK);
    cr_expect_arr_eq(got, expected, HASH_BYTES);
}

Test(secagg, bad_rosters)
{
    static const struct {
        const char *name;
        size_t n;
        struct secagg_member members[3];
    } rows[] = {
        { "nobody", 0, { { 1, { 1 } } } },
        { "out of order", 2, { { 2, { 1 } }, { 1, { 2 } } } },
        { "a number twice", 2, { { 2, { 1 } }, { 2, { 2 } } } },
        { "a key twice", 3, { { 1, { 1 } }, { 2, { 2 } }, { 3, { 1 } } } },
        { "too many", SECAGG_MEMBERS_MAX + 1, { { 1, { 1 } } } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t hash[HASH_BYTES];
        struct secagg_roster roster = { rows[i].members, rows[i].n };
        cr_expect_eq(secagg_roster_hash(&roster, hash), ERR_INPUT, "%s", rows[i].name);
    }
}

Test(secagg, members_are_found)
{
    enum { N = 9 };
    struct secagg_member members[N];
    for (uint32_t i = 0; i < N; i++) members[i] = (struct secagg_member){ 5 * i + 2, { (uint8_t)i } };
    for (size_t n = 0; n <= N; n++) {
        struct secagg_roster roster = { members, n };
        for (uint32_t id = 0; id < 50; id++) {
            const struct secagg_member *found = secagg_roster_find(&roster, id);
            bool is = id % 5 == 2 && id / 5 < n;
            cr_expect(is ? found == &members[id / 5] : found == NULL, "%u of %zu", id, n);
        }
    }
}

Test(secagg, sets)
{
    struct secagg_set set = { 3, { 1, 5, 9 } };
    cr_expect(secagg_set_ascends(&set) && secagg_set_has(&set, 5) && !secagg_set_has(&set, 6));
    set.ids[2] = 5;
    cr_expect(!secagg_set_ascends(&set), "twice");
    set.n = SECAGG_MEMBERS_MAX + 1;
    cr_expect(!secagg_set_ascends(&set), "too many");
    set.n = 0;
    cr_expect(secagg_set_ascends(&set) && !secagg_set_has(&set, 1));
}
