#include "agents/coordinator/secure_sum.h"
#include "common/learn/safetensors.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char task[] = "name: toy\n"
                           "data: {columns: [{name: x, min: 0, max: 1}, {name: y, min: 0, max: 1},"
                           " {name: z, role: label, classes: 2}]}\n"
                           "rounds: {max_update_norm: 2, max_samples: 50, quorum: 3}\n";
enum { WEIGHTS = 3, COHORT = 3 };
static const struct secagg_header header = { .cohort = COHORT };

static void plan_of(struct run *r, struct secure_plan *p)
{
    struct why why = { "" };
    *r = (struct run){ .home = NULL };
    cr_assert_eq(run_init(r, str_of(task), &why), OK, "%s", why.text);
    cr_assert_eq(secure_sum_plan(r, &header, p, &why), OK, "%s", why.text);
}

static void put_sum(const struct secure_plan *p, const double sums[WEIGHTS + 2], struct secagg_vec *v)
{
    cr_assert_eq(secagg_vec_init(v, p->bits, p->length), OK);
    for (size_t k = 0; k < WEIGHTS; k++) secagg_vec_put(v, k, (int64_t)(sums[k] * p->update.scale));
    secagg_vec_put(v, WEIGHTS, (int64_t)(sums[WEIGHTS] * p->count.scale));
    secagg_vec_put(v, WEIGHTS + 1, (int64_t)(sums[WEIGHTS + 1] * p->loss.scale));
}

Test(secure_sum, plan_is_the_tasks)
{
    struct run r;
    struct secure_plan p;
    plan_of(&r, &p);
    cr_expect(p.want.weights == WEIGHTS && p.want.cohort == COHORT && p.want.update_norm == 2);
    cr_expect(p.want.samples_max == 50 && p.length == WEIGHTS + 2);
    run_fini(&r);
}

Test(secure_sum, mean_and_figures)
{
    struct run r;
    struct secure_plan p;
    plan_of(&r, &p);
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    struct secure_sum s CLEANUP(secure_sum_fini) = { 0 };
    CLEANUP(buf_free) struct buf bytes = buf_make(1 << 16);
    struct tensor_set *back CLEANUP(tensor_set_drop) = NULL;
    put_sum(&p, (double[]){ 60, -30, 15.5, 120, 90 }, &v);
    cr_assert_eq(secure_sum_read(&(struct secure_sum_of){ &p, &header, &r, 3 }, &v, &s, NULL), OK);
    cr_expect(s.weight == 120 && s.loss == .75);
    cr_expect(s.change->flat[0] == .5F && s.change->flat[1] == -.25F && s.change->flat[2] == (float)(15.5 / 120));
    cr_assert_eq(secure_sum_encode(&s, &bytes), OK);
    cr_assert_eq(safetensors_decode(buf_bytes(&bytes), &back, NULL), OK);
    cr_expect_eq(model_check(&r.spec, back, NULL), OK);
    cr_expect_eq(memcmp(back->flat, s.change->flat, WEIGHTS * sizeof(float)), 0);
    run_fini(&r);
}

Test(secure_sum, nonsense_is_told)
{
    static const struct {
        const char *name;
        double sums[WEIGHTS + 2];
    } rows[] = {
        { "a number no updates add up to", { 301, 0, 0, 100, 0 } },
        { "nobody's samples", { 0, 0, 0, 0, 0 } },
        { "less than none", { 0, 0, 0, -5, 0 } },
        { "more samples than there can be", { 0, 0, 0, 151, 0 } },
        { "a loss beyond all", { 0, 0, 0, 150, 150001 } },
    };
    struct run r;
    struct secure_plan p;
    plan_of(&r, &p);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        struct secure_sum s = { .weight = -7 };
        struct why why = { "" };
        put_sum(&p, rows[i].sums, &v);
        cr_expect_eq(secure_sum_read(&(struct secure_sum_of){ &p, &header, &r, 3 }, &v, &s, &why), ERR_DATA, "%s",
                     rows[i].name);
        cr_expect(why.text[0] != '\0' && s.weight == -7, "%s", rows[i].name);
    }
    run_fini(&r);
}

Test(secure_sum, without_memory)
{
    struct run r;
    struct secure_plan p;
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    struct secure_sum s = { 0 };
    plan_of(&r, &p);
    put_sum(&p, (double[]){ 1, 1, 1, 2, 1 }, &v);
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = secure_sum_read(&(struct secure_sum_of){ &p, &header, &r, 3 }, &v, &s, NULL);
        cr_expect(e == ERR_MEMORY || e == OK);
        done = e == OK;
        secure_sum_fini(&s);
    }
    run_fini(&r);
}

