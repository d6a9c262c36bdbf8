#include "common/privacy/ddgauss.h"
#include "common/base/secret.h"
#include "common/crypto/stream.h"
#include "common/privacy/discrete.h"
#include <math.h>

enum {
    WORDS = 1024,
    FRACTION_BITS = 53,
    SHARE_BITS = 16 /* behind the point: DDGAUSS_SHARE_MAX then fits a struct ratio */
};
#define UNITS_MAX 0x1p50    /* of one coordinate: far inside what a double holds exactly */
#define TAU_SMALLEST 1e-300 /* terms below add nothing */

double ddgauss_rounded_norm(double clip_units, double dim, double beta)
{
    double plain = clip_units + sqrt(dim);
    if (!(beta > 0)) return plain;
    double spread = sqrt(2 * log(1 / beta)) * (clip_units + sqrt(dim) / 2);
    return fmin(plain, sqrt(clip_units * clip_units + dim / 4 + spread));
}

double ddgauss_share(double sigma, uint64_t honest) { return honest == 0 ? INFINITY : sigma / sqrt((double)honest); }

double ddgauss_tau(double share, uint64_t n)
{
    double sum = 0;
    double rate = 2 * M_PI * M_PI * share * share;
    for (uint64_t k = 1; k < n; k++) {
        double term = exp(-rate * (double)k / (double)(k + 1));
        if (term < TAU_SMALLEST) break; /* they only fall */
        sum += term;
    }
    return 10 * sum;
}

double ddgauss_rdp(double order, const struct ddgauss_sum *s)
{
    double sigma = sqrt((double)s->honest) * s->share;
    if (!(sigma > 0) || !(order > 1)) return INFINITY;
    double tau = ddgauss_tau(s->share, s->honest);
    /* A vector of whole numbers is, in L1, at most sqrt(dim) times as long as in L2, and at most its square. */
    double l1 = fmin(sqrt(s->dim) * s->sensitivity, s->sensitivity * s->sensitivity) / sigma;
    double l2 = s->sensitivity / sigma;
    double plain = order / 2 * l2 * l2 + tau * s->dim;
    double mixed = order / 2 * (l2 * l2 + 2 * l1 * tau + tau * tau * s->dim);
    double whole = l2 + sqrt(s->dim) * tau;
    return fmin(fmin(plain, mixed), order / 2 * whole * whole);
}

double ddgauss_scale(unsigned bits, double n, double k, double rho, double dim, double clip, double sigma)
{
    double free = exp2(2.0 * bits) - n * k * k;
    double spread = 2 * k * sqrt(rho / dim * clip * clip * n * n + n * sigma * sigma);
    return free > 0 && spread > 0 ? sqrt(free) / spread : 0;
}

static bool is_share(double share) { return share == 0 || (share >= DDGAUSS_SHARE_MIN && share <= DDGAUSS_SHARE_MAX); }

static bool sound(const struct ddgauss_rule *r)
{
    bool numbers =
        isfinite(r->clip) && r->clip > 0 && isfinite(r->scale) && r->scale > 0 && r->beta >= 0 && r->beta < 1;
    bool length = r->dim > 0 && r->dim <= HADAMARD_MAX_LENGTH && (r->dim & (r->dim - 1)) == 0;
    return numbers && is_share(r->share) && length && r->clip * r->scale < UNITS_MAX;
}

/* Clips to the rule and turns numbers into units. */
static enum err scale_down(const struct ddgauss_rule *r, double *v)
{
    double largest = 0;
    double sum = 0;
    for (size_t i = 0; i < r->dim; i++) {
        if (!isfinite(v[i])) return ERR_INPUT;
        largest = fmax(largest, fabs(v[i]));
    }
    for (size_t i = 0; i < r->dim && largest > 0; i++) sum += v[i] / largest * (v[i] / largest);
    double norm = largest * sqrt(sum);
    double factor = norm > r->clip ? r->scale * (r->clip / norm) : r->scale;
    for (size_t i = 0; i < r->dim; i++) v[i] *= factor;
    return OK;
}

