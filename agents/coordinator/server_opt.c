#include "agents/coordinator/server_opt.h"
#include <math.h>

static double sgd(const struct task_server_opt *o, double *m, double *v, double d)
{
    (void)m;
    (void)v;
    return o->learning_rate * d;
}

static double momentum(const struct task_server_opt *o, double *m, double *v, double d)
{
    (void)v;
    *m = o->momentum * *m + d;
    return o->learning_rate * *m;
}

static double adaptive(const struct task_server_opt *o, double *m, double v, double d)
{
    *m = o->beta1 * *m + (1 - o->beta1) * d;
    return o->learning_rate * *m / (sqrt(v) + o->tau);
}

static double adam(const struct task_server_opt *o, double *m, double *v, double d)
{
    *v = o->beta2 * *v + (1 - o->beta2) * d * d;
    return adaptive(o, m, *v, d);
}

static double yogi(const struct task_server_opt *o, double *m, double *v, double d)
{
    double sign = (double)((*v > d * d) - (*v < d * d));
    *v -= (1 - o->beta2) * d * d * sign;
    return adaptive(o, m, *v, d);
}

static const struct {
    size_t memory;
    double (*step)(const struct task_server_opt *o, double *m, double *v, double d);
} kinds[] = {
    [SERVER_SGD] = { 0, sgd },
    [SERVER_MOMENTUM] = { 1, momentum },
    [SERVER_ADAM] = { 2, adam },
    [SERVER_YOGI] = { 2, yogi },
};

size_t server_opt_memory(enum task_server optimizer) { return kinds[optimizer].memory; }

void server_opt_begin(const struct task_server_opt *o, double *memory, size_t n)
{
    size_t doubles = kinds[o->optimizer].memory;
    for (size_t i = 0; i < doubles * n; i++) memory[i] = i < n ? 0 : o->tau * o->tau;
}

void server_opt_step(const struct task_server_opt *o, double *memory, const double *change, float *weights, size_t n)
{
    double none = 0;
    size_t doubles = kinds[o->optimizer].memory;
    for (size_t i = 0; i < n; i++) {
        double *m = doubles > 0 ? &memory[i] : &none;
        double *v = doubles > 1 ? &memory[n + i] : &none;
        weights[i] = (float)((double)weights[i] + kinds[o->optimizer].step(o, m, v, change[i]));
    }
}
