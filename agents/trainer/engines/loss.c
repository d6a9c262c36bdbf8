#include "agents/trainer/engines/loss.h"
#include <math.h>

/* log(1 + e^z) - yz without overflow, and sigmoid(z) - y */
static double row_binary(float *z, double y, double weight)
{
    double v = (double)*z;
    double e = exp(-fabs(v));
    double p = v >= 0 ? 1 / (1 + e) : e / (1 + e);
    *z = (float)(weight * (p - y));
    return fmax(v, 0) - y * v + log1p(e);
}

static double row_softmax(float *z, size_t n, uint32_t label, double weight)
{
    size_t best = 0;
    double others = 0;
    for (size_t k = 1; k < n; k++)
        if (z[k] > z[best]) best = k;
    double most = (double)z[best];
    double own = (double)z[label];
    for (size_t k = 0; k < n; k++)
        if (k != best) others += exp((double)z[k] - most);
    for (size_t k = 0; k < n; k++) z[k] = (float)(weight * (exp((double)z[k] - most) / (1 + others) - (k == label)));
    return log1p(others) + most - own;
}

double loss_slopes(float *outputs, size_t noutputs, const uint32_t *labels, size_t n, double weight)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += noutputs == 1 ? row_binary(outputs + i, labels[i], weight)
                             : row_softmax(outputs + i * noutputs, noutputs, labels[i], weight);
    return sum;
}

double loss_backward(float *outputs, size_t noutputs, const uint32_t *labels, size_t n)
{
    return loss_slopes(outputs, noutputs, labels, n, 1 / (double)n);
}
