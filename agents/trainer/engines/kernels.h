/*
 * kernels -- short loops over many numbers that take most of the time.
 *
 * Compiled for speed (see CMakeLists.txt); plain C that a compiler turns into
 * vector instructions.  The same input gives the same bits on one build.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

float kernel_squares(const float *x, size_t n); /* sum of squares */
void kernel_scale(float *x, size_t n, float by);

/* 2 n independent numbers of the standard normal distribution from 2 n uniform words: Box & Muller 1958, in double,
 * with a radius from 64 bits (up to 9.4) and an angle from 54. */
void kernel_normals(const uint64_t *words, size_t n, double *out);

/* v = (v + noise * scale) * by, the sum taken on a grid: both are brought to multiples of `grid`, a power of two, so
 * that the low bits of the sum tell nothing of what was added to what. */
void kernel_blur(float *v, const double *noise, size_t n, double scale, double grid, double by);
