#include "common/privacy/pld_sum.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define H 1e-2

static const struct privacy_event events[] = {
    { .mechanism = PRIVACY_SUBSAMPLED_GAUSSIAN, .noise = 1, .rate = .1, .steps = 3 },
    { .mechanism = PRIVACY_LAPLACE, .noise = 2, .steps = 2 },
};

static void make_terms(struct pld_terms *t, struct pld_term terms[2])
{
    *t = (struct pld_terms){ .terms = terms, .n = 2, .interval = H, .steps = 5 };
    for (size_t i = 0; i < 2; i++) cr_assert_eq(pld_term_init(&terms[i], &events[i], H, 1e-15), OK);
}

static void drop_terms(struct pld_term terms[2])
{
    for (size_t i = 0; i < 2; i++) pld_term_fini(&terms[i]);
}

/* All sums of five losses, by plain convolution. */
enum { WIDTH = 20000, MIDDLE = WIDTH / 2 };
static double *convolve(const struct pld_terms *t, enum pld_direction d)
{
    double *p = calloc(WIDTH, sizeof *p), *next = calloc(WIDTH, sizeof *next);
    cr_assert(p && next);
    p[MIDDLE] = 1;
    for (size_t k = 0; k < t->steps; k++) {
        const struct pld_side *side = pld_term_side(&t->terms[k >= 3], d);
        for (size_t i = 0; i < WIDTH; i++) next[i] = 0;
        for (int64_t i = 0; i < WIDTH; i++)
            for (size_t j = 0; p[i] > 0 && j < side->n; j++) {
                int64_t at = i + side->first + (int64_t)j;
                if (at >= 0 && at < WIDTH) next[at] += p[i] * side->p[j];
            }
        double *old = p;
        p = next;
        next = old;
    }
    free(next);
    return p;
}

static double delta(const double *p, double epsilon)
{
    double sum = 0;
    for (int64_t i = 0; i < WIDTH; i++) {
        double l = (double)(i - MIDDLE) * H;
        if (l > epsilon) sum += -expm1(epsilon - l) * p[i];
    }
    return sum;
}

/* delta far below what a plain transform of doubles could tell, too. */
Test(pld_sum, is_the_plain_convolution)
{
    static const double epsilons[] = { 0, .5, 1.234, 3, 6, 9, 12, 16 };
    struct pld_term terms[2];
    struct pld_terms t;
    make_terms(&t, terms);
    for (enum pld_direction d = PLD_REMOVE; d < PLD_DIRECTIONS; d++) {
        double *p = convolve(&t, d);
        for (size_t i = 0; i < COUNT(epsilons); i++) {
            struct pld_sum s CLEANUP(pld_sum_fini);
            double truth = delta(p, epsilons[i]), given = fmax(truth, 1e-14);
            cr_assert_eq(pld_sum_init(&s, &t, d, pld_tilt_for_epsilon(&t, d, epsilons[i])), OK);
            double mine = pld_sum_delta(&s, epsilons[i]);
            cr_expect(mine >= truth && mine <= truth * (1 + 1e-6) + 2e-14, "%g: %.12g for %.12g", epsilons[i], mine,
                      truth);
            pld_sum_fini(&s);
            cr_assert_eq(pld_sum_init(&s, &t, d, pld_tilt_for_delta(&t, d, given)), OK);
            double epsilon = pld_sum_epsilon(&s, given);
            cr_expect(delta(p, epsilon) <= given && epsilon <= epsilons[i] + 2e-3, "%g: %.12g", epsilons[i], epsilon);
        }
        free(p);
    }
    drop_terms(terms);
}

/* Any tilt gives a bound: the suitable one gives the least, or nearly. */
Test(pld_sum, any_tilt_is_valid)
{
    static const double tilts[] = { 1e-6, .1, 1, 4, 20 };
    struct pld_term terms[2];
    struct pld_terms t;
    make_terms(&t, terms);
    double *p = convolve(&t, PLD_REMOVE);
    double truth = delta(p, 3);
    for (size_t i = 0; i < COUNT(tilts); i++) {
        struct pld_sum s CLEANUP(pld_sum_fini);
        cr_assert_eq(pld_sum_init(&s, &t, PLD_REMOVE, tilts[i]), OK);
        cr_expect(pld_sum_delta(&s, 3) >= truth, "tilt %g: %g", tilts[i], pld_sum_delta(&s, 3));
        cr_expect(delta(p, pld_sum_epsilon(&s, truth)) <= truth * (1 + 1e-9), "tilt %g", tilts[i]);
    }
    free(p);
    drop_terms(terms);
}

Test(pld_sum, memory)
{
    struct pld_term terms[2];
    struct pld_terms t;
    bool done = false;
    make_terms(&t, terms);
    struct pld_sum s CLEANUP(pld_sum_fini) = { .interval = 0 };
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = pld_sum_init(&s, &t, PLD_ADD, 1);
        cr_expect(e == OK || (e == ERR_MEMORY && s.fft.n == 0));
        done = e == OK;
    }
    drop_terms(terms);
}
