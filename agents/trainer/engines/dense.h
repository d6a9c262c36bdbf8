/*
 * dense -- fully connected layers, forward and back.
 *
 * The weights are a tensor set as model.h names it; the tape keeps what each
 * layer gave for one batch, which going back needs.  Another kind of layer
 * would be another tape.
 */
#pragma once
#include "common/learn/model.h"

enum { DENSE_MAX_LAYERS = MODEL_MAX_HIDDEN + 1 };

struct dense_tape {
    size_t max_rows;
    size_t nlayers;
    float *values[DENSE_MAX_LAYERS]; /* outputs of each layer, after ReLU; the last one's are the model's */
    float *slopes;                   /* two scratch arrays of the widest layer */
    float *slopes_before;
    float *block; /* owned: all of the above */
};

enum err dense_tape_init(struct dense_tape *t, const struct model_spec *spec, size_t max_rows)
    MUST_USE; /* ERR_MEMORY */
void dense_tape_fini(struct dense_tape *t);
float *dense_outputs(const struct dense_tape *t); /* rows of the last layer */

/* n <= max_rows rows of inputs through all layers. */
void dense_forward(struct dense_tape *t, const struct tensor_set *weights, const float *inputs, size_t n);

/* The tape's outputs hold the slopes of the loss by each output; writes the slopes by each weight.  The inputs are
 * those of the last dense_forward. */
void dense_backward(struct dense_tape *t, const struct tensor_set *weights, const float *inputs, size_t n,
                    struct tensor_set *gradient);

/* The parts of going back, for who wants more than the sum of all rows. */
struct dense_layer { /* views of one layer's weights, or of their slopes */
    size_t ninputs, noutputs;
    float *weight; /* noutputs x ninputs */
    float *bias;
};
struct dense_layer dense_layer_of(const struct tensor_set *s, size_t l);

/* Slopes by the layer's weights, from those by its outputs; added to what is there when `add` is 1. */
void dense_backward_weights(struct dense_layer gradient, const float *slopes, const float *x, size_t n, int add);

/* Slopes by the layer's inputs, which are the ReLU outputs of the layer before: zero where those are. */
void dense_backward_inputs(struct dense_layer y, const float *slopes, const float *x, size_t n, float *out);
