#include "common/base/rng.h"
#include "common/learn/metrics.h"
#include "common/learn/partition.h"
#include "tests/support/data.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_ROWS = 4000 };

struct scored {
    size_t n;
    float outputs[3 * MAX_ROWS];
    uint32_t labels[MAX_ROWS];
};

/* The federated metrics of rows dealt to three hospitals. */
static void federated(const struct scored *s, size_t noutputs, struct metrics *out)
{
    CLEANUP(tally_fini) struct tally all = { 0 };
    size_t nclasses = noutputs == 1 ? 2 : noutputs;
    cr_assert_eq(tally_init(&all, nclasses), OK);
    for (size_t part = 0; part < 3; part++) {
        CLEANUP(tally_fini) struct tally t = { 0 };
        cr_assert_eq(tally_init(&t, nclasses), OK);
        for (size_t i = part; i < s->n; i += 3) tally_add(&t, s->outputs + i * noutputs, noutputs, s->labels + i, 1);
        cr_expect_eq(tally_check(&t), OK);
        cr_assert_eq(tally_merge(&all, &t), OK);
    }
    cr_expect_eq(tally_check(&all), OK);
    tally_finish(&all, out);
}

static void expect_same(const char *name, const struct metrics *a, const struct metrics *b)
{
    cr_expect_eq(a->count, b->count, "%s", name);
    cr_expect_float_eq(a->loss, b->loss, 1e-9, "%s", name);
    cr_expect_float_eq(a->brier, b->brier, 1e-9, "%s", name);
    cr_expect_float_eq(a->accuracy, b->accuracy, 1e-12, "%s", name);
    cr_expect_float_eq(a->precision, b->precision, 1e-12, "%s", name);
    cr_expect_float_eq(a->recall, b->recall, 1e-12, "%s", name);
    cr_expect_float_eq(a->f1, b->f1, 1e-12, "%s", name);
    cr_expect_float_eq(a->auc, b->auc, 1e-3, "%s: %.5f and %.5f", name, a->auc, b->auc);
}

