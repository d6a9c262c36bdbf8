#include "common/base/rng.h"
#include "common/privacy/clip.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { LONGEST = 5000, TRIALS = 2000 };
typedef enum err clip_fn(float *v, size_t n, double bound, double *out_norm);

static const struct {
    const char *name;
    clip_fn *clip;
    int norm;
} clips[] = { { "l2", clip_l2, 2 }, { "l1", clip_l1, 1 } };

static long double norm_of(const float *v, size_t n, int norm)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++) sum += norm == 2 ? (long double)v[i] * v[i] : fabsl((long double)v[i]);
    return norm == 2 ? sqrtl(sum) : sum;
}

Test(clip, never_exceeds_the_bound)
{
    struct rng r = rng_make(1);
    static float v[LONGEST], was[LONGEST];
    for (int trial = 0; trial < TRIALS; trial++) {
        size_t n = 1 + rng_below(&r, trial % 20 == 0 ? LONGEST : 50), which = rng_below(&r, 2);
        double size = exp2(rng_normal(&r) * 20), bound = exp2(rng_normal(&r) * 20), norm = 0;
        for (size_t i = 0; i < n; i++) v[i] = (float)(rng_normal(&r) * size);
        if (trial % 3 == 0) bound = (double)norm_of(v, n, clips[which].norm) * (1 + rng_normal(&r) * 1e-15);
        memcpy(was, v, n * sizeof *v);
        cr_assert_eq(clips[which].clip(v, n, bound, &norm), OK);
        long double after = norm_of(v, n, clips[which].norm), before = norm_of(was, n, clips[which].norm);
        cr_expect(after <= (long double)bound, "trial %d %s: %Lg over %g", trial, clips[which].name, after, bound);
        cr_expect(fabsl(before - norm) <= 1e-12L * before, "trial %d %s", trial, clips[which].name);
        cr_expect(before > bound * .999999L || memcmp(was, v, n * sizeof *v) == 0, "trial %d changed", trial);
        cr_expect(bound < 1e-30 || after >= fminl(before, bound) * .999999L, "trial %d shrank too much", trial);
    }
}

Test(clip, edges)
{
    const struct {
        const char *name;
        float v[2];
        double bound;
        enum err expected;
        float first;
    } rows[] = {
        { "zero vector", { 0, 0 }, 1, OK, 0 },
        { "below", { .3f, .4f }, 1, OK, .3f },
        { "not a number", { NAN, 1 }, 1, ERR_INPUT, 0 },
        { "infinite", { INFINITY, 1 }, 1, ERR_INPUT, 0 },
        { "no bound", { 2, 2 }, 0, ERR_INPUT, 2 },
        { "negative bound", { 2, 2 }, -1, ERR_INPUT, 2 },
        { "infinite bound", { 2, 2 }, INFINITY, ERR_INPUT, 2 },
        { "bound not a number", { 2, 2 }, NAN, ERR_INPUT, 2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t j = 0; j < 2; j++) {
            float v[2] = { rows[i].v[0], rows[i].v[1] };
            double norm = -1;
            cr_expect_eq(clips[j].clip(v, 2, rows[i].bound, &norm), rows[i].expected, "%s", rows[i].name);
            cr_expect(memcmp(v, rows[i].v, sizeof v) == 0, "%s changed", rows[i].name);
            cr_expect((norm < 0) == (rows[i].expected != OK), "%s", rows[i].name);
        }
}

Test(clip, largest_floats)
{
    float v[2] = { 3.4e38f, -3.4e38f };
    double norm = 0;
    cr_assert_eq(clip_l2(v, 2, 1, &norm), OK);
    cr_expect_float_eq(v[0], (float)M_SQRT1_2, 1e-6f);
    cr_expect_eq(v[0], -v[1]);
}
