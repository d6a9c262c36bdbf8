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

/* What stands before the numbers.  nscaling: inputs that are scaled, 0 for none.  Appends to *out. */
enum err global_head(const struct model_spec *spec, size_t nscaling, const struct global_label *label, struct buf *out)
    MUST_USE;
/* The beginning, weights from the seed, piece by piece. */
typedef enum err global_sink_fn(void *to, struct bytes piece);
enum err global_begin(const struct model_spec *spec, uint64_t seed, const struct global_scaling *scaling,
                      const struct global_label *label, global_sink_fn *sink, void *to) MUST_USE;
