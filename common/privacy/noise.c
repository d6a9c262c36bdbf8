#include "common/privacy/noise.h"
#include "common/privacy/discrete.h"
#include <math.h>
#include <string.h>

typedef int64_t draw_fn(struct discrete *d, struct ratio scale);
static draw_fn *const draws[PRIVACY_MECHANISMS] = {
    [PRIVACY_GAUSSIAN] = discrete_gaussian,
    [PRIVACY_LAPLACE] = discrete_laplace,
    [PRIVACY_SUBSAMPLED_GAUSSIAN] = discrete_gaussian,
    [PRIVACY_DISTRIBUTED] = discrete_gaussian,
};

static bool in_range(enum privacy_mechanism mechanism, double scale, const float *v, size_t n)
{
    if (mechanism >= PRIVACY_MECHANISMS || n > NOISE_MAX_LENGTH) return false;
    if (!(scale >= NOISE_SCALE_MIN && scale <= NOISE_SCALE_MAX)) return false;
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)v[i]) <= NOISE_RATIO_MAX * scale)) return false;
    return true;
}

/* The power of two with scale / grid in [NOISE_GRID_MIN, 2 NOISE_GRID_MIN). */
static double grid_of(double scale)
{
    int exponent = 0;
    (void)frexp(scale / NOISE_GRID_MIN, &exponent);
    return ldexp(0.5, exponent);
}

enum err noise_add(enum privacy_mechanism mechanism, double scale, float *v, size_t n, random_fn *random, void *self)
{
    struct discrete *d CLEANUP(discrete_drop) = NULL;
    if (!in_range(mechanism, scale, v, n)) return ERR_INPUT;
    enum err e = discrete_new(random, self, &d);
    if (e != OK) return memset(v, 0, n * sizeof *v), e;
    double grid = grid_of(scale);
    struct ratio units = { (uint64_t)ceil(scale / grid), 1 };
    for (size_t i = 0; i < n; i++) {
        int64_t whole = (int64_t)(v[i] / grid); /* exact division, then towards zero */
        v[i] = (float)((double)(whole + draws[mechanism](d, units)) * grid);
    }
    if (discrete_err(d) != OK) memset(v, 0, n * sizeof *v);
    return discrete_err(d);
}
