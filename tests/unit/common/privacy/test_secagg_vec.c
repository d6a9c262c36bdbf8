#include "common/base/rng.h"
#include "common/privacy/secagg_vec.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static struct secagg_vec filled(unsigned bits, size_t n, uint64_t seed)
{
    struct secagg_vec v;
    struct rng r = rng_make(seed);
    cr_assert_eq(secagg_vec_init(&v, bits, n), OK);
    for (size_t i = 0; i < n; i++) secagg_vec_put(&v, i, (int64_t)rng_u64(&r));
    return v;
}

Test(secagg_vec, elements_are_centred_residues)
{
    static const struct {
        const char *name;
        unsigned bits;
        int64_t in, out;
    } rows[] = {
        { "zero", 8, 0, 0 },
        { "largest", 8, 127, 127 },
        { "wraps", 8, 128, -128 },
        { "least", 8, -128, -128 },
        { "wraps below", 8, -129, 127 },
        { "a word", 32, INT32_MIN, INT32_MIN },
        { "above a word", 32, (int64_t)INT32_MAX + 1, INT32_MIN },
        { "wide", 33, (int64_t)1 << 31, (int64_t)1 << 31 },
        { "wide wraps", 33, (int64_t)1 << 32, -((int64_t)1 << 32) },
        { "widest", 62, ((int64_t)1 << 61) - 1, ((int64_t)1 << 61) - 1 },
        { "widest wraps", 62, (int64_t)1 << 61, -((int64_t)1 << 61) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        cr_assert_eq(secagg_vec_init(&v, rows[i].bits, 3), OK);
        secagg_vec_put(&v, 1, rows[i].in);
        cr_expect_eq(secagg_vec_get(&v, 1), rows[i].out, "%s", rows[i].name);
        cr_expect(secagg_vec_get(&v, 0) == 0 && secagg_vec_get(&v, 2) == 0, "%s", rows[i].name);
    }
}

Test(secagg_vec, sizes_are_bounded)
{
    struct secagg_vec v = { 0 };
    cr_expect_eq(secagg_vec_init(&v, 7, 1), ERR_INPUT);
    cr_expect_eq(secagg_vec_init(&v, 63, 1), ERR_INPUT);
    cr_expect_eq(secagg_vec_init(&v, 32, 0), ERR_INPUT);
    cr_expect_eq(secagg_vec_init(&v, 32, SECAGG_LENGTH_MAX + 1), ERR_INPUT);
    failmalloc_at(1);
    cr_expect_eq(secagg_vec_init(&v, 32, 5), ERR_MEMORY);
    failmalloc_at(0);
    secagg_vec_fini(&v);
    secagg_vec_fini(NULL);
}

/* Packed whole or in parts, and added to another vector: the sum of both, modulo 2^bits. */
static void pack_case(unsigned bits, size_t n, size_t part)
{
    struct secagg_vec a CLEANUP(secagg_vec_fini) = filled(bits, n, bits);
    struct secagg_vec b CLEANUP(secagg_vec_fini) = filled(bits, n, 1000);
    struct secagg_vec c CLEANUP(secagg_vec_fini) = filled(bits, n, 1000);
    struct buf whole CLEANUP(buf_free) = buf_make(1 << 20), some CLEANUP(buf_free) = buf_make(1 << 20);
    cr_assert_eq(secagg_vec_pack(&a, 0, n, &whole), OK);
    cr_assert_eq(whole.n, secagg_vec_packed_bytes(bits, n));
    for (size_t at = 0; at < n; at += part) {
        size_t m = n - at < part ? n - at : part;
        size_t before = some.n;
        cr_assert_eq(secagg_vec_pack(&a, at, m, &some), OK);
        cr_assert_eq(secagg_vec_add_packed(&b, at, m, bytes_of(some.p + before, some.n - before)), OK);
    }
    cr_expect(whole.n == some.n && memcmp(whole.p, some.p, some.n) == 0, "%u bits, parts of %zu", bits, part);
    cr_assert_eq(secagg_vec_add(&c, &a), OK);
    for (size_t i = 0; i < n; i++) cr_assert_eq(secagg_vec_get(&b, i), secagg_vec_get(&c, i), "%u bits", bits);
}

Test(secagg_vec, packing)
{
    for (unsigned bits = SECAGG_BITS_MIN; bits <= SECAGG_BITS_MAX; bits++) {
        pack_case(bits, 1, 8);
        pack_case(bits, 77, 8);
        pack_case(bits, 200, 16);
        pack_case(bits, 77, 80);
    }
}

Test(secagg_vec, packed_form_has_one_spelling)
{
    struct secagg_vec v CLEANUP(secagg_vec_fini) = filled(10, 9, 1);
    struct secagg_vec other CLEANUP(secagg_vec_fini) = filled(11, 9, 1);
    uint8_t bytes[12] = { 0 };
    int64_t before = secagg_vec_get(&v, 0);
    bytes[0] = 1;
    bytes[11] = 4; /* 90 bits: the last byte has two of them */
    cr_expect_eq(secagg_vec_add_packed(&v, 0, 9, bytes_of(bytes, 12)), ERR_PROTO, "filling");
    bytes[11] = 3;
    cr_expect_eq(secagg_vec_add_packed(&v, 0, 9, bytes_of(bytes, 11)), ERR_PROTO, "short");
    cr_expect_eq(secagg_vec_add_packed(&v, 0, 10, bytes_of(bytes, 12)), ERR_PROTO, "beyond the end");
    cr_expect_eq(secagg_vec_add_packed(&v, 4, 5, bytes_of(bytes, 7)), ERR_PROTO, "amid a byte");
    cr_expect_eq(secagg_vec_get(&v, 0), before);
    cr_expect_eq(secagg_vec_add_packed(&v, 0, 9, bytes_of(bytes, 12)), OK);
    cr_expect_eq(secagg_vec_add(&v, &other), ERR_INPUT, "other rings");
    struct buf out CLEANUP(buf_free) = buf_make(100);
    cr_expect_eq(secagg_vec_pack(&v, 0, 4, &out), ERR_INPUT, "ends amid a byte");
    cr_expect_eq(secagg_vec_pack(&v, 0, 10, &out), ERR_INPUT, "beyond the end");
}

/* More masks than streams at a time, more elements than a block, of both word sizes. */
Test(secagg_vec, masks_hide_and_cancel)
{
    enum { N = 40000, MASKS = 70 };
    struct secagg_mask masks[MASKS] = { { { 0 }, PRG_ADD } };
    for (size_t k = 0; k < MASKS; k++) masks[k] = (struct secagg_mask){ { (uint8_t)k }, k % 3 ? PRG_ADD : PRG_TAKE };
    for (unsigned bits = 20; bits <= 40; bits += 20) {
        struct secagg_vec a CLEANUP(secagg_vec_fini) = filled(bits, N, 3),
                            b CLEANUP(secagg_vec_fini) = filled(bits, N, 3);
        size_t same = 0;
        cr_assert_eq(secagg_vec_mask(&a, masks, MASKS), OK);
        for (size_t i = 0; i < N; i++) same += secagg_vec_get(&a, i) == secagg_vec_get(&b, i);
        cr_expect_lt(same, 5u);
        for (size_t k = 0; k < MASKS; k++) masks[k].sign = masks[k].sign == PRG_ADD ? PRG_TAKE : PRG_ADD;
        cr_assert_eq(secagg_vec_mask(&a, masks, MASKS), OK);
        for (size_t i = 0; i < N; i++) cr_assert_eq(secagg_vec_get(&a, i), secagg_vec_get(&b, i));
        failmalloc_at(3);
        cr_expect_eq(secagg_vec_mask(&a, masks, MASKS), ERR_MEMORY);
        failmalloc_at(0);
        for (size_t i = 0; i < N; i++) cr_assert_eq(secagg_vec_get(&a, i), 0, "a spoilt vector is wiped");
    }
}

/* Narrow words and wide ones, all of them and some; the memory is the vector's own. */
Test(secagg_vec, into_numbers)
{
    static const struct {
        unsigned bits;
        size_t all, some;
    } rows[] = { { 20, 9, 9 }, { 20, 9, 2 }, { 32, 1, 1 }, { 40, 9, 9 }, { 62, 9, 4 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        double *numbers = NULL;
        cr_assert_eq(secagg_vec_init(&v, rows[i].bits, rows[i].all), OK);
        for (size_t k = 0; k < rows[i].all; k++) secagg_vec_put(&v, k, (int64_t)k * 100 - 300);
        cr_expect_eq(secagg_vec_into_numbers(&v, rows[i].all + 1, 8, &numbers), ERR_INPUT);
        cr_expect_eq(secagg_vec_into_numbers(&v, 0, 8, &numbers), ERR_INPUT);
        failmalloc_at(1);
        cr_expect_eq(secagg_vec_into_numbers(&v, rows[i].some, 8, &numbers), ERR_MEMORY);
        failmalloc_at(0);
        cr_expect(v.n == rows[i].all && secagg_vec_get(&v, 0) == -300, "row %zu", i);
        cr_assert_eq(secagg_vec_into_numbers(&v, rows[i].some, 8, &numbers), OK);
        for (size_t k = 0; k < rows[i].some; k++)
            cr_expect_eq(numbers[k], ((double)k * 100 - 300) / 8, "row %zu, number %zu", i, k);
        cr_expect(v.n == 0 && v.narrow == NULL && v.wide == NULL);
        free(numbers);
    }
}

/* Whole numbers become elements where they lie, and the memory shrinks with the words. */
Test(secagg_vec, of_numbers)
{
    static const struct {
        unsigned bits;
        size_t n;
        size_t bytes; /* an element */
    } rows[] = { { 20, 9, 4 }, { 32, 1, 4 }, { 33, 9, 8 }, { 62, 4, 8 }, { 20, 100000, 4 }, { 40, 100000, 8 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        failmalloc_watch();
        double *numbers = calloc(rows[i].n, sizeof *numbers);
        for (size_t k = 0; k < rows[i].n; k++) numbers[k] = (double)k * 3 - 300;
        cr_expect_eq(secagg_vec_of_numbers(numbers, rows[i].n, SECAGG_BITS_MAX + 1, &v), ERR_INPUT);
        cr_expect_eq(secagg_vec_of_numbers(numbers, 0, rows[i].bits, &v), ERR_INPUT);
        cr_assert_eq(secagg_vec_of_numbers(numbers, rows[i].n, rows[i].bits, &v), OK);
        cr_expect_leq(failmalloc_most(), rows[i].n * sizeof *numbers + 8192, "row %zu", i);
        cr_expect((v.narrow != NULL) == (rows[i].bytes == 4) && v.n == rows[i].n && v.bits == rows[i].bits);
        cr_expect_lt(malloc_usable_size(v.narrow ? (void *)v.narrow : (void *)v.wide),
                     rows[i].n * rows[i].bytes + 4096);
        for (size_t k = 0; k < rows[i].n; k++)
            cr_assert_eq(secagg_vec_get(&v, k), (int64_t)k * 3 - 300, "row %zu, element %zu", i, k);
    }
}

Test(secagg_vec, of_numbers_that_cannot_shrink)
{
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    double *numbers = calloc(3, sizeof *numbers);
    for (size_t k = 0; k < 3; k++) numbers[k] = -(double)k;
    failmalloc_at(1);
    cr_expect_eq(secagg_vec_of_numbers(numbers, 3, 20, &v), OK);
    failmalloc_at(0);
    for (size_t k = 0; k < 3; k++) cr_expect_eq(secagg_vec_get(&v, k), -(int64_t)k);
}
