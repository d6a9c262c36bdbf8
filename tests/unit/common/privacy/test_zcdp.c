#include "common/privacy/gaussian.h"
#include "common/privacy/zcdp.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static bool near(double got, double wanted, double relative) { return fabs(got - wanted) <= relative * fabs(wanted); }

Test(zcdp, of_mechanisms)
{
    cr_expect_eq(zcdp_of_gaussian(2), .125);
    cr_expect(near(zcdp_of_pure(1e-3), 5e-7, 1e-6) && zcdp_of_pure(1e-3) <= 5e-7);
    cr_expect(near(zcdp_of_pure(2), 2 * .7615941559557649, 1e-12));
}

/* standard and tight conversions, and the exact epsilon of the Gaussian of that rho: own script. */
Test(zcdp, rho_to_epsilon)
{
    static const struct {
        double rho, delta, standard, tight, exact;
    } rows[] = {
        { .005, 1e-5, .484853, .375261, .340669 },    { .05, 1e-5, 1.567427, 1.308118, 1.199370 },
        { .1, 1e-5, 2.245966, 1.914239, 1.760057 },   { .5, 1e-5, 5.298526, 4.728387, 4.377178 },
        { 1, 1e-5, 7.786140, 7.077197, 6.572970 },    { 2, 1e-5, 11.597052, 10.724824, 9.997256 },
        { 8, 1e-5, 27.194104, 25.919352, 24.381611 }, { .005, 1e-6, .530652, .429941, .396857 },
        { .1, 1e-6, 2.450788, 2.141939, 1.994527 },   { .5, 1e-6, 5.756522, 5.221534, 4.886554 },
        { 1, 1e-6, 8.433844, 7.766217, 7.286081 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double standard = zcdp_epsilon_standard(rows[i].rho, rows[i].delta);
        double tight = zcdp_epsilon(rows[i].rho, rows[i].delta);
        double exact = gaussian_epsilon(sqrt(.5 / rows[i].rho), rows[i].delta);
        cr_expect(fabs(standard - rows[i].standard) <= 6e-7, "row %zu: standard %.9g", i, standard);
        cr_expect(fabs(tight - rows[i].tight) <= 6e-7, "row %zu: tight %.9g", i, tight);
        cr_expect(fabs(exact - rows[i].exact) <= 6e-7, "row %zu: exact %.9g", i, exact);
    }
}

Test(zcdp, epsilon_to_rho)
{
    static const struct {
        double epsilon, delta, rho;
    } rows[] = {
        { .1, 1e-5, 4.3299373e-4 }, { 1, 1e-5, .0305565952 },  { 1, 1e-6, .0243559704 },  { 3, 1e-5, .2242491682 },
        { 3, 1e-6, .1850698407 },   { 8, 1e-5, 1.2297145258 }, { 8, 1e-6, 1.0523580046 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double rho = zcdp_rho(rows[i].epsilon, rows[i].delta);
        cr_expect(near(rho, rows[i].rho, 1e-7), "row %zu: %.10g", i, rho);
        cr_expect(zcdp_epsilon(rho, rows[i].delta) <= rows[i].epsilon, "row %zu: safe side", i);
    }
}

Test(zcdp, edges)
{
    cr_expect_eq(zcdp_epsilon(0, 1e-5), 0);
    cr_expect_eq(zcdp_epsilon(1, 0), INFINITY);
    cr_expect_eq(zcdp_epsilon(NAN, 1e-5), INFINITY);
    cr_expect_eq(zcdp_rho(0, 1e-5), 0);
    cr_expect_eq(zcdp_rho(1, 0), 0);
    cr_expect(near(zcdp_epsilon(1e9, 1e-5), 1e9, 1e-3));
}