/* One rounding of all by chance, the key's, in place when it is kept; *out_square is at least the sum of squares. */
static enum err draw(const uint8_t key[STREAM_KEY_BYTES], double *v, size_t n, bool kept, double *out_square)
{
    uint64_t words[WORDS] = { 0 };
    struct stream *s CLEANUP(stream_drop) = NULL;
    double square = 0;
    enum err e = stream_new(key, &s);
    for (size_t i = 0; i < n && e == OK; i++) {
        if (i % WORDS == 0) e = stream_read(s, words, sizeof words);
        double low = floor(v[i]);
        double chance = ldexp((double)(words[i % WORDS] >> (64 - FRACTION_BITS)), -FRACTION_BITS);
        double x = low + (chance < v[i] - low ? 1 : 0);
        square += x * x;
        if (kept) v[i] = x;
    }
    *out_square = square * (1 + ((double)n + 4) * 0x1p-52);
    secret_wipe(words, sizeof words);
    return e;
}

/* Until it is short enough; what was drawn is drawn once more, and kept. */
static enum err draw_short(const struct ddgauss_rule *r, double *v, random_fn *random, void *self,
                           uint8_t key[STREAM_KEY_BYTES])
{
    const double norm = ddgauss_rounded_norm(r->clip * r->scale, (double)r->dim, r->beta);
    double square = 0;
    for (size_t draws = 0; draws < DDGAUSS_DRAWS_MAX; draws++) {
        TRY(random(self, key, STREAM_KEY_BYTES));
        TRY(draw(key, v, r->dim, false, &square));
        if (square <= norm * norm) return draw(key, v, r->dim, true, &square);
    }
    return ERR_LIMIT;
}

static enum err round_by_chance(const struct ddgauss_rule *r, double *v, random_fn *random, void *self)
{
    uint8_t key[STREAM_KEY_BYTES];
    enum err e = draw_short(r, v, random, self, key);
    secret_wipe(key, sizeof key);
    return e;
}

enum err ddgauss_add_share(double share, random_fn *random, void *self, double *v, size_t n)
{
    struct discrete *d CLEANUP(discrete_drop) = NULL;
    struct ratio sigma = { (uint64_t)ceil(ldexp(share, SHARE_BITS)), (uint64_t)1 << SHARE_BITS };
    if (!is_share(share)) return ERR_INPUT;
    if (share == 0) return OK;
    TRY(discrete_new(random, self, &d));
    for (size_t i = 0; i < n; i++) v[i] += (double)discrete_gaussian(d, sigma);
    return discrete_err(d);
}

static enum err put(const struct ddgauss_rule *r, const uint8_t seed[HADAMARD_SEED_BYTES], double *v, random_fn *random,
                    void *self)
{
    TRY(scale_down(r, v));
    TRY(hadamard_rotate_64(seed, v, r->dim));
    TRY(round_by_chance(r, v, random, self));
    return ddgauss_add_share(r->share, random, self, v, r->dim);
}

enum err ddgauss_put(const struct ddgauss_rule *rule, const uint8_t seed[HADAMARD_SEED_BYTES], double *v,
                     random_fn *random, void *self)
{
    if (!sound(rule)) return ERR_INPUT;
    enum err e = put(rule, seed, v, random, self);
    if (e != OK) secret_wipe(v, rule->dim * sizeof *v);
    return e;
}

enum err ddgauss_get(const struct ddgauss_rule *rule, const uint8_t seed[HADAMARD_SEED_BYTES],
                     const struct secagg_vec *sum, size_t at, double *out)
{
    if (!sound(rule) || at > sum->n || rule->dim > sum->n - at) return ERR_INPUT;
    for (size_t i = 0; i < rule->dim; i++) out[i] = (double)secagg_vec_get(sum, at + i) / rule->scale;
    return hadamard_back_64(seed, out, rule->dim);
}
