#include "agents/coordinator/secure_sum.h"
#include "common/privacy/hadamard.h"
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
    float change[WEIGHTS];
    put_sum(&p, (double[]){ 60, -30, 15.5, 120, 90 }, &v);
    cr_assert_eq(secure_sum_read(&(struct secure_sum_of){ &p, &header, 0, 3 }, &v, &s, NULL), OK);
    cr_expect(s.weight == 120 && s.loss == .75 && v.n == 0);
    cr_assert_eq(secure_sum_window(&s, 0, 1, change), OK);
    cr_assert_eq(secure_sum_window(&s, 1, 2, change + 1), OK);
    cr_expect(change[0] == .5F && change[1] == -.25F && change[2] == (float)(15.5 / 120));
    cr_expect_eq(secure_sum_window(&s, p.length, 1, change), ERR_INPUT);
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
        cr_expect_eq(secure_sum_read(&(struct secure_sum_of){ &p, &header, 0, 3 }, &v, &s, &why), ERR_DATA, "%s",
                     rows[i].name);
        cr_expect(why.text[0] != '\0' && s.weight == -7, "%s", rows[i].name);
    }
    run_fini(&r);
}

/* How many numbers: so many that all else is little beside them. */
static const struct size_row {
    const char *name;
    const char *privacy;
} size_rows[] = {
    { "plain", "" },
    { "each hospital hidden", "privacy: {mechanism: distributed, epsilon: 8, delta: 1.0e-5, clip: 1, unit: site}\n" },
    { "each patient hidden",
      "privacy: {mechanism: distributed, epsilon: 8, delta: 1.0e-5, clip: 1, unit: patient, rate: 0.5}\n" },
};

/* From the masked sum to the last window: the sum's own memory, or where its words are narrower as many doubles. */
Test(secure_sum, memory_is_one_vector)
{
    enum { HIDDEN = 1450, WINDOW = 1 << 12, MORE = 1 << 16 };
    for (size_t i = 0; i < sizeof size_rows / sizeof *size_rows; i++) {
        struct run r = { .home = NULL };
        struct secure_plan p;
        struct secagg_header h = { .cohort = 3, .survivors = 3 };
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        struct secure_sum s CLEANUP(secure_sum_fini) = { 0 };
        struct why why = { "" };
        float window[WINDOW];
        char text[900];
        (void)snprintf(text, sizeof text, "%smodel: {arch: mlp, hidden: [%d, %d]}\naggregation: {secure: yes}\n%s",
                       task, HIDDEN, HIDDEN, size_rows[i].privacy);
        cr_assert_eq(run_init(&r, str_of(text), &why), OK, "%s", why.text);
        cr_assert_eq(secure_sum_plan(&r, &h, &p, &why), OK, "%s", why.text);
        secure_plan_put(&p, &h);
        cr_assert(p.want.weights > 2000000);
        cr_assert_eq(secagg_vec_init(&v, p.bits, p.length), OK);
        size_t mine = v.n * (v.narrow ? sizeof *v.narrow : sizeof *v.wide);
        size_t least = p.want.mode == SECURE_PLAIN ? mine : p.rotated * sizeof(double);
        if (p.want.mode == SECURE_PLAIN) secagg_vec_put(&v, p.want.weights, (int64_t)p.count.scale);
        if (p.want.mode == SECURE_PATIENT) secagg_vec_put(&v, p.rotated, (int64_t)p.count.scale);
        failmalloc_watch();
        cr_assert_eq(secure_sum_read(&(struct secure_sum_of){ &p, &h, 1, 3 }, &v, &s, &why), OK, "%s", why.text);
        for (size_t at = 0; at + WINDOW <= p.want.weights; at += WINDOW)
            cr_assert_eq(secure_sum_window(&s, at, WINDOW, window), OK);
        size_t most = mine + failmalloc_most();
        size_t vector = least > mine ? least : mine;
        cr_expect(most <= vector + MORE, "%s: %zu bytes; a vector is %zu", size_rows[i].name, most, vector);
        run_fini(&r);
    }
}

Test(secure_sum, without_memory)
{
    struct run r = { .home = NULL };
    struct secure_plan p;
    struct secagg_header h = { .cohort = 3, .survivors = 3 };
    struct secure_sum s = { 0 };
    char text[900];
    (void)snprintf(text, sizeof text, "%saggregation: {secure: yes}\n%s", task, size_rows[1].privacy);
    cr_assert_eq(run_init(&r, str_of(text), NULL), OK);
    cr_assert_eq(secure_sum_plan(&r, &h, &p, NULL), OK);
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        failmalloc_at(0);
        cr_assert_eq(secagg_vec_init(&v, p.bits, p.length), OK);
        failmalloc_at(n);
        enum err e = secure_sum_read(&(struct secure_sum_of){ &p, &h, 0, 3 }, &v, &s, NULL);
        cr_expect(e == ERR_MEMORY || e == OK);
        done = e == OK;
    }
    cr_expect(done);
    secure_sum_fini(&s);
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
        const struct secure_sum_of of = { &p, &h, secure_sum_step(&r.task), 3 };
        float change[WEIGHTS];
        cr_assert_eq(secure_sum_read(&of, &v, &s, NULL), OK);
        cr_assert_eq(secure_sum_window(&s, 0, WEIGHTS, change), OK);
        for (size_t k = 0; k < WEIGHTS; k++) cr_expect_float_eq(change[k], rows[i].factor * was[k], 2 / p.update.scale);
        cr_expect(s.weight == 1 && s.loss == 0);
        cr_expect_eq(s.patients, i == 1 ? 120 : 0);
        cr_expect_float_eq(s.noise, fabs(rows[i].factor) * p.share / p.update.scale * sqrt(3), 1e-12);
        cr_assert_eq(secagg_vec_init(&v, p.bits, p.length), OK);
        secagg_vec_put(&v, 0, p.update.total + 1);
        if (i == 1) secagg_vec_put(&v, 4, 120);
        struct why why = { "" };
        struct secure_sum none = { 0 };
        cr_expect_eq(secure_sum_read(&of, &v, &none, &why), ERR_DATA);
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
    cr_assert_eq(secure_sum_scores(&p, &r.spec, &v, &t, NULL), OK, "nobody told anything");
    cr_expect(*t.count == 0);
    tally_fini(&t);
    secagg_vec_put(&v, 0, 60);
    secagg_vec_put(&v, 1, (int64_t)(7.5 * p.loss.scale));
    secagg_vec_put(&v, 2, (int64_t)(2.25 * p.brier.scale));
    cr_expect_eq(secure_sum_scores(&p, &r.spec, &v, &t, &why), ERR_DATA, "60 records, and none in any class");
    cr_expect(strstr(why.text, "not one of scores"), "%s", why.text);
    secagg_vec_put(&v, 3, 60);                            /* truly 0, told 0 */
    secagg_vec_put(&v, 3 + 4 + METRICS_MAX_BINS + 5, 60); /* of no true positive, in bin 5 */
    cr_assert_eq(secure_sum_scores(&p, &r.spec, &v, &t, NULL), OK);
    cr_expect(*t.count == 60 && *t.loss_sum == 7.5 && *t.brier_sum == 2.25 && t.confusion[0] == 60 &&
              t.negatives[5] == 60);
    run_fini(&r);
}