/* Noise aside, hospitals' updates become their mean, and gradients a step over the expected number of records. */
Test(secure_sum, with_noise)
{
    static const struct {
        const char *unit;
        double factor; /* of 3 hospitals with 120 patients; learning rate 2, rate .5 */
    } rows[] = { { "site", 1.0 / 3 }, { "patient, rate: 0.5", -2.0 / 60 } };
    for (size_t i = 0; i < 2; i++) {
        struct run r = { .home = NULL };
        struct secure_plan p;
        struct secagg_header h = { .cohort = 3, .survivors = 3, .adversaries = 1 };
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        struct secure_sum s CLEANUP(secure_sum_fini) = { 0 };
        double numbers[4] = { 3, -1.5, .75, 0 };
        const double was[WEIGHTS] = { 3, -1.5, .75 };
        uint8_t seed[HASH_BYTES];
        char text[600];
        (void)snprintf(text, sizeof text,
                       "%saggregation: {secure: yes}\ntrain: {learning_rate: 2}\nprivacy: {mechanism: distributed, "
                       "epsilon: 8, delta: 1.0e-5, "
                       "clip: 1, unit: %s}\n",
                       task, rows[i].unit);
        cr_assert_eq(run_init(&r, str_of(text), NULL), OK);
        cr_assert_eq(secure_sum_plan(&r, &h, &p, NULL), OK);
        secure_plan_put(&p, &h);
        cr_assert_eq(secagg_header_hash(&h, seed), OK);
        cr_assert_eq(hadamard_rotate_64(seed, numbers, 4), OK);
        cr_assert(secagg_vec_init(&v, p.bits, p.length) == OK && p.rotated == 4 && p.length == 4 + i);
        if (i == 1) secagg_vec_put(&v, 4, 120);
        for (size_t k = 0; k < 4; k++) secagg_vec_put(&v, k, (int64_t)(numbers[k] * p.update.scale));
        cr_assert_eq(secure_sum_read(&(struct secure_sum_of){ &p, &h, &r, 3 }, &v, &s, NULL), OK);
        for (size_t k = 0; k < WEIGHTS; k++)
            cr_expect_float_eq(s.change->flat[k], rows[i].factor * was[k], 2 / p.update.scale);
        cr_expect(s.weight == 1 && s.loss == 0);
        cr_expect_eq(s.patients, i == 1 ? 120 : 0);
        cr_expect_float_eq(s.noise, fabs(rows[i].factor) * p.share / p.update.scale * sqrt(3), 1e-12);
        secagg_vec_put(&v, 0, p.update.total + 1);
        struct why why = { "" };
        struct secure_sum none = { 0 };
        cr_expect_eq(secure_sum_read(&(struct secure_sum_of){ &p, &h, &r, 3 }, &v, &none, &why), ERR_DATA);
        run_fini(&r);
    }
}

Test(secure_sum, of_scores)
{
    struct run r;
    struct secure_plan updates, p;
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    CLEANUP(tally_fini) struct tally t = { 0 };
    struct why why = { "" };
    plan_of(&r, &updates);
    r.head.scoring = true;
    cr_assert_eq(secure_sum_plan(&r, &header, &p, &why), OK, "%s", why.text);
    cr_assert_eq(secagg_vec_init(&v, p.bits, p.length), OK);
    struct secure_sum_of of = { &p, &header, &r, 3 };
    cr_assert_eq(secure_sum_scores(&of, &v, &t, NULL), OK, "nobody told anything");
    cr_expect(*t.count == 0);
    tally_fini(&t);
    secagg_vec_put(&v, 0, 60);
    secagg_vec_put(&v, 1, (int64_t)(7.5 * p.loss.scale));
    secagg_vec_put(&v, 2, (int64_t)(2.25 * p.brier.scale));
    cr_expect_eq(secure_sum_scores(&of, &v, &t, &why), ERR_DATA, "60 records, and none in any class");
    cr_expect(strstr(why.text, "not one of scores"), "%s", why.text);
    secagg_vec_put(&v, 3, 60);                            /* truly 0, told 0 */
    secagg_vec_put(&v, 3 + 4 + METRICS_MAX_BINS + 5, 60); /* of no true positive, in bin 5 */
    cr_assert_eq(secure_sum_scores(&of, &v, &t, NULL), OK);
    cr_expect(*t.count == 60 && *t.loss_sum == 7.5 && *t.brier_sum == 2.25 && t.confusion[0] == 60 &&
              t.negatives[5] == 60);
    run_fini(&r);
}
