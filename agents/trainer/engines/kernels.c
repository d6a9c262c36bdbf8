#include "agents/trainer/engines/kernels.h"
#include <math.h>
#include <string.h>

enum { LANES = 16 };

float kernel_squares(const float *x, size_t n)
{
    float sums[LANES] = { 0 };
    float rest = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t k = 0; k < LANES; k++) sums[k] += x[i + k] * x[i + k];
    for (size_t i = whole; i < n; i++) rest += x[i] * x[i];
    for (size_t k = 0; k < LANES; k++) rest += sums[k];
    return rest;
}

void kernel_scale(float *x, size_t n, float by)
{
    for (size_t i = 0; i < n; i++) x[i] *= by;
}

static double as_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t as_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* 32 bits as a double, exactly, by the bits of 2^52 + x: a conversion that every vector unit has. */
static double small(uint64_t x) { return as_double(x | 0x4330000000000000u) - 0x1p52; }

/* (0, 1), with the precision of a double also near 0. */
static double unit_of(uint64_t word)
{
    return (small(word >> 32) + (small(word & 0xffffffffu) + 0.5) * 0x1p-32) * 0x1p-32;
}

/* log u = k log 2 + 2 artanh((m - 1) / (m + 1)) with u = 2^k m, m in [sqrt 1/2, sqrt 2); off by less than 1e-14. */
static double log_of(double u)
{
    uint64_t at = as_bits(u) - 0x3fe6a09e667f3bcdu + ((uint64_t)1024 << 52);
    double k = small(at >> 52) - 1024;
    double m = as_double(as_bits(u) - ((at >> 52) << 52) + ((uint64_t)1024 << 52));
    double s = (m - 1) / (m + 1);
    double z = s * s;
    double tail = 1.0 / 13 + z * (1.0 / 15 + z * (1.0 / 17 + z * (1.0 / 19)));
    double sum = 1 + z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * tail)))));
    return k * 0.69314718055994530942 + 2 * s * sum;
}

/* Their series, for |x| <= pi/4: off by less than 1e-15. */
static double sin_of(double x)
{
    double z = x * x;
    double tail = -1.0 / 39916800 + z * (1.0 / 6227020800 - z * (1.0 / 1307674368000));
    return x * (1 + z * (-1.0 / 6 + z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880 + z * tail)))));
}

static double cos_of(double x)
{
    double z = x * x;
    double tail = 1.0 / 479001600 + z * (-1.0 / 87178291200 + z * (1.0 / 20922789888000));
    return 1 + z * (-0.5 + z * (1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 + z * tail)))));
}

void kernel_normals(const uint64_t *words, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t w = words[n + i];
        double radius = sqrt(-2 * log_of(unit_of(words[i])));
        double angle = (as_double(w >> 12 | 0x3ff0000000000000u) - 1.5 + 0x1p-53) * 1.57079632679489661923;
        uint64_t c = as_bits(radius * cos_of(angle));
        uint64_t s = as_bits(radius * sin_of(angle));
        uint64_t swap = -(w & 1); /* a quarter and a half turn by two bits that the angle did not use */
        uint64_t turn = (w & 2) << 62;
        out[i] = as_double(((c & ~swap) | (s & swap)) ^ turn);
        out[n + i] = as_double(((s & ~swap) | (c & swap)) ^ turn ^ (swap & 0x8000000000000000u));
    }
}

/* To the nearest multiple of the grid: adding a number whose last place is the grid rounds. */
void kernel_blur(float *v, const double *noise, size_t n, double scale, double grid, double by)
{
    double round = grid * 0x1.8p52;
    for (size_t i = 0; i < n; i++) {
        double a = ((double)v[i] + round) - round;
        double b = (noise[i] * scale + round) - round;
        v[i] = (float)((a + b) * by);
    }
}
