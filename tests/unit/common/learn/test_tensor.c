#include "common/learn/tensor.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct tensor_shape two[] = { { "a.weight", 2, { 2, 3 } }, { "a.bias", 1, { 2 } } };

static struct tensor_set *filled(const float values[8])
{
    struct tensor_set *s = NULL;
    cr_assert_eq(tensor_set_new(two, 2, &s), OK);
    memcpy(s->flat, values, 8 * sizeof *values);
    return s;
}

Test(tensor, shapes_are_checked)
{
    static const struct {
        const char *name;
        struct tensor_shape shapes[2];
        enum err expected;
    } rows[] = {
        { "fine", { { "a", 1, { 2 } }, { "b", 0 } }, OK },
        { "repeated name", { { "a", 1, { 2 } }, { "a", 1, { 3 } } }, ERR_INPUT },
        { "no name", { { "", 1, { 2 } }, { "b", 0 } }, ERR_INPUT },
        { "bad letter", { { "a\"", 1, { 2 } }, { "b", 0 } }, ERR_INPUT },
        { "zero dimension", { { "a", 2, { 2, 0 } }, { "b", 0 } }, ERR_INPUT },
        { "rank", { { "a", 5, { 1, 1, 1, 1 } }, { "b", 0 } }, ERR_LIMIT },
        { "product overflows", { { "a", 4, { 1 << 20, 1 << 20, 1 << 20, 1 << 20 } }, { "b", 0 } }, ERR_LIMIT },
        { "sum too large", { { "a", 1, { 1 << 28 } }, { "b", 1, { 1 } } }, ERR_LIMIT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tensor_set *s = NULL;
        cr_expect_eq(tensor_set_new(rows[i].shapes, 2, &s), rows[i].expected, "%s", rows[i].name);
        cr_expect_eq(s != NULL, rows[i].expected == OK, "%s", rows[i].name);
        tensor_set_free(s);
    }
}

Test(tensor, flat_view_holds_all)
{
    CLEANUP(tensor_set_drop) struct tensor_set *s = filled((float[]){ 1, 2, 3, 4, 5, 6, 7, 8 });
    cr_expect_eq(s->nelements, 8);
    cr_expect_eq(s->tensors[1].data, s->flat + 6);
    cr_expect_eq(tensor_set_find(s, "a.bias"), &s->tensors[1]);
    cr_expect_null(tensor_set_find(s, "b"));
}

Test(tensor, arithmetic)
{
    CLEANUP(tensor_set_drop) struct tensor_set *a = filled((float[]){ 1, -2, 3, -4, 0, 0, 0, 0 });
    CLEANUP(tensor_set_drop) struct tensor_set *b = NULL;
    cr_assert_eq(tensor_set_clone(a, &b), OK);
    cr_expect(tensor_set_same_shape(a, b));
    cr_expect_eq(tensor_set_l1(a), 10);
    cr_expect_float_eq(tensor_set_l2(a), sqrt(30), 1e-12);
    tensor_set_axpy(2, a, b);
    cr_expect_eq(b->flat[1], -6);
    tensor_set_scale(0.5, b);
    cr_expect_eq(b->flat[3], -6);
    tensor_set_subtract(a, b, b);
    cr_expect_eq(b->flat[3], 2);
    cr_expect(tensor_set_finite(b));
    b->flat[7] = NAN;
    cr_expect_not(tensor_set_finite(b));
    b->flat[7] = -INFINITY;
    cr_expect_not(tensor_set_finite(b));
}

/* Wherever the bad one is, before or behind a vector's worth of good ones. */
Test(tensor, finite)
{
    float numbers[67];
    static const float bad[] = { NAN, -NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) numbers[i] = i % 2 ? -3.4e38f : 1e-45f;
    cr_expect(floats_finite(numbers, sizeof numbers / sizeof *numbers) && floats_finite(numbers, 0));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        float good = numbers[i];
        numbers[i] = bad[i % 4];
        cr_expect(!floats_finite(numbers, sizeof numbers / sizeof *numbers) && floats_finite(numbers, i), "%zu", i);
        numbers[i] = good;
    }
}

Test(tensor, norm_adds_in_double)
{
    static const struct tensor_shape shape = { "x", 1, { 1 << 20 } };
    CLEANUP(tensor_set_drop) struct tensor_set *s = NULL;
    cr_assert_eq(tensor_set_new(&shape, 1, &s), OK);
    for (size_t i = 0; i < s->nelements; i++) s->flat[i] = 0.1f;
    cr_expect_float_eq(tensor_set_l2(s), 1024 * (double)0.1f, 1e-9);
}

Test(tensor, arranged_like_another)
{
    static const struct tensor_shape turned[] = { { "a.bias", 1, { 2 } }, { "a.weight", 2, { 2, 3 } } };
    static const struct tensor_shape other[] = { { "a.bias", 1, { 2 } }, { "a.weight", 2, { 3, 2 } } };
    CLEANUP(tensor_set_drop) struct tensor_set *like = filled((float[8]){ 0 });
    CLEANUP(tensor_set_drop) struct tensor_set *s = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *wrong = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *out = NULL;
    cr_assert_eq(tensor_set_new(turned, 2, &s), OK);
    cr_assert_eq(tensor_set_new(other, 2, &wrong), OK);
    for (size_t i = 0; i < 8; i++) s->flat[i] = (float)i;
    cr_expect_eq(tensor_set_arrange(like, wrong, &out), ERR_INPUT);
    cr_expect_null(out);
    cr_assert_eq(tensor_set_arrange(like, s, &out), OK);
    cr_expect(tensor_set_same_shape(like, out));
    cr_expect_eq(out->flat[0], 2);
    cr_expect_eq(out->flat[6], 0);
}

/* In the set's own memory: nothing is there twice. */
Test(tensor, into_numbers)
{
    static const size_t lengths[] = { 8, 9, 1000 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        double *numbers = NULL;
        struct tensor_set *s = filled((float[8]){ 0, 1, -2, 3, .5f, 5, 6, 1e30f });
        cr_expect_eq(tensor_set_into_numbers(s, 7, &numbers), ERR_INPUT);
        failmalloc_at(1);
        cr_expect_eq(tensor_set_into_numbers(s, lengths[i], &numbers), ERR_MEMORY);
        failmalloc_at(0);
        cr_expect(numbers == NULL && s->flat[7] == 1e30f, "it is as it was");
        cr_assert_eq(tensor_set_into_numbers(s, lengths[i], &numbers), OK);
        for (size_t k = 0; k < lengths[i]; k++)
            cr_expect_eq(numbers[k], k < 8 ? ((double[]){ 0, 1, -2, 3, .5, 5, 6, (double)1e30f })[k] : 0, "%zu", k);
        free(numbers);
    }
}

Test(tensor, every_allocation_may_fail)
{
    bool done = false;
    CLEANUP(tensor_set_drop) struct tensor_set *a = filled((float[8]){ 0 });
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct tensor_set *b = NULL;
        enum err e = tensor_set_clone(a, &b);
        cr_expect(e == OK || (e == ERR_MEMORY && b == NULL), "allocation %zu", n);
        done = e == OK;
        tensor_set_free(b);
    }
    cr_expect(done);
}
