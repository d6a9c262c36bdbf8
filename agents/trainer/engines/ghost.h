/*
 * ghost -- the sum of each record's clipped gradient, without any record's
 * gradient ever being there.
 *
 * For a dense layer a record's gradient is the product of its slopes and its
 * inputs, so its squared norm is (|x|^2 + 1) |dy|^2 (Goodfellow 2015,
 * arXiv:1510.01799; Li et al. 2021, arXiv:2110.05679).  The slopes of all
 * layers are kept from the way back, each record's are scaled by what clips
 * its whole gradient, and one product a layer gives the sum (book-keeping: Bu
 * et al. 2022, arXiv:2210.00038).
 */
#pragma once
#include "agents/trainer/engines/dense.h"

#define GHOST_SLACK 1e-4 /* of the bound, left for what float32 rounds */

struct ghost {
    float *slopes[DENSE_MAX_LAYERS]; /* by each layer's outputs; the last layer's are the tape's outputs */
    double *norms;                   /* owned; of each record's gradient */
    float *block;                    /* owned: the slopes */
};

enum err ghost_init(struct ghost *g, const struct model_spec *spec, size_t max_rows) MUST_USE; /* ERR_MEMORY */
void ghost_fini(struct ghost *g);

/* The tape's outputs hold the slopes of each record's own loss by its outputs.  Writes the slopes by all layers'
 * outputs and the norms of the n records' gradients. */
void ghost_norms(struct ghost *g, struct dense_tape *t, const struct tensor_set *weights, const float *inputs,
                 size_t n);

/* Scales each record's slopes so that its gradient's norm is at most the bound, GHOST_SLACK included.  A record whose
 * norm is not finite counts nothing. */
void ghost_clip(struct ghost *g, struct dense_tape *t, const struct tensor_set *weights, size_t n, double bound);

/* The sum of the n records' gradients; added to what is there when `add` is 1. */
void ghost_sum(const struct ghost *g, const struct dense_tape *t, const float *inputs, size_t n, int add,
               struct tensor_set *gradient);
