/*
 * server_opt -- the step the server takes along the hospitals' mean change.
 *
 * Reddi et al. 2021, "Adaptive Federated Optimization" (arXiv 2003.00295),
 * Algorithm 2: the mean change D plays the part of a negative gradient.
 *   sgd       w += lr D                                       (FedAvg when lr = 1)
 *   momentum  m = momentum m + D;  w += lr m                  (FedAvgM, Hsu et al. 2019, arXiv 1909.06335)
 *   adam      m = b1 m + (1-b1) D;  v = b2 v + (1-b2) D^2;              w += lr m / (sqrt(v) + tau)
 *   yogi      the same with         v = v - (1-b2) D^2 sign(v - D^2)
 * As in the paper there is no bias correction, and v begins at tau^2.
 */
#pragma once
#include "common/wire/task.h"

/* Doubles of memory per weight: 0, 1 or 2.  The memory is m for all weights, then v for all weights. */
size_t server_opt_memory(enum task_server optimizer);
void server_opt_begin(const struct task_server_opt *o, double *memory, size_t n); /* before the first step */
void server_opt_step(const struct task_server_opt *o, double *memory, const double *change, float *weights, size_t n);
