/*
 * dpsgd -- training whose result tells little of any one patient.
 *
 * Each step takes every unit (a patient; without a patient column, a record)
 * by itself with the same chance, one record of it at random, clips each
 * record's gradient, and adds Gaussian noise to the sum (Abadi et al. 2016,
 * arXiv:1607.00133, algorithm 1, with Poisson sampling): what
 * common/privacy/subsampled.h accounts for.  The sum is divided by the
 * expected number of units, which is no secret, and not by the number drawn.
 *
 * RANDOMNESS: all of it from the key, so the key is what must never be used
 * for two sets of data; each step has a stream of its own.
 *
 * NOISE: not the exact draws of common/privacy/noise.h, which would take four
 * fifths of a step's time, but Gaussians in double (kernels.h), from 128
 * uniform bits a pair.  They and the sum are rounded to one grid, 2^-30 of the
 * deviation, so that the low bits do not show what was added to what (Mironov
 * 2012).  What the rounding, and float32 sums over a batch of some hundred
 * records, may add to one record's share is covered by GHOST_SLACK; over many
 * thousands it is so on average only.
 */
#pragma once
#include "agents/trainer/engines/engine.h"

enum { DPSGD_GRID_BITS = 30 };
#define DPSGD_NOISE_MIN 0x1p-7

/* Trains the weights in place; how->privacy is set and everything was checked (engine.h).  *out_loss is the mean loss
 * of the last epoch's records drawn: exact, so it must not leave.  ERR_STATE when cancelled, ERR_INPUT when the
 * weights are no longer finite, ERR_LIMIT for a model with more weights than a stream has words; the weights are then
 * half trained. */
enum err dpsgd_train(const struct model_spec *spec, struct tensor_set *weights, const struct table *rows,
                     const struct training *how, const struct training_hooks *hooks, double *out_loss, struct why *why)
    MUST_USE;
