/*
 * clip -- bounding what one hospital's update can weigh.
 */
#pragma once
#include "common/base/err.h"

/* Scales the vector so that its L2 (L1) norm, taken exactly, is at most bound; sums are in double and what they may
 * round off is taken from the bound.  *out_norm is the norm before.  ERR_INPUT, nothing changed, when a number or the
 * bound is not finite or the bound is not positive. */
enum err clip_l2(float *v, size_t n, double bound, double *out_norm) MUST_USE;
enum err clip_l1(float *v, size_t n, double bound, double *out_norm) MUST_USE;
