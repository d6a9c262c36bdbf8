/*
 * unit_sum -- the sum of the clipped gradients of units drawn by chance, such
 * that one unit more or less changes it by that unit's own numbers and nothing
 * else: what a secure sum with distributed noise takes (ddunits.h).
 *
 * Each record goes through the network alone, so its numbers hang on weights
 * and record only, bit for bit: in a batch, who stands beside it may decide how
 * a product is rounded.  Its gradient's norm, the clipping and the products are
 * in double (a product of two floats is exact there, times a factor rounded
 * once), each number is brought to the grid of ddunits.h, and sums on the grid
 * are exact in any order.  For a dense layer the gradient is the product of
 * slopes and inputs, as in ghost.h, so no record's gradient is ever kept.
 */
#pragma once
#include "agents/trainer/engines/engine.h"

/* Writes the weights' nelements numbers.  p->clip, rate, units and key count; everything was checked (engine.h).  A
 * record whose gradient is not finite counts nothing.  ERR_LIMIT with a sentence for more than DDUNITS_UNITS_MAX
 * units; ERR_MEMORY; the stream's errors. */
enum err unit_sum(const struct model_spec *spec, const struct tensor_set *weights, const struct table *rows,
                  const struct training_privacy *p, double *out, struct why *why) MUST_USE;
