#include "agents/trainer/engines/net.h"
#include "agents/trainer/engines/unit_sum.h"
#include "common/base/rng.h"
#include "common/privacy/ddunits.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 60, INPUTS = 5 };

struct lesson {
    struct model_spec spec;
    struct tensor_set *weights;
    struct table rows;
    uint32_t starts[ROWS + 1];
    struct training_privacy privacy;
};

static void open_lesson(struct lesson *l, const char *model, double clip, double rate)
{
    struct rng r = rng_make(5);
    *l = (struct lesson){ .weights = NULL };
    cr_assert_eq(model_parse(str_of(model), &l->spec), OK);
    cr_assert_eq(model_init(&l->spec, 1, &l->weights), OK);
    cr_assert_eq(table_init(&l->rows, ROWS, INPUTS), OK);
    for (size_t i = 0; i < ROWS * INPUTS; i++) l->rows.inputs[i] = (float)(3 * rng_normal(&r));
    for (uint32_t i = 0; i < ROWS; i++) l->rows.labels[i] = i % 2, l->starts[i + 1] = i + 1;
    l->privacy = (struct training_privacy){
        .clip = clip, .noise = 1, .rate = rate, .steps = 1, .nunits = ROWS, .starts = l->starts
    };
}

static void close_lesson(struct lesson *l)
{
    tensor_set_free(l->weights);
    table_fini(&l->rows);
}

static double *sum_of(const struct lesson *l)
{
    double *out = calloc(l->weights->nelements, sizeof *out);
    cr_assert_not_null(out);
    cr_assert_eq(unit_sum(&l->spec, l->weights, &l->rows, &l->privacy, out, NULL), OK);
    return out;
}

/* The first n rows alone. */
static double *sum_of_first(struct lesson *l, size_t n)
{
    l->privacy.nunits = n;
    double *out = sum_of(l);
    l->privacy.nunits = ROWS;
    return out;
}

static double distance(const double *a, const double *b, size_t n)
{
    double square = 0;
    for (size_t i = 0; i < n; i++) square += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(square);
}

/* Plain SGD with one batch of everything and learning rate 1 takes the mean gradient off the weights. */
Test(unit_sum, unclipped_it_is_the_batchs_gradient)
{
    static const char *const models[] = { "logistic 5-1", "softmax 5-3", "mlp 5-7-4-1" };
    for (size_t m = 0; m < 3; m++) {
        struct lesson l;
        void *model = NULL;
        double loss = 0;
        struct training how = { TRAINING_SGD, 1, 0, 0, 1, ROWS, 1, NULL };
        CLEANUP(tensor_set_drop) struct tensor_set *after = NULL;
        open_lesson(&l, models[m], 200, 1);
        double *sum = sum_of(&l);
        cr_assert_eq(net_engine.create(&l.spec, 1, &model, NULL), OK);
        cr_assert_eq(net_engine.load(model, l.weights, NULL), OK);
        cr_assert_eq(net_engine.train(model, &l.rows, &how, NULL, &loss, NULL), OK);
        cr_assert_eq(net_engine.store(model, &after), OK);
        for (size_t i = 0; i < after->nelements; i++)
            cr_expect_float_eq(sum[i] / ROWS, (double)(l.weights->flat[i] - after->flat[i]), 2e-6, "%s", models[m]);
        double *again = calloc(after->nelements, sizeof *again);
        cr_assert_eq(net_engine.load(model, l.weights, NULL), OK);
        cr_expect_eq(net_engine.unit_sum(model, &l.rows, &l.privacy, again, NULL), OK);
        cr_expect_eq(memcmp(again, sum, after->nelements * sizeof *sum), 0);
        free(again);
        free(sum);
        net_engine.free(model);
        close_lesson(&l);
    }
}

/* One row more changes the sum by at most the clip, and not by a bit beside that row's own numbers. */
Test(unit_sum, one_row_more_adds_its_own_numbers)
{
    static const double clips[] = { .01, .5, 3 };
    for (size_t c = 0; c < 3; c++) {
        struct lesson l;
        open_lesson(&l, "mlp 5-7-4-1", clips[c], 1);
        size_t n = l.weights->nelements, at_the_bound = 0;
        double grid = ddunits_grid(clips[c]);
        for (size_t k = 1; k < ROWS; k++) {
            double *less = sum_of_first(&l, k), *more = sum_of_first(&l, k + 1);
            struct table one = { 1, INPUTS, l.rows.inputs + k * INPUTS, l.rows.labels + k };
            struct training_privacy alone = l.privacy;
            double *own = calloc(n, sizeof *own);
            alone.nunits = 1, alone.starts = (uint32_t[]){ 0, 1 };
            cr_assert_eq(unit_sum(&l.spec, l.weights, &one, &alone, own, NULL), OK);
            for (size_t i = 0; i < n; i++) cr_expect(more[i] - less[i] == own[i] && fmod(own[i], grid) == 0);
            double moved = distance(less, more, n);
            cr_expect_leq(moved, clips[c] * (1 + 0x1p-40) + sqrt((double)n) * grid / 2);
            at_the_bound += moved > clips[c] * .999999;
            free(less), free(more), free(own);
        }
        cr_expect(at_the_bound > 0 && (clips[c] < 1 || at_the_bound < ROWS - 1), "%g: %zu", clips[c], at_the_bound);
        close_lesson(&l);
    }
}

Test(unit_sum, chance_follows_the_key)
{
    struct lesson l;
    open_lesson(&l, "logistic 5-1", 1, .3);
    double *a = sum_of(&l), *b = sum_of(&l);
    l.privacy.key[0] = 1;
    double *other = sum_of(&l);
    cr_expect_eq(memcmp(a, b, 6 * sizeof *a), 0);
    cr_expect_neq(memcmp(a, other, 6 * sizeof *a), 0);
    free(a), free(b), free(other);
    close_lesson(&l);
}

/* Inputs beyond float's range when multiplied: that record counts nothing, the others all. */
Test(unit_sum, what_overflows_counts_nothing)
{
    struct lesson l;
    open_lesson(&l, "mlp 5-7-4-1", 1, 1);
    double *less = sum_of_first(&l, 10);
    for (size_t i = 0; i < INPUTS; i++) l.rows.inputs[10 * INPUTS + i] = 3e38F;
    double *more = sum_of_first(&l, 11);
    for (size_t i = 0; i < l.weights->nelements; i++) cr_expect(isfinite(more[i]) && more[i] == less[i]);
    free(less), free(more);
    close_lesson(&l);
}

Test(unit_sum, refuses)
{
    struct lesson l;
    struct why why = { "" };
    double out[6];
    bool done = false;
    open_lesson(&l, "logistic 5-1", 1, 1);
    l.privacy.nunits = DDUNITS_UNITS_MAX + 1;
    cr_expect_eq(unit_sum(&l.spec, l.weights, &l.rows, &l.privacy, out, &why), ERR_LIMIT);
    cr_expect_neq(why.text[0], '\0');
    l.privacy.nunits = ROWS;
    for (size_t n = 1; failmalloc_round(n, &done); n++)
        done = unit_sum(&l.spec, l.weights, &l.rows, &l.privacy, out, NULL) == OK;
    cr_expect(done);
    close_lesson(&l);
}