Test(metrics, exact_auc)
{
    static const struct {
        const char *name;
        float scores[6];
        uint32_t labels[6];
        size_t n;
        double expected;
    } rows[] = {
        { "perfect", { 1, 2, 3, 4 }, { 0, 0, 1, 1 }, 4, 1 },
        { "inverted", { 1, 2, 3, 4 }, { 1, 1, 0, 0 }, 4, 0 },
        { "all ties", { 1, 1, 1, 1 }, { 0, 1, 0, 1 }, 4, 0.5 },
        { "textbook", { 0.1f, 0.4f, 0.35f, 0.8f }, { 0, 0, 1, 1 }, 4, 0.75 },
        { "half a tie", { 1, 2, 2, 3 }, { 0, 0, 1, 1 }, 4, 0.875 },
        { "one class", { 1, 2 }, { 1, 1 }, 2, NAN },
        { "nobody", { 0 }, { 0 }, 0, NAN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double auc = -1;
        cr_assert_eq(metrics_auc(rows[i].scores, 1, rows[i].labels, 1, rows[i].n, &auc), OK);
        if (isnan(rows[i].expected))
            cr_expect(isnan(auc), "%s", rows[i].name);
        else
            cr_expect_float_eq(auc, rows[i].expected, 1e-12, "%s", rows[i].name);
    }
}

Test(metrics, binary_by_hand)
{
    /* probabilities 1/4, 3/4, 1/2, 3/4: one true negative, one false positive, two true positives */
    const float z[] = { -logf(3), logf(3), 0, logf(3) };
    static const uint32_t labels[] = { 0, 0, 1, 1 };
    struct metrics m;
    cr_assert_eq(metrics_exact(z, 1, labels, 4, &m), OK);
    cr_expect_eq(m.count, 4);
    cr_expect_float_eq(m.accuracy, 0.75, 1e-12);
    cr_expect_float_eq(m.precision, 2.0 / 3, 1e-12);
    cr_expect_float_eq(m.recall, 1, 1e-12);
    cr_expect_float_eq(m.f1, 0.8, 1e-12);
    cr_expect_float_eq(m.brier, (1.0 / 16 + 9.0 / 16 + 1.0 / 4 + 1.0 / 16) / 4, 1e-7);
    cr_expect_float_eq(m.loss, (2 * log(4.0 / 3) + log(4) + log(2)) / 4, 1e-7);
    cr_expect_float_eq(m.auc, 0.625, 1e-12);
}

Test(metrics, multiclass_by_hand)
{
    static const float z[] = { 5, 0, 0, 0, 5, 0, 0, 5, 0, 0, 0, 5 };
    static const uint32_t labels[] = { 0, 1, 2, 2 };
    CLEANUP(tally_fini) struct tally t = { 0 };
    struct metrics m;
    cr_assert_eq(metrics_exact(z, 3, labels, 4, &m), OK);
    cr_expect_float_eq(m.accuracy, 0.75, 1e-12);
    cr_expect_float_eq(m.precision, (1 + 0.5 + 1) / 3, 1e-12);
    cr_expect_float_eq(m.recall, (1 + 1 + 0.5) / 3, 1e-12);
    cr_expect_float_eq(m.f1, (1 + 2.0 / 3 + 2.0 / 3) / 3, 1e-12);
    cr_expect_float_eq(m.auc, (1 + 5.0 / 6 + 0.75) / 3, 1e-12);
    cr_expect_float_eq(m.loss, log1p(2 * exp(-5)) + 5.0 / 4, 1e-9);
    cr_assert_eq(tally_init(&t, 3), OK);
    tally_add(&t, z, 3, labels, 4);
    cr_expect_eq(t.confusion[2 * 3 + 1], 1);
}

/* Two outputs for two classes say the same as their difference. */
Test(metrics, softmax_of_two_is_binary)
{
    static const float two[] = { 0.5f, 1, 2, 0, -1, -1.5f, 0, 3 };
    static const float one[] = { 0.5f, -2, -0.5f, 3 };
    static const uint32_t labels[] = { 0, 0, 1, 1 };
    struct metrics a;
    struct metrics b;
    cr_assert_eq(metrics_exact(two, 2, labels, 4, &a), OK);
    cr_assert_eq(metrics_exact(one, 1, labels, 4, &b), OK);
    expect_same("two outputs", &a, &b);
}

static void draw(struct scored *s, struct rng *r, size_t noutputs, double spread, double gap, double grid)
{
    size_t nclasses = noutputs == 1 ? 2 : noutputs;
    s->n = MAX_ROWS;
    for (size_t i = 0; i < s->n; i++) {
        s->labels[i] = (uint32_t)rng_below(r, nclasses);
        for (size_t k = 0; k < noutputs; k++) {
            double toward = s->labels[i] == (noutputs == 1 ? 1 : k) ? gap : 0;
            double z = spread * (rng_normal(r) + toward - (noutputs == 1 ? gap / 2 : 0));
            s->outputs[i * noutputs + k] = (float)(grid > 0 ? grid * floor(z / grid) : z);
        }
    }
}

Test(metrics, federated_is_pooled)
{
    static const struct {
        const char *name;
        size_t noutputs;
        double spread, gap, grid;
    } rows[] = {
        { "unsure", 1, 0.2, 1, 0 },      { "plain", 1, 1, 1.5, 0 },     { "sure", 1, 5, 2, 0 },
        { "saturated", 1, 15, 3, 0 },    { "many ties", 1, 1, 1, 0.5 }, { "random", 1, 1, 0, 0 },
        { "three classes", 3, 1, 1, 0 }, { "three, sure", 3, 5, 2, 0 },
    };
    struct scored *s = calloc(1, sizeof *s);
    cr_assert_not_null(s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rng r = rng_make(i);
        struct metrics exact;
        struct metrics merged;
        draw(s, &r, rows[i].noutputs, rows[i].spread, rows[i].gap, rows[i].grid);
        cr_assert_eq(metrics_exact(s->outputs, rows[i].noutputs, s->labels, s->n, &exact), OK);
        federated(s, rows[i].noutputs, &merged);
        expect_same(rows[i].name, &merged, &exact);
    }
    free(s);
}

static void read_reference(const char *path, struct scored *s)
{
    char line[128];
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f);
    cr_assert_not_null(fgets(line, sizeof line, f));
    while (s->n < MAX_ROWS && fgets(line, sizeof line, f)) {
        char *at = line;
        for (size_t comma = 0; comma < 4; at++) comma += *at == ',';
        s->labels[s->n] = (uint32_t)strtoul(at, &at, 10);
        double p = strtod(at + 1, NULL);
        s->outputs[s->n++] = (float)log(p / (1 - p));
    }
    (void)fclose(f);
}

