#include "common/privacy/secagg_decisions.h"
#include <criterion/criterion.h>
#include <string.h>

static const uint8_t one[HASH_BYTES] = { 1 }, other[HASH_BYTES] = { 2 };

Test(secagg_decisions, one_half_ever)
{
    struct secagg_decisions d = { .n = 0 };
    struct why why = { "" };
    cr_expect_eq(secagg_decisions_add(&d, one, 5, SECAGG_SELF, &why), OK);
    cr_expect_eq(secagg_decisions_add(&d, one, 6, SECAGG_PAIR, &why), OK);
    cr_expect_eq(secagg_decisions_add(&d, one, 5, SECAGG_SELF, &why), OK, "the same again");
    cr_expect_eq(d.n, 2u);
    cr_expect_eq(secagg_decisions_add(&d, one, 5, SECAGG_PAIR, &why), ERR_REFUSED);
    cr_expect_not_null(strstr(why.text, "both shares asked"));
    cr_expect_eq(secagg_decisions_add(&d, one, 6, SECAGG_SELF, &why), ERR_REFUSED);
    cr_expect_eq(secagg_decisions_add(&d, other, 7, SECAGG_SELF, &why), ERR_REFUSED, "another session");
    for (uint32_t id = 10; d.n < SECAGG_HOLDERS_MAX; id++)
        cr_assert_eq(secagg_decisions_add(&d, one, id, SECAGG_SELF, &why), OK);
    cr_expect_eq(secagg_decisions_add(&d, one, 9, SECAGG_SELF, &why), ERR_LIMIT);
}

Test(secagg_decisions, remembered)
{
    struct secagg_decisions d = { .n = 0 }, again;
    struct buf b CLEANUP(buf_free) = buf_make(10000);
    cr_assert_eq(secagg_decisions_add(&d, one, 5, SECAGG_SELF, NULL), OK);
    cr_assert_eq(secagg_decisions_add(&d, one, 6, SECAGG_PAIR, NULL), OK);
    cr_assert_eq(secagg_decisions_encode(&d, &b), OK);
    cr_assert_eq(secagg_decisions_parse(buf_bytes(&b), &again), OK);
    cr_expect_eq(secagg_decisions_add(&again, one, 6, SECAGG_SELF, NULL), ERR_REFUSED);
    cr_expect_eq(secagg_decisions_add(&again, one, 6, SECAGG_PAIR, NULL), OK);
    for (size_t n = 0; n < b.n; n++) cr_expect_eq(secagg_decisions_parse(bytes_of(b.p, n), &again), ERR_PROTO);
    b.p[b.n - 1] = SECAGG_HALVES;
    cr_expect_eq(secagg_decisions_parse(buf_bytes(&b), &again), ERR_PROTO, "no half");
    b.p[b.n - 1] = SECAGG_PAIR;
    b.p[b.n - 2] = 5;
    cr_expect_eq(secagg_decisions_parse(buf_bytes(&b), &again), ERR_PROTO, "both halves");
}
