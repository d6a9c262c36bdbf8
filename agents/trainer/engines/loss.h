/*
 * loss -- cross-entropy of outputs against labels, and its slope.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Returns the sum of the losses of n rows and writes, over the outputs, the slope of their mean by each output:
 * (probability - truth) / n.  One output is the log-odds of class 1 (binary cross-entropy), more are softmax. */
double loss_backward(float *outputs, size_t noutputs, const uint32_t *labels, size_t n);

/* The same with `weight` instead of 1 / n: 1 gives each row the slope of its own loss. */
double loss_slopes(float *outputs, size_t noutputs, const uint32_t *labels, size_t n, double weight);
