/*
 * model -- which function is learned: an architecture's name and sizes.
 *
 * A model is a spec (this, hashed by its canonical text) and a tensor set.
 * Dense layer l has "layer<l>.weight" of shape [out, in] and "layer<l>.bias"
 * of shape [out]; hidden layers end in ReLU.  One output is the log-odds of
 * class 1; k >= 2 outputs are the classes' unnormalised log-probabilities.
 */
#pragma once
#include "common/base/str.h"
#include "common/learn/tensor.h"

enum model_arch { MODEL_LOGISTIC, MODEL_SOFTMAX, MODEL_MLP };
enum {
    MODEL_MAX_INPUTS = 65536,
    MODEL_MAX_OUTPUTS = 64,
    MODEL_MAX_HIDDEN = 8,
    MODEL_MAX_WIDTH = 4096,
    MODEL_MAX_TENSORS = 2 * (MODEL_MAX_HIDDEN + 1),
    MODEL_TEXT_BYTES = 128
};

struct model_spec {
    enum model_arch arch;
    size_t ninputs;
    size_t noutputs; /* logistic: 1; softmax: >= 2; mlp: either */
    size_t hidden[MODEL_MAX_HIDDEN];
    size_t nhidden; /* 0 unless mlp */
};

/* The spec for a label of nclasses classes: two classes need one output, unless the architecture is softmax.
 * ERR_SETTING with a sentence when the sizes do not go together. */
enum err model_spec_make(enum model_arch arch, size_t ninputs, size_t nclasses, const size_t *hidden, size_t nhidden,
                         struct model_spec *out, struct why *why) MUST_USE;
size_t model_nclasses(const struct model_spec *spec);
size_t model_nlayers(const struct model_spec *spec);

/* Canonical text, such as "mlp 30-64-32-1"; equal specs have equal texts.  Returns out. */
char *model_text(const struct model_spec *spec, char out[MODEL_TEXT_BYTES]);
/* The inverse; ERR_INPUT for anything that is not canonical. */
enum err model_parse(struct str text, struct model_spec *out) MUST_USE;

/* The shapes of its tensors in the order of its layers; returns how many. */
size_t model_shapes(const struct model_spec *spec, struct tensor_shape out[MODEL_MAX_TENSORS]);
/* Bytes of the model as safetensors (safetensors.h), with its inputs' scaling, at most. */
uint64_t model_file_bytes(const struct model_spec *spec);
/* Initial weights from a seed; freed by the caller.  ERR_MEMORY, ERR_LIMIT. */
enum err model_init(const struct model_spec *spec, uint64_t seed, struct tensor_set **out) MUST_USE;

/* ERR_INPUT with a sentence unless the set has exactly the spec's tensors, in the order of its layers. */
enum err model_check(const struct model_spec *spec, const struct tensor_set *s, struct why *why) MUST_USE;
