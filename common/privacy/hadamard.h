/*
 * hadamard -- a random rotation that spreads a vector evenly over its
 * coordinates, so that none is large: signs from a public seed, then the
 * Walsh-Hadamard transform over the square root of the length (Kairouz, Liu &
 * Steinke 2021, arXiv 2102.06387, section 4).
 *
 * It keeps the L2 norm and is undone exactly but for rounding (a few units in
 * the last place for each doubling of the length).  In place, n log n.
 */
#pragma once
#include "common/base/err.h"
#include <stdint.h>

enum { HADAMARD_SEED_BYTES = 32 };
#define HADAMARD_MAX_LENGTH ((size_t)1 << 28)

size_t hadamard_length(size_t n); /* the least power of two that is at least n and 1: to be padded with zeros */

/* n is a power of two, at most HADAMARD_MAX_LENGTH: ERR_INPUT, nothing changed.  ERR_MEMORY: v is spoilt. */
enum err hadamard_rotate_32(const uint8_t seed[HADAMARD_SEED_BYTES], float *v, size_t n) MUST_USE;
enum err hadamard_rotate_64(const uint8_t seed[HADAMARD_SEED_BYTES], double *v, size_t n) MUST_USE;
enum err hadamard_back_32(const uint8_t seed[HADAMARD_SEED_BYTES], float *v, size_t n) MUST_USE;
enum err hadamard_back_64(const uint8_t seed[HADAMARD_SEED_BYTES], double *v, size_t n) MUST_USE;
