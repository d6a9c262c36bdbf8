#include "agents/trainer/engines/gemm.h"
#include "agents/trainer/engines/ghost.h"
#include "agents/trainer/engines/loss.h"
#include "common/base/rng.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { ROWS = 4, INPUTS = 5 };
static const char *const specs[] = { "logistic 5-1", "softmax 5-3", "mlp 5-8-1", "mlp 5-16-8-1", "mlp 5-7-6-5-4" };
enum { SPECS = sizeof specs / sizeof *specs };

struct problem {
    struct model_spec spec;
    struct tensor_set *weights, *gradient;
    struct dense_tape tape;
    struct ghost ghost;
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
    cr_assert_eq(ghost_init(&p->ghost, &p->spec, ROWS), OK);
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
    ghost_fini(&p->ghost);
}

/* The usual way: the gradient of the summed loss of n rows from one on; returns its length. */
static double plainly(struct problem *p, size_t first, size_t n)
{
    const float *x = p->inputs + first * INPUTS;
    dense_forward(&p->tape, p->weights, x, n);
    (void)loss_slopes(dense_outputs(&p->tape), p->spec.noutputs, p->labels + first, n, 1);
    dense_backward(&p->tape, p->weights, x, n, p->gradient);
    return tensor_set_l2(p->gradient);
}

static void ghostly(struct problem *p, double bound)
{
    dense_forward(&p->tape, p->weights, p->inputs, ROWS);
    (void)loss_slopes(dense_outputs(&p->tape), p->spec.noutputs, p->labels, ROWS, 1);
    ghost_norms(&p->ghost, &p->tape, p->weights, p->inputs, ROWS);
    ghost_clip(&p->ghost, &p->tape, p->weights, ROWS, bound);
    ghost_sum(&p->ghost, &p->tape, p->inputs, ROWS, 0, p->gradient);
}

Test(ghost, norms_are_those_of_each_row_alone)
{
    for (size_t i = 0; i < SPECS; i++) {
        CLEANUP(teardown) struct problem p = { 0 };
        double alone[ROWS];
        setup(&p, specs[i]);
        for (size_t r = 0; r < ROWS; r++) alone[r] = plainly(&p, r, 1);
        ghostly(&p, 1);
        for (size_t r = 0; r < ROWS; r++)
            cr_expect_float_eq(p.ghost.norms[r], alone[r], 2e-6 * alone[r], "%s row %zu: %g and %g", specs[i], r,
                               p.ghost.norms[r], alone[r]);
    }
}

Test(ghost, nothing_clipped_is_the_plain_gradient)
{
    for (size_t i = 0; i < SPECS; i++) {
        CLEANUP(teardown) struct problem p = { 0 };
        CLEANUP(tensor_set_drop) struct tensor_set *plain = NULL;
        setup(&p, specs[i]);
        (void)plainly(&p, 0, ROWS);
        cr_assert_eq(tensor_set_clone(p.gradient, &plain), OK);
        ghostly(&p, 1e6);
        for (size_t k = 0; k < plain->nelements; k++)
            cr_expect_float_eq(p.gradient->flat[k], plain->flat[k], 1e-6f, "%s %zu", specs[i], k);
    }
}

/* What is clipped is each row's own gradient at a length just below the bound, and the sum of these. */
Test(ghost, clipped_sum)
{
    const double bound = .25;
    for (size_t i = 0; i < SPECS; i++) {
        CLEANUP(teardown) struct problem p = { 0 };
        CLEANUP(tensor_set_drop) struct tensor_set *sum = NULL;
        setup(&p, specs[i]);
        cr_assert_eq(tensor_set_zeros_like(p.weights, &sum), OK);
        for (size_t r = 0; r < ROWS; r++) {
            double norm = plainly(&p, r, 1);
            tensor_set_axpy(fmin(1, bound / norm / (1 + GHOST_SLACK)), p.gradient, sum);
        }
        ghostly(&p, bound);
        cr_expect_leq(tensor_set_l2(p.gradient), ROWS * bound, "%s", specs[i]);
        for (size_t k = 0; k < sum->nelements; k++)
            cr_expect_float_eq(p.gradient->flat[k], sum->flat[k], 1e-6f, "%s %zu", specs[i], k);
    }
}

Test(ghost, one_row_never_passes_the_bound)
{
    static const double bounds[] = { 1e-6, 1e-3, .1, 1, 30 };
    for (size_t i = 0; i < SPECS * sizeof bounds / sizeof *bounds; i++) {
        CLEANUP(teardown) struct problem p = { 0 };
        double bound = bounds[i / SPECS];
        setup(&p, specs[i % SPECS]);
        for (size_t r = 1; r < ROWS; r++) p.labels[r] = p.labels[0];
        for (size_t r = 1; r < ROWS; r++) memcpy(p.inputs + r * INPUTS, p.inputs, INPUTS * sizeof(float));
        for (size_t k = 0; k < INPUTS * ROWS; k++) p.inputs[k] *= 3;
        ghostly(&p, bound);
        double norm = tensor_set_l2(p.gradient) / ROWS;
        cr_expect(norm <= bound && norm > 0, "%s at %g: %g", specs[i % SPECS], bound, norm);
    }
}

/* A model made to overflow on one record must not carry that record's mark away. */
Test(ghost, what_overflows_counts_nothing)
{
    CLEANUP(teardown) struct problem p = { 0 };
    setup(&p, "mlp 5-8-1");
    for (size_t k = 0; k < p.weights->nelements; k++) p.weights->flat[k] = 1e30f;
    for (size_t k = 0; k < INPUTS; k++) p.inputs[k] = 1e10f;
    for (size_t k = INPUTS; k < INPUTS * ROWS; k++) p.inputs[k] = 0;
    ghostly(&p, 1);
    cr_expect(tensor_set_finite(p.gradient) && tensor_set_l2(p.gradient) <= ROWS);
}

/* Along the clipped sum's direction the clipped rows' losses fall as finite differences say: no row is clipped here, so
 * the summed loss is the potential of the sum. */
Test(ghost, finite_differences)
{
    for (size_t i = 0; i < SPECS; i++) {
        CLEANUP(teardown) struct problem p = { 0 };
        double losses[2];
        const float h = 0x1p-9f;
        setup(&p, specs[i]);
        ghostly(&p, 1e6);
        double squares = tensor_set_l2(p.gradient) * tensor_set_l2(p.gradient);
        for (int side = 0; side < 2; side++) {
            tensor_set_axpy((double)(side ? h : -h), p.gradient, p.weights);
            dense_forward(&p.tape, p.weights, p.inputs, ROWS);
            losses[side] = loss_slopes(dense_outputs(&p.tape), p.spec.noutputs, p.labels, ROWS, 1);
            tensor_set_axpy((double)(side ? -h : h), p.gradient, p.weights);
        }
        double rate = (losses[1] - losses[0]) / (double)(2 * h);
        cr_expect_float_eq(rate, squares, 2e-3 * squares + 1e-5, "%s: %g and %g", specs[i], rate, squares);
    }
}
