/*
 * noise -- noise on a vector of floats that hides what it should.
 *
 * Noise drawn as a floating-point number betrays, in its low bits, what it was
 * added to (Mironov 2012).  So: a grid of a power of two near scale / 2^38;
 * every number goes to the grid TOWARDS ZERO, exactly; integer noise
 * (discrete.h) of scale / grid, rounded up to an integer, is added; the result
 * goes back to float, which by then is only post-processing.
 *
 * SENSITIVITY: moving every coordinate towards zero never lengthens the vector
 * in any norm, so the grid vector obeys the bound the floats obeyed, and two
 * of them are at most twice the bound apart.  Nothing else has to be paid.
 *
 * LAPLACE is exactly epsilon-DP.  GAUSSIAN: the Renyi divergences are at most
 * the continuous ones (Canonne, Kamath & Steinke 2020).  For statements in
 * (epsilon, delta): a rounded continuous Gaussian has P[y] within a factor
 * 1 + (z^2 - 1)/(24 s^2) of the discrete one (z = y/s, s the integer standard
 * deviation), a chi-square divergence of 1/(288 s^4) a coordinate, hence a
 * total variation of at most sqrt(n)/(24 s^2) over n; with s >= 2^38 and n <=
 * 2^28 it is below NOISE_DISTANCE.  A mechanism so near an (epsilon, delta)
 * one is (epsilon, delta + (1 + e^epsilon) NOISE_DISTANCE): callers set the
 * share NOISE_DELTA_SHARE of delta aside for it.
 */
#pragma once
#include "common/crypto/random.h"
#include "common/privacy/accountant.h"

enum { NOISE_MAX_LENGTH = 1 << 28 };
#define NOISE_GRID_MIN 0x1p38 /* scale / grid is from here to twice this */
#define NOISE_DISTANCE 0x1p-66
#define NOISE_DELTA_SHARE 0x1p-20
#define NOISE_SCALE_MIN 0x1p-90
#define NOISE_SCALE_MAX 0x1p90
#define NOISE_RATIO_MAX 0x1p22 /* largest |number| / scale */

/* Adds noise of this scale (standard deviation; Laplace: b) to each number.  All draws are made before it returns.
 * ERR_INPUT, v untouched: scale, length or a number out of the ranges above, or not finite.  After any other error
 * (memory, random's) v is all zeros, so that no half-covered vector is left. */
enum err noise_add(enum privacy_mechanism mechanism, double scale, float *v, size_t n, random_fn *random, void *self)
    MUST_USE;
