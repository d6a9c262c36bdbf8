#include "common/privacy/gaussian.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static bool near(double got, double wanted, double relative) { return fabs(got - wanted) <= relative * fabs(wanted); }

/* Balle & Wang's own procedure (scipy), sensitivity 1. */
static const struct {
    double epsilon, delta, sigma;
} sigmas[] = {
    { .1, 1e-5, 30.74956613197727 }, { .1, 1e-6, 36.304690426196274 }, { .5, 1e-5, 7.031826675582503 },
    { .5, 1e-6, 8.057618480725024 }, { 1, 1e-5, 3.7306316348159374 },  { 1, 1e-6, 4.224678889326828 },
    { 2, 1e-5, 1.9938124456435373 }, { 2, 1e-6, 2.2304762711864163 },  { 4, 1e-5, 1.0811618495202397 },
    { 4, 1e-6, 1.1935185871579845 }, { 8, 1e-5, .6002290721989517 },   { 8, 1e-6, .6529353843582156 },
    { 10, 1e-5, .4998886197090323 }, { 10, 1e-6, .5410868318184269 },
};

Test(gaussian, sigma_of_epsilon)
{
    for (size_t i = 0; i < COUNT(sigmas); i++) {
        double sigma = gaussian_sigma(sigmas[i].epsilon, sigmas[i].delta);
        cr_expect(near(sigma, sigmas[i].sigma, 1e-9), "eps %g delta %g: %.16g", sigmas[i].epsilon, sigmas[i].delta,
                  sigma);
        cr_expect(gaussian_delta(sigma, sigmas[i].epsilon) <= sigmas[i].delta, "unsafe at eps %g", sigmas[i].epsilon);
        cr_expect(gaussian_delta(sigma * (1 - 1e-9), sigmas[i].epsilon) > sigmas[i].delta, "not least");
    }
}

Test(gaussian, epsilon_of_sigma)
{
    static const struct {
        double sigma, at_1e5, at_1e6;
    } rows[] = {
        { .5, 9.997256146, 10.997151214 }, { .8, 5.679586855, 6.312060186 }, { 1, 4.377178096, 4.886554117 },
        { 1.1, 3.921250253, 4.385730907 }, { 2, 1.993091404, 2.254084650 },  { 4, .926341504, 1.060701862 },
        { 10, .340669365, .396857378 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double a = gaussian_epsilon(rows[i].sigma, 1e-5);
        double b = gaussian_epsilon(rows[i].sigma, 1e-6);
        cr_expect(near(a, rows[i].at_1e5, 2e-9) && near(b, rows[i].at_1e6, 2e-9), "sigma %g: %.10g %.10g",
                  rows[i].sigma, a, b);
        cr_expect(gaussian_delta(rows[i].sigma, a) <= 1e-5 && gaussian_delta(rows[i].sigma, b) <= 1e-6, "unsafe");
    }
}

Test(gaussian, delta_of_both)
{
    static const struct {
        double sigma, epsilon, delta, relative;
    } rows[] = {
        { 1, 1, .1269367375066438, 1e-13 },
        { 1, 3, 1.5371853694e-3, 1e-10 },
        { 2, 1, 6.829594983114589e-3, 1e-13 },
        { 4, .5, 2.708880218318194e-3, 1e-12 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double delta = gaussian_delta(rows[i].sigma, rows[i].epsilon);
        cr_expect(near(delta, rows[i].delta, rows[i].relative), "row %zu: %.16g", i, delta);
    }
}

Test(gaussian, edges_are_safe)
{
    cr_expect_eq(gaussian_delta(0, 1), 1);
    cr_expect_eq(gaussian_delta(-1, 1), 1);
    cr_expect_eq(gaussian_delta(NAN, 1), 1);
    cr_expect_eq(gaussian_delta(1, NAN), 1);
    cr_expect_eq(gaussian_delta(INFINITY, 0), 0);
    cr_expect_eq(gaussian_epsilon(0, 1e-5), INFINITY);
    cr_expect_eq(gaussian_epsilon(1, 0), INFINITY);
    cr_expect_eq(gaussian_epsilon(NAN, 1e-5), INFINITY);
    cr_expect_eq(gaussian_epsilon(1e9, 1e-5), 0);
    cr_expect_eq(gaussian_sigma(1, 0), INFINITY);
    cr_expect_eq(gaussian_sigma(NAN, 1e-5), INFINITY);
    cr_expect_eq(gaussian_sigma(-1, 1e-5), INFINITY);
}

Test(gaussian, monotone_and_inverse)
{
    for (double sigma = .01; sigma < 1e4; sigma *= 1.7)
        for (double delta = 1e-12; delta < .1; delta *= 30) {
            double epsilon = gaussian_epsilon(sigma, delta);
            cr_expect(gaussian_delta(sigma, epsilon) <= delta, "sigma %g delta %g", sigma, delta);
            cr_expect(gaussian_epsilon(sigma * 1.1, delta) <= epsilon, "sigma %g delta %g", sigma, delta);
            if (epsilon > 0)
                cr_expect(near(gaussian_sigma(epsilon, delta), sigma, 1e-7), "sigma %g delta %g", sigma, delta);
        }
}
