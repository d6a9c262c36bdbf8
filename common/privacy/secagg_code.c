#include "common/privacy/secagg_code.h"
#include <math.h>
#include <string.h>

enum { BYTE_BITS = 8, REAL_BYTES = 8, COUNT_BYTES = 2 };

void secagg_code_put(struct buf *out, uint64_t value, size_t width)
{
    for (size_t i = width; i-- > 0;) {
        uint8_t byte = (uint8_t)(value >> (BYTE_BITS * i));
        buf_add(out, &byte, sizeof byte);
    }
}

void secagg_code_put_real(struct buf *out, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    secagg_code_put(out, bits, REAL_BYTES);
}

void secagg_code_put_label(struct buf *out, const char *label) { buf_add(out, label, strlen(label) + 1); }

/* The next n bytes, or NULL. */
static const uint8_t *take(struct secagg_code *c, size_t n)
{
    if (c->bad || c->rest.n < n) {
        c->bad = true;
        return NULL;
    }
    const uint8_t *at = c->rest.p;
    c->rest = (struct bytes){ at + n, c->rest.n - n };
    return at;
}

uint64_t secagg_code_get(struct secagg_code *c, size_t width)
{
    const uint8_t *at = take(c, width);
    uint64_t value = 0;
    for (size_t i = 0; i < width && at != NULL; i++) value = value << BYTE_BITS | at[i];
    return value;
}

double secagg_code_get_real(struct secagg_code *c)
{
    uint64_t bits = secagg_code_get(c, REAL_BYTES);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value) || (value == 0 && signbit(value))) c->bad = true;
    return c->bad ? 0 : value;
}

void secagg_code_get_bytes(struct secagg_code *c, uint8_t *out, size_t n)
{
    const uint8_t *at = take(c, n);
    if (at == NULL)
        memset(out, 0, n);
    else
        memcpy(out, at, n);
}

void secagg_code_get_label(struct secagg_code *c, const char *label)
{
    const uint8_t *at = take(c, strlen(label) + 1);
    if (at != NULL && memcmp(at, label, strlen(label) + 1) != 0) c->bad = true;
}

size_t secagg_code_get_count(struct secagg_code *c, size_t most)
{
    size_t count = (size_t)secagg_code_get(c, COUNT_BYTES);
    if (count > most) c->bad = true;
    return c->bad ? 0 : count;
}

enum err secagg_code_end(const struct secagg_code *c) { return c->bad || c->rest.n > 0 ? ERR_PROTO : OK; }
