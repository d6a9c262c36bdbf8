/*
 * ddgauss -- the distributed discrete Gaussian: each trainer adds a share of
 * the noise, so that the sum is private and nobody had to be trusted with it
 * (Kairouz, Liu & Steinke 2021, arXiv 2102.06387).
 *
 * A vector is clipped, scaled to units, rotated (hadamard.h), rounded to whole
 * units by chance (each coordinate up with the chance of its fraction) until
 * its L2 norm is within ddgauss_rounded_norm, and discrete Gaussian noise is
 * added; the sum is rotated back.
 *
 * SENSITIVITY is that norm, which is checked in whole numbers: no rounding of
 * floating-point numbers enters it.  Adding or removing one trainer moves the
 * sum by at most it, replacing one by at most twice that.
 *
 * SHARES are sized for the fewest honest survivors: with sigma^2 / honest each,
 * more survivors only add noise.  A sum of discrete Gaussians is not quite one;
 * ddgauss_tau bounds the gap, which is nothing from 2 or 3 units a share on.
 */
#pragma once
#include "common/crypto/random.h"
#include "common/privacy/hadamard.h"
#include "common/privacy/secagg_vec.h"

#define DDGAUSS_BETA 0.60653065971263342 /* exp(-1/2): the chance a rounding is drawn again is at most this */
#define DDGAUSS_SHARE_MIN 2.0            /* units: the least standard deviation of a share */
#define DDGAUSS_SHARE_MAX 0x1p24         /* units: the largest */
#define DDGAUSS_SHARE_SURE 8.0           /* units: from here on DDGAUSS_GAP holds for every sum this code makes */
#define DDGAUSS_GAP 1e-30                /* ln of a density's ratio, of the sum of shares over one discrete Gaussian */
enum { DDGAUSS_DRAWS_MAX = 1000 };

struct ddgauss_rule {
    double clip;  /* L2 bound of a trainer's vector */
    double scale; /* units of 1.0 */
    double beta;  /* in [0, 1); DDGAUSS_BETA */
    double share; /* standard deviation of one trainer's noise, in units; 0: none */
    size_t dim;   /* length, a power of two (hadamard_length) */
};
struct ddgauss_sum {    /* of what is released, for its cost */
    double sensitivity; /* L2, in units: ddgauss_rounded_norm, or twice that */
    double share;       /* units */
    uint64_t honest;    /* shares in it that no adversary knows; >= 1 */
    double dim;
};

/* The norm's bound after rounding, all in units (proposition 26 there); beta = 0 gives the unconditional one. */
double ddgauss_rounded_norm(double clip_units, double dim, double beta);

/* One share of noise of standard deviation sigma, in the same measure; INFINITY when nobody is honest. */
double ddgauss_share(double sigma, uint64_t honest);

double ddgauss_tau(double share, uint64_t n); /* theorem 1 there: how far n shares' sum is from one discrete Gaussian */
double ddgauss_rdp(double order, const struct ddgauss_sum *sum); /* Renyi divergence, order > 1 */

/* The scale at which a sum of n vectors with their noise stays, but for k standard deviations, in a ring of so many
 * bits, when rotation spreads it (rho: 1 for vectors all alike); sigma is a share's, in the numbers' measure.  0 when
 * the ring is too small.  For narrow rings; quantise_plan proves more and costs some bits. */
double ddgauss_scale(unsigned bits, double n, double k, double rho, double dim, double clip, double sigma);

/* Adds a discrete Gaussian of this standard deviation to each of n whole numbers; 0: nothing.  ERR_INPUT for one that
 * is not 0 and not between DDGAUSS_SHARE_MIN and DDGAUSS_SHARE_MAX; random's errors, the numbers then half done. */
enum err ddgauss_add_share(double share, random_fn *random, void *self, double *v, size_t n) MUST_USE;

/* Clips, rotates and rounds rule->dim numbers and adds the share, where they lie: they are then whole, below 2^51, and
 * secagg_vec_of_numbers makes elements of them.  ERR_INPUT: rule out of range, v then as it was, or a number not
 * finite; ERR_LIMIT: DDGAUSS_DRAWS_MAX roundings were too long; random's errors; ERR_MEMORY; v is then wiped. */
enum err ddgauss_put(const struct ddgauss_rule *rule, const uint8_t seed[HADAMARD_SEED_BYTES], double *v,
                     random_fn *random, void *self) MUST_USE;

/* Reads the sum back: rule->dim numbers, from element `at` on.  ERR_INPUT: rule out of range, or they are not all
 * there; ERR_MEMORY, *out then spoilt. */
enum err ddgauss_get(const struct ddgauss_rule *rule, const uint8_t seed[HADAMARD_SEED_BYTES],
                     const struct secagg_vec *sum, size_t at, double *out) MUST_USE;
