#include "common/privacy/hadamard.h"
#include "common/crypto/stream.h"
#include <math.h>

enum { SIGN_BYTES = 4096, BYTE_BITS = 8 };

size_t hadamard_length(size_t n)
{
    size_t length = 1;
    while (length < n) length *= 2;
    return length;
}

static bool usable(size_t n) { return n > 0 && n <= HADAMARD_MAX_LENGTH && (n & (n - 1)) == 0; }

/* One bit an element decides its sign; work is a float or a double array. */
typedef void flip_fn(void *v, size_t from, size_t n, const uint8_t *bits);

static void flip_32(void *v, size_t from, size_t n, const uint8_t *bits)
{
    float *x = (float *)v + from;
    for (size_t i = 0; i < n; i++)
        if ((bits[i / BYTE_BITS] >> i % BYTE_BITS & 1) != 0) x[i] = -x[i];
}

static void flip_64(void *v, size_t from, size_t n, const uint8_t *bits)
{
    double *x = (double *)v + from;
    for (size_t i = 0; i < n; i++)
        if ((bits[i / BYTE_BITS] >> i % BYTE_BITS & 1) != 0) x[i] = -x[i];
}

static enum err signs(const uint8_t seed[HADAMARD_SEED_BYTES], flip_fn *flip, void *v, size_t n)
{
    uint8_t bits[SIGN_BYTES];
    struct stream *s CLEANUP(stream_drop) = NULL;
    TRY(stream_new(seed, &s));
    for (size_t from = 0; from < n; from += SIGN_BYTES * BYTE_BITS) {
        size_t some = n - from < SIGN_BYTES * BYTE_BITS ? n - from : SIGN_BYTES * BYTE_BITS;
        TRY(stream_read(s, bits, sizeof bits));
        flip(v, from, some, bits);
    }
    return OK;
}

static void transform_32(float *v, size_t n)
{
    for (size_t half = 1; half < n; half *= 2)
        for (size_t from = 0; from < n; from += 2 * half)
            for (size_t i = from; i < from + half; i++) {
                float a = v[i];
                float b = v[i + half];
                v[i] = a + b;
                v[i + half] = a - b;
            }
    double scale = 1 / sqrt((double)n);
    for (size_t i = 0; i < n; i++) v[i] = (float)(v[i] * scale);
}

static void transform_64(double *v, size_t n)
{
    for (size_t half = 1; half < n; half *= 2)
        for (size_t from = 0; from < n; from += 2 * half)
            for (size_t i = from; i < from + half; i++) {
                double a = v[i];
                double b = v[i + half];
                v[i] = a + b;
                v[i + half] = a - b;
            }
    double scale = 1 / sqrt((double)n);
    for (size_t i = 0; i < n; i++) v[i] *= scale;
}

enum err hadamard_rotate_32(const uint8_t seed[HADAMARD_SEED_BYTES], float *v, size_t n)
{
    if (!usable(n)) return ERR_INPUT;
    TRY(signs(seed, flip_32, v, n));
    transform_32(v, n);
    return OK;
}

enum err hadamard_rotate_64(const uint8_t seed[HADAMARD_SEED_BYTES], double *v, size_t n)
{
    if (!usable(n)) return ERR_INPUT;
    TRY(signs(seed, flip_64, v, n));
    transform_64(v, n);
    return OK;
}

enum err hadamard_back_32(const uint8_t seed[HADAMARD_SEED_BYTES], float *v, size_t n)
{
    if (!usable(n)) return ERR_INPUT;
    transform_32(v, n);
    return signs(seed, flip_32, v, n);
}

enum err hadamard_back_64(const uint8_t seed[HADAMARD_SEED_BYTES], double *v, size_t n)
{
    if (!usable(n)) return ERR_INPUT;
    transform_64(v, n);
    return signs(seed, flip_64, v, n);
}
