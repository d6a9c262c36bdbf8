#include "agents/trainer/engines/dense.h"
#include "agents/trainer/engines/gemm.h"
#include "agents/trainer/engines/loss.h"
#include "common/base/rng.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { ROWS = 12, INPUTS = 5 };

struct problem {
    struct model_spec spec;
    struct tensor_set *weights;
    struct tensor_set *gradient;
    struct dense_tape tape;
    float inputs[ROWS * INPUTS];
    uint32_t labels[ROWS];
};

static void setup(struct problem *p, const char *text)
{
    struct rng r = rng_make(1);
    cr_assert_eq(model_parse(str_of(text), &p->spec), OK);
    cr_assert_eq(model_init(&p->spec, 2, &p->weights), OK);
    cr_assert_eq(tensor_set_zeros_like(p->weights, &p->gradient), OK);
    cr_assert_eq(dense_tape_init(&p->tape, &p->spec, ROWS), OK);
    for (size_t i = 0; i < ROWS * INPUTS; i++) p->inputs[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < ROWS; i++) p->labels[i] = (uint32_t)rng_below(&r, model_nclasses(&p->spec));
    for (size_t i = 0; i < p->weights->nelements; i++) p->weights->flat[i] += (float)(0.05 * rng_normal(&r));
    gemm_begin();
}

static void teardown(struct problem *p)
{
    tensor_set_free(p->weights);
    tensor_set_free(p->gradient);
    dense_tape_fini(&p->tape);
}

static double mean_loss(struct problem *p, const struct tensor_set *weights)
{
    dense_forward(&p->tape, weights, p->inputs, ROWS);
    return loss_backward(dense_outputs(&p->tape), p->spec.noutputs, p->labels, ROWS) / ROWS;
}

/* Along the gradient the loss changes at the rate of the gradient's squared length; and so it does along the part of
 * each single tensor, which finds a layer whose slopes are wrong. */
static double rate_along(struct problem *p, const struct tensor *part)
{
    CLEANUP(tensor_set_drop) struct tensor_set *up = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *down = NULL;
    size_t from = (size_t)(part->data - p->gradient->flat);
    const float h = 0x1p-9f;
    cr_assert_eq(tensor_set_clone(p->weights, &up), OK);
    cr_assert_eq(tensor_set_clone(p->weights, &down), OK);
    for (size_t i = from; i < from + part->nelements; i++) {
        up->flat[i] += h * p->gradient->flat[i];
        down->flat[i] -= h * p->gradient->flat[i];
    }
    return (mean_loss(p, up) - mean_loss(p, down)) / (double)(2 * h);
}

Test(dense, gradient_by_finite_differences)
{
    static const char *const specs[] = { "logistic 5-1", "softmax 5-3", "mlp 5-8-1", "mlp 5-16-8-1", "mlp 5-7-6-5-4" };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        CLEANUP(teardown) struct problem p = { 0 };
        setup(&p, specs[i]);
        (void)mean_loss(&p, p.weights);
        dense_backward(&p.tape, p.weights, p.inputs, ROWS, p.gradient);
        cr_expect_gt(tensor_set_l2(p.gradient), 1e-3, "%s", specs[i]);
        for (size_t t = 0; t < p.gradient->count; t++) {
            const struct tensor *part = &p.gradient->tensors[t];
            double squares = 0;
            for (size_t j = 0; j < part->nelements; j++) squares += (double)part->data[j] * (double)part->data[j];
            double rate = rate_along(&p, part);
            cr_expect_float_eq(rate, squares, 1e-3 * squares + 1e-5, "%s %s: %g and %g", specs[i], part->shape.name,
                               rate, squares);
        }
    }
}

/* What a batch gives is the mean of what its rows give alone. */
Test(dense, batch_is_the_mean_of_its_rows)
{
    CLEANUP(teardown) struct problem p = { 0 };
    CLEANUP(tensor_set_drop) struct tensor_set *sum = NULL;
    setup(&p, "mlp 5-8-3");
    cr_assert_eq(tensor_set_zeros_like(p.weights, &sum), OK);
    for (size_t i = 0; i < ROWS; i++) {
        dense_forward(&p.tape, p.weights, p.inputs + i * INPUTS, 1);
        (void)loss_backward(dense_outputs(&p.tape), p.spec.noutputs, p.labels + i, 1);
        dense_backward(&p.tape, p.weights, p.inputs + i * INPUTS, 1, p.gradient);
        tensor_set_axpy(1.0 / ROWS, p.gradient, sum);
    }
    (void)mean_loss(&p, p.weights);
    dense_backward(&p.tape, p.weights, p.inputs, ROWS, p.gradient);
    for (size_t i = 0; i < sum->nelements; i++) cr_expect_float_eq(sum->flat[i], p.gradient->flat[i], 1e-5f, "%zu", i);
}