/* Scores of 569 real tumours in three decimals, with the values scikit-learn gives for them. */
Test(metrics, reference_values)
{
    char path[DATA_PATH_BYTES];
    struct scored *s = calloc(1, sizeof *s);
    struct metrics exact;
    struct metrics merged;
    cr_assert_not_null(s);
    if (data_path("../reference/fairness_ref.csv", path) == NULL) cr_skip_test("no reference data");
    read_reference(path, s);
    cr_assert_eq(s->n, 569);
    cr_assert_eq(metrics_exact(s->outputs, 1, s->labels, s->n, &exact), OK);
    cr_expect_float_eq(exact.auc, .9161777919, 1e-9);
    cr_expect_float_eq(exact.brier, .1268124077, 1e-7);
    cr_expect_float_eq(exact.loss, .4069705399, 1e-6);
    cr_expect_float_eq(exact.accuracy, .8347978910, 1e-9);
    cr_expect_float_eq(exact.precision, .8641975309, 1e-9);
    cr_expect_float_eq(exact.recall, .6603773585, 1e-9);
    cr_expect_float_eq(exact.f1, .7486631016, 1e-9);
    federated(s, 1, &merged);
    expect_same("reference", &merged, &exact);
    free(s);
}

Test(metrics, hostile_tallies)
{
    static const struct {
        const char *name;
        size_t at;
        double value;
    } rows[] = { { "count alone", 0, 5 },     { "negative loss", 1, -1 },
                 { "NaN Brier", 2, NAN },     { "half in confusion", 3, 0.5 },
                 { "confusion alone", 3, 7 }, { "histogram alone", 7, 1 },
                 { "huge", 7, 1e300 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(tally_fini) struct tally t = { 0 };
        cr_assert_eq(tally_init(&t, 2), OK);
        cr_expect_eq(tally_check(&t), OK);
        t.values[rows[i].at] = rows[i].value;
        cr_expect_eq(tally_check(&t), ERR_INPUT, "%s", rows[i].name);
    }
}

Test(metrics, sizes)
{
    static const struct {
        size_t nclasses, nscores, nbins;
        enum err expected;
    } rows[] = { { 2, 1, 1000, OK }, { 3, 3, 1000, OK },     { 5, 5, 800, OK },
                 { 64, 64, 62, OK }, { 1, 0, 0, ERR_LIMIT }, { 65, 0, 0, ERR_LIMIT } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(tally_fini) struct tally t = { 0 };
        cr_expect_eq(tally_init(&t, rows[i].nclasses), rows[i].expected, "%zu classes", rows[i].nclasses);
        cr_expect_eq(t.nscores, rows[i].nscores, "%zu classes", rows[i].nclasses);
        cr_expect_eq(t.nbins, rows[i].nbins, "%zu classes", rows[i].nclasses);
    }
}
