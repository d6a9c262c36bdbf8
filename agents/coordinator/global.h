/*
 * global -- the model as it travels and is kept: one safetensors.
 *
 * The weights in the order of the model's layers, then, when inputs are
 * standardised, "input.mean" and "input.scale": a model sees
 * (x - mean) / scale.  The two are no weights: never averaged, never noised.
 */
#pragma once
#include "common/base/buf.h"
#include "common/learn/model.h"
#include "common/learn/moments.h"
#include "common/wire/contract.h"

struct global_scaling {
    float *mean; /* owned; NULL: inputs are taken as they are */
    float *scale;
    size_t n;
};
void global_scaling_fini(struct global_scaling *s); /* for CLEANUP() */
/* From the declared ranges, mean = min and scale = max - min, which costs no privacy.  Categories stay 0 and 1. */
enum err global_scaling_ranges(const struct contract *c, struct global_scaling *out) MUST_USE;
enum err global_scaling_moments(const struct moments *m, struct global_scaling *out) MUST_USE;

/* What the bytes say about themselves in their notes. */
struct global_label {
    const char *task, *digest, *run;
    uint64_t round;
};

/* The beginning: weights from the seed.  Appends the bytes to *out. */
enum err global_begin(const struct model_spec *spec, uint64_t seed, const struct global_scaling *scaling,
                      const struct global_label *label, struct buf *out) MUST_USE;
/* *out: the whole set, freed by the caller; its first *out_nweights numbers are the weights.  ERR_STORE when the bytes
 * are not what this module wrote for the spec. */
enum err global_read(const struct model_spec *spec, struct bytes bytes, struct tensor_set **out, size_t *out_nweights)
    MUST_USE;
enum err global_write(const struct model_spec *spec, const struct tensor_set *s, const struct global_label *label,
                      struct buf *out) MUST_USE;
