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
 * NOISE: Gaussian in double, brought with the sum to a common grid of
 * 2^-DPSGD_GRID_BITS of its deviation (kernels.h).  A cell of the grid holds
 * millions of doubles, so which of them were possible does not show (Mironov
 * 2012); the cells' shares are off by less than a part in 2^20 of what
 * float32 sums already blur, which GHOST_SLACK covers.
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
