#include "common/privacy/secagg_code.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(secagg_code, bytes_are_as_said)
{
    static const uint8_t expected[] = { 0x01, 0x02, 0, 0, 0x03, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 'a', 'b', 0 };
    struct buf b CLEANUP(buf_free) = buf_make(100);
    secagg_code_put(&b, 0x0102, 2);
    secagg_code_put(&b, 3, 3);
    secagg_code_put_real(&b, 1.5);
    secagg_code_put_label(&b, "ab");
    cr_assert_eq(buf_err(&b), OK);
    cr_assert_eq(b.n, sizeof expected);
    cr_expect_arr_eq(b.p, expected, sizeof expected);
    struct secagg_code c = { .rest = buf_bytes(&b) };
    cr_expect_eq(secagg_code_get(&c, 2), 0x0102u);
    cr_expect_eq(secagg_code_get(&c, 3), 3u);
    cr_expect_eq(secagg_code_get_real(&c), 1.5);
    cr_expect_eq(secagg_code_end(&c), ERR_PROTO, "something is left");
    secagg_code_get_label(&c, "ab");
    cr_expect_eq(secagg_code_end(&c), OK);
    cr_expect_eq(secagg_code_get(&c, 1), 0u);
    cr_expect_eq(secagg_code_end(&c), ERR_PROTO, "past the end");
}

Test(secagg_code, reading_past_the_end_gives_zeros)
{
    uint8_t out[4] = { 9, 9, 9, 9 };
    struct secagg_code c = { .rest = bytes_of("\x01\x02\x03", 3) };
    secagg_code_get_bytes(&c, out, 4);
    cr_expect(c.bad && out[0] == 0 && out[3] == 0);
    cr_expect_eq(secagg_code_get(&c, 1), 0u, "sticky");
    cr_expect_eq(secagg_code_get_count(&c, 9), 0u);
}

Test(secagg_code, reals_that_are_none)
{
    const double rows[] = { NAN, INFINITY, -INFINITY, -0.0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b CLEANUP(buf_free) = buf_make(8);
        secagg_code_put_real(&b, rows[i]);
        struct secagg_code c = { .rest = buf_bytes(&b) };
        cr_expect(secagg_code_get_real(&c) == 0 && secagg_code_end(&c) == ERR_PROTO, "row %zu", i);
    }
}

Test(secagg_code, counts_and_labels_are_bounded)
{
    struct secagg_code c = { .rest = bytes_of("\x00\x05xy", 4) };
    cr_expect_eq(secagg_code_get_count(&c, 5), 5u);
    c = (struct secagg_code){ .rest = bytes_of("\x00\x05xy", 4) };
    cr_expect(secagg_code_get_count(&c, 4) == 0 && c.bad);
    c = (struct secagg_code){ .rest = bytes_of("abc", 4) };
    secagg_code_get_label(&c, "abd");
    cr_expect(c.bad);
}
