/*
 * ddunits -- distributed noise that hides each of many units (patients) whose
 * clipped numbers a trainer has summed itself; where ddgauss_put hides the
 * trainer's vector as a whole.
 *
 * The sum is scaled, rotated and rounded ONCE, then the trainer's share of the
 * noise is added.  What one unit moves the whole numbers:
 *
 * EXACT SUMS.  Each unit's numbers are brought to multiples of ddunits_grid
 * before they are added, in doubles that hold every such sum exactly.  So two
 * neighbouring sums differ by just the one unit's numbers, which are at most
 *     c = clip (1 + 2^-40) + sqrt(dim) grid / 2           in L2.
 * Scaling is by a power of two, and exact.  The rotation keeps lengths, but for
 * rounding: each of its log2(dim) + 2 passes adds at most 2^-53 of the vector's
 * length, which is at most `reach`; of two vectors that is
 *     e = 4 (log2(dim) + 2) 2^-53 reach                   at most, with room.
 *
 * COUPLED ROUNDING.  A coordinate y becomes z(y) = ceil(y - u) for a dither u,
 * uniform in [0, 1): up with the chance of its fraction.  u is drawn before the
 * data are looked at, and never again.  Given u, z does not fall, and
 * |z(a) - z(b)| < |a - b| + 1.  For two neighbouring sums with the same u, all
 * coordinates together, by the triangle inequality in L2:
 *     |z - z'| < s (c + e) + sqrt(dim)  =: ddunits_sensitivity.
 * The mechanism is a mixture over u of integer vectors plus integer noise, with
 * the same weights on both sides; Renyi divergence is jointly quasi-convex (van
 * Erven & Harremoes 2014, theorem 13), so the worst u bounds it.  A retry until
 * the result is short, as in ddgauss_put, would break just that: which u are
 * kept would depend on the data.
 *
 * ADDING OR REMOVING one unit thus moves the sum over all trainers, and what
 * the noise must cover, by at most that.  Reduction modulo the ring comes after
 * the sum and costs nothing.
 */
#pragma once
#include "common/privacy/ddgauss.h"

#define DDUNITS_UNITS_MAX ((uint64_t)1 << 22) /* in one trainer's sum: doubles then hold all of them */

struct ddunits_rule {
    double clip;  /* L2 bound of one unit's numbers */
    double scale; /* units of 1.0; a power of two */
    double reach; /* L2 bound of a trainer's sum */
    double share; /* standard deviation of one trainer's noise, in whole numbers; 0: none */
    size_t dim;   /* length, a power of two (hadamard_length) */
};

/* What each unit's numbers are multiples of: a power of two, at most clip 2^-30. */
double ddunits_grid(double clip);
/* The nearest multiple of the grid.  x is at most 2^50 grids. */
double ddunits_on_grid(double x, double grid);

double ddunits_sensitivity(const struct ddunits_rule *r); /* L2, in whole numbers */

/* Scales, rotates and rounds rule->dim numbers and adds the share, where they lie: they are then whole, below 2^51, and
 * secagg_vec_of_numbers makes elements of them, to be read back with ddunits_get.  ERR_INPUT: rule out of range, v then
 * as it was, or v not finite or above reach; random's errors; ERR_MEMORY; v is then wiped. */
enum err ddunits_put(const struct ddunits_rule *rule, const uint8_t seed[HADAMARD_SEED_BYTES], double *v,
                     random_fn *random, void *self) MUST_USE;

/* Reads the sum back: rule->dim numbers, from element `at` on.  ERR_INPUT: rule out of range, or they are not all
 * there; ERR_MEMORY, *out then spoilt. */
enum err ddunits_get(const struct ddunits_rule *rule, const uint8_t seed[HADAMARD_SEED_BYTES],
                     const struct secagg_vec *sum, size_t at, double *out) MUST_USE;
