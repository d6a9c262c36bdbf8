#include "common/privacy/subsampled.h"
#include <criterion/criterion.h>
#include <math.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static bool near(double got, double wanted, double relative) { return fabs(got - wanted) <= relative * fabs(wanted); }

static double one(double noise, double rate, double order)
{
    double out = NAN;
    subsampled_rdp(noise, rate, &order, 1, &out);
    return out;
}

static const double orders[] = { 1.1, 1.5, 2, 2.5, 3, 4, 8, 10.5, 16, 32, 64 };
static const struct {
    double rate, noise, rdp[COUNT(orders)]; /* quadrature with 40 digits */
} exact[] = {
    { .01,
      1.0,
      { 9.24147108469e-5, 1.27253743327e-4, 1.71813422075e-4, 2.17575332282e-4, 2.64637574585e-4, 3.63154048911e-4,
        8.93643907606e-4, 0.18833969138, 3.0878507837, 11.246275937, 27.3217318746 } },
    { .01,
      4.0,
      { 3.54510468293e-6, 4.83549317563e-6, 6.4494250942e-6, 8.0644097585e-6, 9.68044856232e-6, 1.29156941784e-5,
        2.58991230124e-5, 3.40484841685e-5, 5.20720970058e-5, 1.05263606591e-4, 2.15209161618e-4 } },
    { .1,
      1.0,
      { 8.09856846807e-3, 1.17345921967e-2, 1.70368632362e-2, 2.3503727261e-2, 3.17123003034e-2, 5.8672606960e-2,
        1.37836141135, 2.70578601047, 5.5439121709, 13.6231379685, 29.6608659373 } },
    { .1,
      0.5,
      { 6.95358929025e-2, 0.14592708968, 0.429169590598, 1.28861796544, 2.55358128002, 4.92996071813, 13.3684741794,
        18.4550375288, 29.5439092341, 61.6231379685, 125.660865937 } },
    { .001,
      1.1,
      { 7.05691117708e-7, 9.63007451693e-7, 1.28518256795e-6, 1.60794912986e-6, 1.93131027162e-6, 2.57982902767e-6,
        5.19834249484e-6, 6.85533817394e-6, 1.13987582476e-5, 6.09255440914, 19.4288788036 } },
};

Test(subsampled, orders_of_one_step)
{
    for (size_t i = 0; i < COUNT(exact); i++) {
        double out[COUNT(orders)];
        subsampled_rdp(exact[i].noise, exact[i].rate, orders, COUNT(orders), out);
        for (size_t j = 0; j < COUNT(orders); j++) {
            cr_expect(near(out[j], exact[i].rdp[j], 3e-9), "row %zu order %g: %.12g", i, orders[j], out[j]);
            cr_expect(out[j] >= exact[i].rdp[j] * (1 - 1e-11), "row %zu order %g: too small", i, orders[j]);
            cr_expect(near(one(exact[i].noise, exact[i].rate, orders[j]), out[j], 1e-11), "row %zu: alone", i);
        }
    }
}

Test(subsampled, edges)
{
    static const struct {
        const char *name;
        double noise, rate, order, rdp;
    } rows[] = {
        { "nobody", 1, 0, 2, 0 },
        { "nobody, no noise", 0, 0, 2, 0 },
        { "everybody", 2, 1, 3, 3. / 8 },
        { "no noise", 0, .1, 2.5, INFINITY },
        { "noise whose square is 0", 1e-200, .1, 2.5, INFINITY },
        { "a rate near 0", 1, 1e-12, 2, 1.7182818284590452e-24 },
        { "hardly noise", .01, .5, 2, 1e4 - 2 * M_LN2 },
        { "much noise", 1e6, .5, 1.5, 1.5 / 2 * .25 * 1e-12 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double rdp = one(rows[i].noise, rows[i].rate, rows[i].order);
        cr_expect(rdp == rows[i].rdp || near(rdp, rows[i].rdp, 1e-8), "%s: %.12g", rows[i].name, rdp);
    }
}

/* Whole and other orders are computed in different ways; there is no seam, and all of it grows. */
Test(subsampled, grows_without_seams)
{
    static const double noises[] = { .05, .16, .18, .3, .7, 1, 3, 50 }, rates[] = { 1e-6, 1e-3, .1, .6, .99 };
    for (size_t i = 0; i < COUNT(noises); i++)
        for (size_t j = 0; j < COUNT(rates); j++)
            for (double a = 2; a < 12; a++) {
                double here = one(noises[i], rates[j], a), next = one(noises[i], rates[j], a + .5);
                double seam = one(noises[i], rates[j], a * (1 + 1e-13));
                cr_expect(near(seam, here, 1e-9), "noise %g rate %g order %g", noises[i], rates[j], a);
                cr_expect(next >= here, "order: noise %g rate %g order %g", noises[i], rates[j], a);
                cr_expect(one(noises[i], rates[j] * 1.005, a) >= here, "rate: %g %g %g", noises[i], rates[j], a);
                cr_expect(one(noises[i] * 1.01, rates[j], a) <= here, "noise: %g %g %g", noises[i], rates[j], a);
            }
}

/* The definition, for whole shifts of the discrete Gaussian: the density's powers added up over the lattice, both
 * directions. */
static double lattice(double noise, double rate, double order, int shift, bool added)
{
    double sigma = noise * shift;
    double sum = 0, norm = 0;
    int far = (int)(40 * sigma) + 2 * (int)order * shift;
    for (int z = -far; z <= far; z++) norm += exp(-z * (double)z / (2 * sigma * sigma));
    for (int z = -far; z <= far; z++) {
        double log_p = -z * (double)z / (2 * sigma * sigma);
        double log_w = log1p(rate * expm1((2.0 * z - shift) * shift / (2 * sigma * sigma)));
        sum += exp(log_p + (added ? order : 1 - order) * log_w) / norm;
    }
    return log(sum) / (order - 1);
}

Test(subsampled, whole_numbers)
{
    static const double noises[] = { .7, 1, 4 };
    static const double rates[] = { .01, .1, .5 };
    static const double whole[] = { 2, 2.5, 3, 5, 8 };
    for (size_t i = 0; i < COUNT(noises) * COUNT(rates); i++) {
        double noise = noises[i % 3], rate = rates[i / 3], out[COUNT(whole)];
        subsampled_rdp_whole(noise, rate, whole, COUNT(whole), out);
        for (size_t k = 0; k < COUNT(whole); k++) {
            bool exactly = whole[k] == floor(whole[k]);
            for (int shift = 1; shift <= 12; shift += 11) {
                double added = lattice(noise, rate, whole[k], shift, true);
                double removed = lattice(noise, rate, whole[k], shift, false);
                cr_expect(added <= out[k] && removed <= out[k], "noise %g rate %g order %g: %.12g, %.12g of %.12g",
                          noise, rate, whole[k], added, removed, out[k]);
                cr_expect(!exactly || near(added, out[k], 3e-9), "noise %g rate %g order %g: %.12g", noise, rate,
                          whole[k], added);
            }
        }
    }
}
