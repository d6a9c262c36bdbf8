#include "common/privacy/ddunits.h"
#include "common/base/secret.h"
#include "common/crypto/stream.h"
#include <math.h>

enum { WORDS = 1024, FRACTION_BITS = 53, GRID_BITS = 30, PASSES_MORE = 2 };
#define UNITS_MAX 0x1p50     /* of one coordinate: far inside what a double holds exactly */
#define LITTLE (1 + 0x1p-40) /* more than what the formulas below round off */

double ddunits_grid(double clip)
{
    int exponent = 0;
    (void)frexp(clip, &exponent); /* clip is at least half of 2^exponent */
    return ldexp(0.5, exponent - GRID_BITS);
}

/* Added to a number of 52 bits before the point, x loses what lies below the grid: to the nearest, ties to even. */
double ddunits_on_grid(double x, double grid)
{
    double large = 0x1.8p52 * grid;
    return (x + large) - large;
}

static double passes(size_t dim) { return log2((double)dim) + PASSES_MORE; }

double ddunits_sensitivity(const struct ddunits_rule *r)
{
    double root = sqrt((double)r->dim);
    double one = r->clip * LITTLE + root * ddunits_grid(r->clip) / 2;
    double rotation = 4 * passes(r->dim) * 0x1p-53 * r->reach;
    return LITTLE * (r->scale * (one + rotation) + root);
}

static bool sound(const struct ddunits_rule *r)
{
    int exponent = 0;
    bool numbers = isfinite(r->clip) && r->clip > 0 && isfinite(r->reach) && r->reach >= r->clip;
    bool scale = isfinite(r->scale) && r->scale > 0 && frexp(r->scale, &exponent) == 0.5;
    bool length = r->dim > 0 && r->dim <= HADAMARD_MAX_LENGTH && (r->dim & (r->dim - 1)) == 0;
    return numbers && scale && length && r->reach * r->scale < UNITS_MAX;
}

static enum err scale_up(const struct ddunits_rule *r, double *v)
{
    double sum = 0;
    for (size_t i = 0; i < r->dim; i++) {
        sum += v[i] / r->reach * (v[i] / r->reach);
        v[i] *= r->scale;
    }
    return sum <= LITTLE ? OK : ERR_INPUT;
}

/* ceil(y - u), taken apart: y - floor(y) is exact but for a y just below zero, which then counts as zero; LITTLE covers
 * that. */
static double rounded(double y, double u)
{
    double low = floor(y);
    return low + (u < y - low ? 1 : 0);
}

static enum err round_all(const struct ddunits_rule *r, double *v, random_fn *random, void *self)
{
    uint8_t key[STREAM_KEY_BYTES];
    uint64_t words[WORDS] = { 0 };
    struct stream *s CLEANUP(stream_drop) = NULL;
    TRY(random(self, key, sizeof key));
    enum err e = stream_new(key, &s);
    secret_wipe(key, sizeof key);
    for (size_t i = 0; i < r->dim && e == OK; i++) {
        if (i % WORDS == 0) e = stream_read(s, words, sizeof words);
        v[i] = rounded(v[i], ldexp((double)(words[i % WORDS] >> (64 - FRACTION_BITS)), -FRACTION_BITS));
    }
    secret_wipe(words, sizeof words);
    return e;
}

static enum err put(const struct ddunits_rule *r, const uint8_t seed[HADAMARD_SEED_BYTES], double *v, random_fn *random,
                    void *self)
{
    TRY(scale_up(r, v));
    TRY(hadamard_rotate_64(seed, v, r->dim));
    TRY(round_all(r, v, random, self));
    return ddgauss_add_share(r->share, random, self, v, r->dim);
}

enum err ddunits_put(const struct ddunits_rule *rule, const uint8_t seed[HADAMARD_SEED_BYTES], double *v,
                     random_fn *random, void *self)
{
    if (!sound(rule)) return ERR_INPUT;
    enum err e = put(rule, seed, v, random, self);
    if (e != OK) secret_wipe(v, rule->dim * sizeof *v);
    return e;
}

enum err ddunits_get(const struct ddunits_rule *rule, const uint8_t seed[HADAMARD_SEED_BYTES],
                     const struct secagg_vec *sum, size_t at, double *out)
{
    if (!sound(rule) || at > sum->n || rule->dim > sum->n - at) return ERR_INPUT;
    for (size_t i = 0; i < rule->dim; i++) out[i] = (double)secagg_vec_get(sum, at + i) / rule->scale;
    return hadamard_back_64(seed, out, rule->dim);
}
