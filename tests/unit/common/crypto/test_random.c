#include "common/crypto/random.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(random, os_fills_all_bytes)
{
    uint8_t a[64] = { 0 };
    uint8_t b[64] = { 0 };
    random_fn *random = random_os;
    cr_expect_eq(random(NULL, a, sizeof a), OK);
    cr_expect_eq(random(NULL, b, sizeof b), OK);
    cr_expect(memcmp(a, b, sizeof a) != 0);
    cr_expect(memcmp(a, a + 32, 32) != 0);
}
