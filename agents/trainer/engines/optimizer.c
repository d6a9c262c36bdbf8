#include "agents/trainer/engines/optimizer.h"
#include <math.h>
#include <stdlib.h>

static void step_sgd(struct optimizer *o, float *w, const float *g)
{
    float rate = (float)o->how->learning_rate;
    for (size_t i = 0; i < o->n; i++) w[i] -= rate * g[i];
}

/* Kingma & Ba 2015 (arXiv:1412.6980, algorithm 1) with its defaults. */
static void step_adam(struct optimizer *o, float *w, const float *g)
{
    static const float beta1 = 0.9f;
    static const float beta2 = 0.999f;
    static const float epsilon = 1e-8f;
    float *mean = o->memory;
    float *square = o->memory + o->n;
    double t = (double)o->step;
    float rate = (float)(o->how->learning_rate / (1 - pow((double)beta1, t)));
    float root = (float)(1 / sqrt(1 - pow((double)beta2, t)));
    for (size_t i = 0; i < o->n; i++) {
        mean[i] = beta1 * mean[i] + (1 - beta1) * g[i];
        square[i] = beta2 * square[i] + (1 - beta2) * g[i] * g[i];
        w[i] -= rate * mean[i] / (sqrtf(square[i]) * root + epsilon);
    }
}

static const struct optimizer_row {
    size_t memories; /* vectors of n numbers */
    void (*step)(struct optimizer *o, float *w, const float *g);
} optimizers[] = {
    [TRAINING_SGD] = { 0, step_sgd },
    [TRAINING_ADAM] = { 2, step_adam },
};

enum err optimizer_init(struct optimizer *o, const struct training *how, size_t n)
{
    float *memory = calloc(optimizers[how->optimizer].memories * n + 1, sizeof *memory);
    if (memory == NULL) return ERR_MEMORY;
    *o = (struct optimizer){ .how = how, .n = n, .memory = memory };
    return OK;
}

void optimizer_fini(struct optimizer *o)
{
    if (o == NULL) return;
    free(o->memory);
    *o = (struct optimizer){ 0 };
}

/* Decoupled from the gradient: Loshchilov & Hutter 2019 (arXiv:1711.05101). */
static void decay(const struct optimizer *o, float *w)
{
    float keep = (float)(1 - o->how->learning_rate * o->how->weight_decay);
    for (size_t i = 0; i < o->n; i++) w[i] *= keep;
}

void optimizer_step(struct optimizer *o, float *weights, float *gradient, const float *origin)
{
    float mu = (float)o->how->proximal_mu;
    o->step++;
    if (mu > 0)
        for (size_t i = 0; i < o->n; i++) gradient[i] += mu * (weights[i] - origin[i]);
    if (o->how->weight_decay > 0) decay(o, weights);
    optimizers[o->how->optimizer].step(o, weights, gradient);
}
