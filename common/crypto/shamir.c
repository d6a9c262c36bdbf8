#include "common/crypto/shamir.h"
#include "common/base/secret.h"
#include <stdlib.h>
#include <string.h>

enum { WORDS = SHAMIR_SECRET_BYTES / 8, FIELD_BITS = 8, NUMBER_BYTES = 8 };
#define LOW_BITS 0x0101010101010101u
#define LOW_SEVEN 0x7f7f7f7f7f7f7f7fu
#define REDUCE 0x1bu /* x^8 modulo the polynomial */

/* Eight bytes at once, each times x. */
static uint64_t times_x(uint64_t a) { return ((a & LOW_SEVEN) << 1) ^ (((a >> 7) & LOW_BITS) * REDUCE); }

/* Each byte of eight times the one factor. */
static uint64_t times(uint64_t a, uint8_t factor)
{
    uint64_t sum = 0;
    for (unsigned bit = 0; bit < FIELD_BITS; bit++, a = times_x(a)) sum ^= a & (0 - (uint64_t)(factor >> bit & 1));
    return sum;
}

static uint8_t product(uint8_t a, uint8_t b) { return (uint8_t)times(a, b); }

/* a^254: the inverse of all but 0. */
static uint8_t inverse(uint8_t a)
{
    uint8_t power = a;
    for (unsigned i = 0; i < 6; i++) power = product(product(power, power), a);
    return product(power, power);
}

struct row {
    uint64_t w[WORDS];
};

static struct row load(const uint8_t bytes[SHAMIR_SECRET_BYTES])
{
    struct row r;
    memcpy(r.w, bytes, sizeof r.w);
    return r;
}

/* r = r x + next: one step of Horner's rule. */
static void step(struct row *r, uint8_t x, const uint8_t next[SHAMIR_SECRET_BYTES])
{
    struct row add = load(next);
    for (size_t i = 0; i < WORDS; i++) r->w[i] = times(r->w[i], x) ^ add.w[i];
}

static void evaluate(const uint8_t *secret, const uint8_t *coefficients, size_t powers, uint8_t x,
                     struct shamir_share *out)
{
    struct row sum = { { 0 } };
    for (size_t p = powers; p > 0; p--) step(&sum, x, coefficients + (p - 1) * SHAMIR_SECRET_BYTES);
    step(&sum, x, secret);
    out->index = x;
    memcpy(out->value, sum.w, sizeof out->value);
    secret_wipe(&sum, sizeof sum);
}

enum err shamir_split(const uint8_t secret[SHAMIR_SECRET_BYTES], size_t threshold, size_t n, random_fn *random,
                      void *self, struct shamir_share *out)
{
    if (threshold == 0 || threshold > n || n > SHAMIR_SHARES_MAX) return ERR_INPUT;
    struct buf coefficients CLEANUP(secret_buf_free) = buf_make(SHAMIR_SHARES_MAX * SHAMIR_SECRET_BYTES);
    uint8_t *at = buf_grow(&coefficients, (threshold - 1) * SHAMIR_SECRET_BYTES);
    TRY(buf_err(&coefficients));
    if (threshold > 1) TRY(random(self, at, coefficients.n));
    for (size_t i = 0; i < n; i++) evaluate(secret, at, threshold - 1, (uint8_t)(i + 1), &out[i]);
    return OK;
}

static bool distinct(const struct shamir_share *shares, size_t n)
{
    bool seen[SHAMIR_SHARES_MAX + 1] = { true };
    for (size_t i = 0; i < n; i++) {
        if (seen[shares[i].index]) return false;
        seen[shares[i].index] = true;
    }
    return true;
}

/* Lagrange's coefficient of share i at 0: the product of x_j / (x_j - x_i). */
static uint8_t weight(const struct shamir_share *shares, size_t n, size_t i)
{
    uint8_t above = 1;
    uint8_t below = 1;
    for (size_t j = 0; j < n; j++) {
        if (j == i) continue;
        above = product(above, shares[j].index);
        below = product(below, shares[j].index ^ shares[i].index);
    }
    return product(above, inverse(below));
}

enum err shamir_join(const struct shamir_share *shares, size_t n, uint8_t out[SHAMIR_SECRET_BYTES])
{
    if (n == 0 || n > SHAMIR_SHARES_MAX || !distinct(shares, n)) return ERR_INPUT;
    struct row sum = { { 0 } };
    for (size_t i = 0; i < n; i++) {
        uint8_t w = weight(shares, n, i);
        struct row value = load(shares[i].value);
        for (size_t k = 0; k < WORDS; k++) sum.w[k] ^= times(value.w[k], w);
        secret_wipe(&value, sizeof value);
    }
    memcpy(out, sum.w, SHAMIR_SECRET_BYTES);
    secret_wipe(&sum, sizeof sum);
    return OK;
}

enum err shamir_commit(const struct shamir_share *share, struct bytes context, uint8_t out[HASH_BYTES])
{
    static const char label[] = "himas share commitment 1"; /* with its NUL */
    uint8_t length[NUMBER_BYTES];
    struct hash *h CLEANUP(hash_drop) = NULL;
    for (size_t i = 0; i < NUMBER_BYTES; i++) length[i] = (uint8_t)((uint64_t)context.n >> (8 * (7 - i)));
    TRY(hash_new(&h));
    TRY(hash_add(h, bytes_of(label, sizeof label)));
    TRY(hash_add(h, bytes_of(length, sizeof length)));
    TRY(hash_add(h, context));
    TRY(hash_add(h, bytes_of(&share->index, sizeof share->index)));
    TRY(hash_add(h, bytes_of(share->value, sizeof share->value)));
    return hash_end(h, out);
}
