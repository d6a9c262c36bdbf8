/*
 * optimizer -- from a gradient to a step.
 *
 * Works on flat vectors of all weights; holds what it remembers between
 * steps.
 */
#pragma once
#include "agents/trainer/engines/engine.h"

struct optimizer {
    const struct training *how; /* borrowed */
    size_t n;
    uint64_t step;
    float *memory; /* owned; Adam: n means, then n mean squares */
};

enum err optimizer_init(struct optimizer *o, const struct training *how, size_t n) MUST_USE; /* ERR_MEMORY */
void optimizer_fini(struct optimizer *o);

/* One step of weights along the gradient (both of n numbers), after adding the pull towards `origin` to the gradient:
 * FedProx, Li et al. 2020 (arXiv:1812.06127, eq. 2). */
void optimizer_step(struct optimizer *o, float *weights, float *gradient, const float *origin);
