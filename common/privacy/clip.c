#include "common/privacy/clip.h"
#include <math.h>

/* A sum of n terms in double, each with its own rounding, is off by less than (n + 4) 2^-52 of itself. */
static double slack(size_t n) { return 1 + ((double)n + 4) * 0x1p-52; }

static float towards_zero(double x)
{
    float f = (float)x;
    return fabs((double)f) > fabs(x) ? nextafterf(f, 0) : f;
}

static enum err scale_to(float *v, size_t n, double norm, double bound, double *out_norm)
{
    if (!isfinite(norm) || !isfinite(bound) || bound <= 0) return ERR_INPUT;
    if (norm * slack(n) > bound) {
        double factor = bound / norm / (slack(n) * slack(n));
        for (size_t i = 0; i < n; i++) v[i] = towards_zero(v[i] * factor);
    }
    *out_norm = norm;
    return OK;
}

enum err clip_l2(float *v, size_t n, double bound, double *out_norm)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)v[i] * v[i];
    return scale_to(v, n, sqrt(sum), bound, out_norm);
}

enum err clip_l1(float *v, size_t n, double bound, double *out_norm)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += fabs((double)v[i]);
    return scale_to(v, n, sum, bound, out_norm);
}
