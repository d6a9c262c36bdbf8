#include "common/privacy/discrete.h"
#include "common/base/secret.h"
#include "common/crypto/stream.h"
#include <stdbool.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

/* A geometric count this high (probability e^-4096) is drawn again, so that products stay below 2^128: with both parts
 * of a ratio at most 2^40, |y| den < 2^52 and its square below 2^104. */
enum { WORDS = 1024, WORD_BITS = 64, COUNT_MAX = 4095 };

struct discrete {
    struct stream *stream;
    enum err err;
    size_t at; /* next unused word */
    uint64_t words[WORDS];
};

enum err discrete_new(random_fn *random, void *self, struct discrete **out)
{
    uint8_t key[STREAM_KEY_BYTES];
    struct discrete *d CLEANUP(discrete_drop) = calloc(1, sizeof *d);
    if (d == NULL) return ERR_MEMORY;
    d->at = WORDS;
    TRY(random(self, key, sizeof key));
    enum err e = stream_new(key, &d->stream);
    secret_wipe(key, sizeof key);
    if (e != OK) return e;
    *out = d;
    d = NULL;
    return OK;
}

void discrete_free(struct discrete *d)
{
    if (d == NULL) return;
    stream_free(d->stream);
    secret_wipe(d, sizeof *d);
    free(d);
}

void discrete_drop(struct discrete **d) { discrete_free(*d); }

enum err discrete_err(const struct discrete *d) { return d->err; }

static uint64_t word(struct discrete *d)
{
    if (d->at == WORDS) {
        d->at = 0;
        if (d->err == OK) d->err = stream_read(d->stream, d->words, sizeof d->words);
    }
    return d->words[d->at++];
}

static unsigned width(uint64_t x) { return x == 0 ? 0 : WORD_BITS - (unsigned)__builtin_clzll(x); }

/* Uniform in [0, n), n >= 1. */
static uint64_t below(struct discrete *d, uint64_t n)
{
    unsigned bits = width(n - 1);
    uint64_t x = 0;
    if (bits == 0) return 0;
    do x = word(d) >> (WORD_BITS - bits);
    while (x >= n && d->err == OK);
    return x;
}

static wide below_wide(struct discrete *d, wide n)
{
    uint64_t top = (uint64_t)((n - 1) >> WORD_BITS);
    unsigned bits = width(top);
    wide x = 0;
    if (bits == 0) return below(d, (uint64_t)n);
    do x = (wide)(word(d) >> (WORD_BITS - bits)) << WORD_BITS | word(d);
    while (x >= n && d->err == OK);
    return x;
}

/* True with probability exp(-num/den), num <= den: algorithm 1, where Bernoulli(g/k) is both of Bernoulli(g) and
 * Bernoulli(1/k).  A failed stream must not keep any loop here turning. */
static bool exp_unit(struct discrete *d, wide num, wide den)
{
    uint64_t k = 1;
    while (d->err == OK && below_wide(d, den) < num && below(d, k) == 0) k++;
    return k % 2 == 1;
}

static bool exp_ratio(struct discrete *d, wide num, wide den)
{
    while (num > den && d->err == OK) {
        if (!exp_unit(d, 1, 1)) return false;
        num -= den;
    }
    return exp_unit(d, num, den);
}

/* Algorithm 2's |y|: a geometric of ratio exp(-1/num), whole steps and remainder apart, divided by den. */
static uint64_t magnitude(struct discrete *d, struct ratio scale)
{
    uint64_t rest = 0;
    uint64_t count = COUNT_MAX;
    while (count == COUNT_MAX && d->err == OK) {
        do rest = below(d, scale.num);
        while (!exp_unit(d, rest, scale.num) && d->err == OK);
        for (count = 0; count < COUNT_MAX && exp_unit(d, 1, 1) && d->err == OK;) count++;
    }
    return (rest + scale.num * count) / scale.den;
}

static bool usable(struct discrete *d, struct ratio r)
{
    bool fits = r.num >= 1 && r.den >= 1 && r.num <= DISCRETE_RATIO_MAX && r.den <= DISCRETE_RATIO_MAX;
    if (!fits && d->err == OK) d->err = ERR_BUG;
    return d->err == OK;
}

int64_t discrete_laplace(struct discrete *d, struct ratio scale)
{
    uint64_t y = 0;
    bool negative = false;
    if (!usable(d, scale)) return 0;
    do {
        y = magnitude(d, scale);
        negative = below(d, 2) == 1;
    } while (negative && y == 0 && d->err == OK);
    if (d->err != OK) return 0;
    return negative ? -(int64_t)y : (int64_t)y;
}

/* Algorithm 3 with t = sigma: a discrete Laplace of that scale is kept with probability
 * exp(-(|y| - sigma)^2 / (2 sigma^2)).  Any t is valid; this one keeps 76 of 100 and needs no rounding of sigma. */
static bool keeps(struct discrete *d, struct ratio sigma, int64_t y)
{
    wide length = (wide)(y < 0 ? -y : y) * sigma.den;
    wide off = length > sigma.num ? length - sigma.num : sigma.num - length;
    return exp_ratio(d, off * off, 2 * (wide)sigma.num * sigma.num);
}

int64_t discrete_gaussian(struct discrete *d, struct ratio sigma)
{
    int64_t y = 0;
    if (!usable(d, sigma)) return 0;
    do y = discrete_laplace(d, sigma);
    while (!keeps(d, sigma, y) && d->err == OK);
    return d->err == OK ? y : 0;
}
