#include "common/privacy/quantise.h"
#include <math.h>

#define UNITS_MAX 0x1p61 /* of any count of units: doubles up to here turn into int64_t */

static bool positive(double x) { return isfinite(x) && x > 0; }

static bool sound(const struct quantise_want *w)
{
    bool noise = w->noise == 0 || (positive(w->noise) && isfinite(w->headroom) && w->headroom >= 1);
    return w->summands > 0 && positive(w->bound) && positive(w->step) && noise && w->bits_max >= SECAGG_BITS_MIN &&
           w->bits_max <= SECAGG_BITS_MAX;
}

/* The least power of two with 1 / scale <= step. */
static double scale_of(double step)
{
    int exponent = 0;
    (void)frexp(step, &exponent); /* step is at least half of, and below, 2^exponent */
    return ldexp(1, 1 - exponent);
}

static unsigned bits_for(int64_t total)
{
    unsigned bits = 1 + 64 - (unsigned)__builtin_clzll((uint64_t)total);
    return bits < SECAGG_BITS_MIN ? SECAGG_BITS_MIN : bits;
}

enum err quantise_plan(const struct quantise_want *want, struct quantise *out, struct why *why)
{
    if (!sound(want))
        return why_say(why, ERR_INPUT, "bound, step, noise and headroom of a sum are positive and finite");
    double scale = scale_of(want->step);
    double units = ceil(want->bound * scale);
    double room = want->noise > 0 ? ceil(want->headroom * want->noise * scale) : 0;
    double total = (double)want->summands * units + room;
    if (!(total < UNITS_MAX))
        return why_say(why, ERR_LIMIT, "a sum of %zu numbers up to %g in steps of %g fits no ring", want->summands,
                       want->bound, want->step);
    /* Exact from here on: n bound + room in integers. */
    struct quantise q = { .scale = scale, .bound = (int64_t)units };
    q.total = (int64_t)want->summands * q.bound + (int64_t)room;
    q.bits = bits_for(q.total);
    if (q.bits > want->bits_max)
        return why_say(why, ERR_LIMIT, "a sum of %zu numbers up to %g in steps of %g needs %u bits; %u are allowed",
                       want->summands, want->bound, want->step, q.bits, want->bits_max);
    *out = q;
    return OK;
}

static bool fits(const struct quantise *q, const struct secagg_vec *v, size_t at, size_t n)
{
    return v->bits >= q->bits && at <= v->n && n <= v->n - at;
}

enum err quantise_put(const struct quantise *q, const double *numbers, size_t n, struct secagg_vec *v, size_t at)
{
    if (!fits(q, v, at, n)) return ERR_INPUT;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(rint(numbers[i] * q->scale)) <= (double)q->bound)) return ERR_INPUT;
    for (size_t i = 0; i < n; i++) secagg_vec_put(v, at + i, (int64_t)rint(numbers[i] * q->scale));
    return OK;
}

enum err quantise_get(const struct quantise *q, const struct secagg_vec *v, size_t at, double *out, size_t n)
{
    if (!fits(q, v, at, n)) return ERR_INPUT;
    for (size_t i = 0; i < n; i++) {
        int64_t x = secagg_vec_get(v, at + i);
        if (x > q->total || x < -q->total) return ERR_DATA;
    }
    for (size_t i = 0; i < n; i++) out[i] = (double)secagg_vec_get(v, at + i) / q->scale;
    return OK;
}
